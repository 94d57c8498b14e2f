import * as z from 'zod';
import { contentFormats } from '../../backups/files/formats.ts';
import { durationSchema } from '../duration.ts';
import { regionSchema } from '../region.ts';
import { scheduleSchema } from '../schedule.ts';
import { tracing } from '../tracing.ts';
import { id } from './base.ts';

/** The catalogue: every class of backups that the plan promises, what it must be like, and how it is proven. */

const query = z.strictObject({
  id,
  title: z.string().meta({ description: 'What it shows, as the report says it' }),
  sql: z
    .string()
    .meta({ description: 'One SELECT whose first column of the first row is compared; run read-only' }),
  equals: z.union([z.string(), z.number(), z.boolean()]).optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  source: z
    .strictObject({
      within: z
        .number()
        .min(0)
        .max(1)
        .meta({ description: 'How much it may differ from the manifest, 0.01 is 1 %' }),
      table: z.string().meta({ description: 'Table whose rows the manifest counts' }),
    })
    .optional()
    .meta({ description: "Compared with the row count in the backup's manifest" }),
  ...tracing,
});
export type VerifyQuery = z.infer<typeof query>;

const verifySchema = z
  .strictObject({
    into: z.union([z.literal('embedded'), id]).meta({
      description:
        'Id of the rds-restore-target (for a cluster, of the rds-cluster-restore-target) that it is restored into: an isolated one, with its own subnet group and no way out. For dumps "embedded": an embedded Postgres inside the function, which holds dumps of PostgreSQL up to some hundred MB',
    }),
    larger: z
      .strictObject({
        above: z.number().nonnegative().max(512).default(512).meta({
          description:
            'Size of the file in MB from which on it is done so. A function holds 512 MB at the most; 0 for dumps of MySQL and MariaDB',
        }),
        into: id.meta({
          description: 'Id of the rds-new-instance, in a subnet group of its own and without a way out',
        }),
        build: id.meta({
          description:
            'Id of the codebuild-project that restores the dump, in a network that reaches the instance. Its role reads the bucket and the secrets rds!db-*',
        }),
      })
      .optional()
      .meta({
        description:
          'For dumps that the embedded Postgres can not hold: an instance that is made for it and removed again',
      }),
    point: z
      .enum(['latest', 'random'])
      .default('latest')
      .meta({ description: 'Which backup is proven: the newest, or a random one among those that are kept' }),
    within: durationSchema.meta({
      description: 'How long the restore may take until its queries can be answered: a part of the RTO',
    }),
    queries: z
      .array(query)
      .min(1)
      .refine(
        queries =>
          queries.every(({ equals, min, max, source }) =>
            [equals, min, max, source].some(value => value !== undefined),
          ),
        'each query says what is expected: equals, min, max or source',
      ),
    freshness: z
      .strictObject({
        sql: z
          .string()
          .meta({ description: 'SELECT of the time of the newest row, such as max(created_at)' }),
        within: durationSchema.meta({ description: 'How much older than the recovery point it may be' }),
      })
      .optional()
      .meta({ description: 'Measures the RPO: the newest row against the moment that was restored to' }),
    balances: z
      .array(
        z.strictObject({
          id,
          title: z.string(),
          left: z.string().meta({ description: 'One SELECT of one number' }),
          right: z.string().meta({ description: 'Another one, which must give the same number' }),
          tolerance: z.number().nonnegative().default(0),
        }),
      )
      .default([])
      .meta({ description: 'Sums of different tables that have to agree' }),
    ...tracing,
  })
  .meta({ description: 'How a restore proves it. Without it nothing proves that it can be restored' });
export type VerifyPlan = z.infer<typeof verifySchema>;

const common = {
  title: z.string(),
  schedule: scheduleSchema
    .optional()
    .meta({ description: 'When one is made. Left out for what AWS makes by itself all the time' }),
  retention: durationSchema.meta({ description: 'How long each one is kept' }),
  rpo: durationSchema.optional().meta({
    description: "How old the newest one may be, at the worst moment; the plan's RPO if it is not said",
  }),
  verify: verifySchema.optional(),
  ...tracing,
};

/** Files in a bucket: dumps and exports. */
const inBucket = {
  bucket: z.string(),
  prefix: z.string().default('').meta({ description: 'Keys of these files begin with it' }),
  region: regionSchema.meta({
    description: 'Where the bucket is; a backup in the primary region is lost with it',
  }),
  copy: z
    .strictObject({ bucket: z.string(), region: regionSchema })
    .optional()
    .meta({ description: 'The bucket that this one is replicated to' }),
  kmsKey: z
    .string()
    .optional()
    .meta({ description: 'Key that files are encrypted with, in the region of the bucket' }),
};

/** Who makes it when it is due: a Kubernetes CronJob that Lifeboat starts a Job of, or a CodeBuild project. */
const job = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('k8s-cron-job'),
    cluster: id.meta({ description: 'Id of the eks-cluster' }),
    namespace: z.string(),
    name: z.string(),
  }),
  z.strictObject({ type: z.literal('codebuild'), project: z.string(), region: regionSchema }),
]);
const madeBy = job.optional().meta({
  description:
    'What Lifeboat starts to make one. Without it something else makes it, and Lifeboat checks only',
});

