import * as z from 'zod';

/**
 * The parts of Kubernetes objects that Lifeboat looks at. The API server leaves out fields that are zero or empty,
 * so most have a default. Source: Kubernetes API reference, apps/v1, v1 and autoscaling/v2.
 */

export const conditionSchema = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(''),
  message: z.string().default(''),
});
export type Condition = z.infer<typeof conditionSchema>;

const labels = z.record(z.string(), z.string()).default({});

export const deploymentSchema = z.object({
  metadata: z.object({ name: z.string(), generation: z.number().default(0) }),
  spec: z.object({
    replicas: z.number().default(1),
    paused: z.boolean().default(false),
    selector: z.object({ matchLabels: labels }),
    template: z.object({
      metadata: z.object({ annotations: labels }).prefault({}),
      spec: z
        .object({
          containers: z
            .array(
              z.object({
                name: z.string(),
                image: z.string().default(''),
                env: z
                  .array(
                    z.object({
                      name: z.string(),
                      value: z.string().optional(),
                      valueFrom: z.json().optional(),
                    }),
                  )
                  .default([]),
              }),
            )
            .default([]),
        })
        .prefault({}),
    }),
  }),
  status: z
    .object({
      observedGeneration: z.number().default(0),
      replicas: z.number().default(0),
      updatedReplicas: z.number().default(0),
      readyReplicas: z.number().default(0),
      availableReplicas: z.number().default(0),
      conditions: z.array(conditionSchema).default([]),
      /** StatefulSets only. */
      currentRevision: z.string().optional(),
      updateRevision: z.string().optional(),
    })
    .prefault({}),
});
export type Deployment = z.infer<typeof deploymentSchema>;

const waiting = z.object({ reason: z.string().default(''), message: z.string().default('') });
export const podListSchema = z.object({
  items: z
    .array(
      z.object({
        metadata: z.object({
          name: z.string(),
          namespace: z.string().default(''),
          uid: z.string().default(''),
          deletionTimestamp: z.string().optional(),
          annotations: labels,
          ownerReferences: z
            .array(z.object({ kind: z.string(), name: z.string(), controller: z.boolean().default(false) }))
            .default([]),
        }),
        spec: z
          .object({
            nodeName: z.string().default(''),
            containers: z.array(z.object({ name: z.string() })).default([]),
            volumes: z.array(z.object({ name: z.string(), emptyDir: z.unknown().optional() })).default([]),
          })
          .prefault({}),
        status: z
          .object({
            phase: z.string().default(''),
            conditions: z.array(conditionSchema).default([]),
            containerStatuses: z
              .array(
                z.object({
                  name: z.string().default(''),
                  restartCount: z.number().default(0),
                  state: z.object({ waiting: waiting.optional() }).prefault({}),
                }),
              )
              .default([]),
          })
          .prefault({}),
      }),
    )
    .default([]),
});
export type Pod = z.infer<typeof podListSchema>['items'][number];

export const nodeListSchema = z.object({
  items: z
    .array(
      z.object({
        metadata: z.object({ name: z.string() }),
        spec: z.object({ unschedulable: z.boolean().default(false) }).prefault({}),
        status: z.object({ conditions: z.array(conditionSchema).default([]) }).prefault({}),
      }),
    )
    .default([]),
});
export type Node = z.infer<typeof nodeListSchema>['items'][number];

export const autoscalerListSchema = z.object({
  items: z
    .array(
      z.object({
        metadata: z.object({ name: z.string() }),
        spec: z.object({
          scaleTargetRef: z.object({ kind: z.string(), name: z.string() }),
          minReplicas: z.number().default(1),
          maxReplicas: z.number(),
        }),
        status: z
          .object({
            currentReplicas: z.number().default(0),
            desiredReplicas: z.number().default(0),
            conditions: z.array(conditionSchema).default([]),
          })
          .prefault({}),
      }),
    )
    .default([]),
});
export type Autoscaler = z.infer<typeof autoscalerListSchema>['items'][number];

/** Whether a condition of this type is `True`: pods and nodes are judged by it, never by their phase. */
export function conditionHolds(conditions: readonly Condition[], type: string): boolean {
  return conditions.some(entry => entry.type === type && entry.status === 'True');
}
