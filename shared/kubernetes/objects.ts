import * as z from 'zod';

/**
 * The parts of Kubernetes objects that Lifeboat looks at. The API server leaves out fields that are zero or empty,
 * so most have a default. Source: Kubernetes API reference, apps/v1, v1 and autoscaling/v2.
 */

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(''),
  message: z.string().default(''),
});
export type Condition = z.infer<typeof condition>;

const labels = z.record(z.string(), z.string()).default({});

export const deploymentSchema = z.object({
  metadata: z.object({ name: z.string(), generation: z.number().default(0) }),
  spec: z.object({
    replicas: z.number().default(1),
    paused: z.boolean().default(false),
    selector: z.object({ matchLabels: labels }),
    template: z.object({ metadata: z.object({ annotations: labels }).prefault({}) }),
  }),
  status: z
    .object({
      observedGeneration: z.number().default(0),
      replicas: z.number().default(0),
      updatedReplicas: z.number().default(0),
      readyReplicas: z.number().default(0),
      availableReplicas: z.number().default(0),
      conditions: z.array(condition).default([]),
    })
    .prefault({}),
});
export type Deployment = z.infer<typeof deploymentSchema>;

const waiting = z.object({ reason: z.string().default(''), message: z.string().default('') });
export const podListSchema = z.object({
  items: z
    .array(
      z.object({
        metadata: z.object({ name: z.string(), deletionTimestamp: z.string().optional() }),
        status: z
          .object({
            phase: z.string().default(''),
            conditions: z.array(condition).default([]),
            containerStatuses: z
              .array(z.object({ state: z.object({ waiting: waiting.optional() }).prefault({}) }))
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
        status: z.object({ conditions: z.array(condition).default([]) }).prefault({}),
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
      }),
    )
    .default([]),
});
export type Autoscaler = z.infer<typeof autoscalerListSchema>['items'][number];

/** Whether a condition of this type is `True`: pods and nodes are judged by it, never by their phase. */
export function conditionHolds(conditions: readonly Condition[], type: string): boolean {
  return conditions.some(entry => entry.type === type && entry.status === 'True');
}