export const backupSchema = z.discriminatedUnion('type', [
  z
    .strictObject({
      ...common,
      type: z.literal('rds-automated'),
      component: id.meta({ description: 'Id of the database, an rds-instance or an rds-cluster' }),
    })
    .meta({
      description:
        "RDS's own automated backups in the region of the database: one snapshot a day and the logs for any moment in between. Kept at most 35d",
    }),
  z
    .strictObject({
      ...common,
      type: z.literal('rds-replicated-backups'),
      component: id,
      region: regionSchema.meta({ description: 'Where they are replicated to' }),
      kmsKey: z.string().meta({ description: 'Key of that region' }),
    })
    .meta({
      description:
        'Automated backups that RDS replicates to another region: a moment of minutes ago can be restored there',
    }),
  z
    .strictObject({
      ...common,
      type: z.literal('rds-snapshot'),
      component: id.meta({ description: 'Id of an rds-instance or an rds-cluster' }),
    })
    .meta({
      description:
        'Snapshots that Lifeboat takes on schedule, in the region of the database. RDS keeps 100 manual ones a region',
    }),
  z
    .strictObject({
      ...common,
      type: z.literal('rds-snapshot-copy'),
      of: id.meta({
        description: 'Id of the backup whose newest snapshot is copied: rds-snapshot or rds-automated',
      }),
      region: regionSchema,
      kmsKey: z.string().meta({
        description: 'Key of the region that it is copied to; the key of the source is of no use there',
      }),
    })
    .meta({ description: 'Copies of snapshots in another region, made by Lifeboat on schedule' }),
  z
    .strictObject({
      ...common,
      type: z.literal('rds-fleet'),
      region: regionSchema,
      instances: z
        .string()
        .meta({ description: 'Which databases, by their identifiers in RDS, such as tenant-*' }),
      atOnce: z.number().int().positive().default(20).meta({
        description: 'How many are restored at the same time; RDS allows 40 instances a region unless raised',
      }),
    })
    .meta({
      description:
        'The snapshots of many databases of the same kind, each of which has to be there and is proven',
    }),
  z
    .strictObject({
      ...common,
      type: z.literal('aws-backup'),
      resource: z.string().meta({ description: 'ARN of what AWS Backup backs up' }),
      region: regionSchema,
      vault: z.string(),
      role: z.string().meta({ description: 'ARN of the role that AWS Backup works with' }),
      copyTo: z.strictObject({ vault: z.string(), region: regionSchema }).optional().meta({
        description:
          'Each one is copied once it is finished, which is looked for every half hour; the RPO of the class counts for the copy too',
      }),
    })
    .meta({
      description: 'Recovery points of AWS Backup. They do not count against the 100 manual snapshots',
    }),
  z
    .strictObject({
      ...common,
      ...inBucket,
      type: z.literal('dump'),
      component: id.meta({ description: 'Id of the database' }),
      format: z.enum(contentFormats).default('pg-custom'),
      madeBy,
    })
    .meta({
      description: 'Dumps of a database in S3, each with a manifest beside it (<file>.manifest.json)',
    }),
  z
    .strictObject({
      ...common,
      ...inBucket,
      type: z.literal('kubernetes-export'),
      cluster: id.meta({ description: 'Id of the eks-cluster' }),
      namespaces: z.array(z.string()).min(1),
      kinds: z
        .array(
          z.enum([
            'ConfigMap',
            'Secret',
            'Deployment',
            'StatefulSet',
            'DaemonSet',
            'Service',
            'ServiceAccount',
            'Ingress',
            'NetworkPolicy',
            'CronJob',
            'HorizontalPodAutoscaler',
            'PodDisruptionBudget',
            'PersistentVolumeClaim',
            'ResourceQuota',
            'LimitRange',
            'Role',
            'RoleBinding',
          ]),
        )
        .min(1),
    })
    .meta({
      description:
        'Objects of a cluster as JSON in S3, exported by Lifeboat. With Secrets a kmsKey is needed',
    }),
  z
    .strictObject({
      ...common,
      ...inBucket,
      type: z.literal('secrets-export'),
      secrets: z.array(id).min(1).meta({ description: 'Ids of components of type secret' }),
      kmsKey: z.string().meta({ description: 'Key that the export is encrypted with' }),
    })
    .meta({ description: 'Values of secrets, exported by Lifeboat into an encrypted file' }),
  z
    .strictObject({
      ...common,
      ...inBucket,
      type: z.literal('terraform-state'),
      key: z.string().meta({ description: 'Key of the state file in the bucket' }),
    })
    .meta({ description: 'The state of Terraform in S3, which needs versions to go back to' }),
  z
    .strictObject({
      ...common,
      type: z.literal('velero'),
      cluster: id,
      namespace: z.string().default('velero'),
      veleroSchedule: z.string().meta({ description: "Name of Velero's Schedule object" }),
    })
    .meta({
      description: 'Backups of a cluster by Velero, which Lifeboat starts and looks at through its objects',
    }),
  z
    .strictObject({
      ...common,
      type: z.literal('volumes'),
      region: regionSchema,
      tag: z
        .strictObject({ key: z.string(), value: z.string() })
        .meta({ description: 'Tag that the EBS volumes carry; each of them has to have a snapshot' }),
      copyRegion: regionSchema.optional(),
    })
    .meta({ description: 'EBS snapshots of persistent volumes' }),
]);
export type Backup = z.infer<typeof backupSchema>;
export type BackupType = Backup['type'];
export type BackupOf<T extends BackupType> = Extract<Backup, { type: T }>;
