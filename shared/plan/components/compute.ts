import * as z from 'zod';
import { id } from '../sections/base.ts';
import { base, duration, restores } from './base.ts';

/** Compute outside of Kubernetes, and the AWS services that drive it. */

/** A component of type target-group that its members register with, if users reach it. */
const registersWith = z.string().optional().meta({ description: 'Id of the target group it registers with' });

/** Without it, what its region's secret or database says is taken for it. */
const uses = z.array(id).optional().meta({
  description:
    'Databases, caches and secrets that it uses, all of them: a rehearsal holds that no two databases are written to',
});

export const autoScalingGroup = z.strictObject({
  ...base,
  type: z.literal('auto-scaling-group'),
  name: z.string(),
  /** Capacity while nothing is wrong; what undo goes back to is read from AWS, not from here. */
  standbySize: z.number().int().nonnegative(),
  targetGroup: registersWith,
  uses,
  nodesOf: z
    .string()
    .optional()
    .meta({ description: 'Name of the EKS cluster whose nodes its instances are' }),
});

export const ecsService = z.strictObject({
  ...base,
  type: z.literal('ecs-service'),
  cluster: z.string(),
  name: z.string(),
  /** Tasks while nothing is wrong; what undo goes back to is read from AWS, not from here. */
  standbyCount: z.number().int().nonnegative(),
  targetGroup: registersWith,
  uses,
});

/** Instances by their ids or by one tag, whichever stays true when an instance is replaced. */
export const ec2Instances = z
  .strictObject({
    ...base,
    type: z.literal('ec2-instances'),
    ids: z
      .array(z.string().regex(/^i-[0-9a-f]{8,17}$/, 'an instance id, such as i-0a1b2c3d'))
      .min(1)
      .optional(),
    tag: z.strictObject({ key: z.string(), value: z.string() }).optional(),
    /** How many a rehearsal makes of those that are named by tag. */
    count: z.number().int().positive().default(1),
  })
  .refine(({ ids, tag }) => (ids === undefined) !== (tag === undefined), 'either ids or tag, and not both');

/** Types whose failure a rehearsal can take for mended, because the plan says so. */
export const mendable = [
  'auto-scaling-group',
  'ec2-instances',
  'ecs-service',
  'k8s-deployment',
  'k8s-statefulset',
  'lambda-function',
  'mysql-server',
  'postgres-server',
  'redis-server',
  'dynamodb-table',
  'service',
] as const;

export const lambdaFunction = z.strictObject({
  ...base,
  type: z.literal('lambda-function'),
  name: z.string(),
  restores,
  qualifier: z.string().optional().meta({ description: 'Version or alias; without it $LATEST' }),
  reserved: z.int().min(0).optional().meta({
    description:
      'Reserved concurrency while all is well, if it has one; 0 keeps a standby from running. A rehearsal begins with it',
  }),
});

export const eventSourceMapping = z.strictObject({
  ...base,
  type: z.literal('event-source-mapping'),
  uuid: z.string(),
  /** Whether it takes events while nothing is wrong, for the rehearsal. */
  enabled: z.boolean().default(true),
});

export const eventRule = z.strictObject({
  ...base,
  type: z.literal('event-rule'),
  name: z.string(),
  bus: z.string().default('default'),
  /** Whether it is on while nothing is wrong, for the rehearsal. */
  enabled: z.boolean().default(true),
});

/** An SSM Automation runbook. */
export const ssmDocument = z.strictObject({
  ...base,
  type: z.literal('ssm-document'),
  name: z.string(),
  version: z.string().optional().meta({ description: 'A version number; without it the default version' }),
  takes: duration.optional().meta({ description: 'How long a run usually takes, for rehearsals' }),
  restores,
  /** Role that the automation assumes; Lifeboat needs leave to pass it. */
  assumeRole: z.string().regex(/^arn:/, 'the ARN of a role').optional(),
});

/** A Step Functions state machine of the user's own, such as an automation or another system's runbook. */
export const stateMachine = z.strictObject({
  ...base,
  type: z.literal('state-machine'),
  arn: z
    .string()
    .regex(/^arn:[^:]+:states:[^:]+:\d{12}:stateMachine:[^:]+(?::[^:]+)?$/, 'the ARN of a state machine')
    .meta({ description: 'ARN of a Standard state machine, of a version or an alias of one' }),
  takes: duration.optional().meta({ description: 'How long an execution usually takes, for rehearsals' }),
  answers: z
    .record(z.string(), z.json())
    .optional()
    .meta({ description: 'Its output in a rehearsal, where a step takes something out of it' }),
  restores,
});

/** What has no type of its own, such as a search domain or a broker. Lifeboat knows nothing of it but what the plan says. */
const otherService = z.strictObject({
  ...base,
  type: z.literal('service'),
  name: z.string().meta({ description: 'What calls name it by: its identifier, name, host or ARN' }),
  takes: duration
    .default('0m')
    .meta({ description: 'How long it takes to serve again after a step has mended it, for rehearsals' }),
  onDemand: z.boolean().default(false).meta({
    description: 'Not there until a step of a run makes it, which says so under `restores`',
  }),
});

/** Another system that Lifeboat is deployed for, in the same account. */
export const lifeboatSystem = z.strictObject({
  ...base,
  type: z.literal('lifeboat-system'),
  /** Its recovery region is the component's region: everything of a deployment is there. */
  system: id.meta({ description: 'Id of the system, as its own plan says it' }),
  takes: duration.optional().meta({ description: 'How long a run of it usually takes, for rehearsals' }),
  restores,
});

/** Component types of this file; `shared/plan/components.ts` puts all of them together. */
export const computeComponents = [
  autoScalingGroup,
  ecsService,
  ec2Instances,
  lambdaFunction,
  eventSourceMapping,
  eventRule,
  ssmDocument,
  stateMachine,
  otherService,
  lifeboatSystem,
] as const;
