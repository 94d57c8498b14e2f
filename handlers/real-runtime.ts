import { readFile } from 'node:fs/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { createAwsClients } from '../shared/aws/aws-clients.ts';
import { createSecretReader } from '../shared/aws/secret-reader.ts';
import { deploymentSettings, lambdaFunctionName, scheduleGroupName } from '../shared/deployment.ts';
import { InvalidInputError } from '../shared/errors.ts';
import { createDynamoDbRecordStore } from '../shared/incident/dynamodb-record-store.ts';
import type { Plan } from '../shared/plan/schema.ts';
import type { Network } from '../shared/ports.ts';
import type { Runtime, Settings } from '../shared/runtime.ts';
import type { Connections } from './runtime.ts';

/** What a function is told by its environment; the deployment sets all of it. */
export const environmentSchema = z.object({
  LIFEBOAT_SYSTEM: z.string(),
  LIFEBOAT_PLAN_FILE: z.string(),
  LIFEBOAT_TABLE: z.string(),
  LIFEBOAT_LINK_SECRET: z.string(),
  LIFEBOAT_REPORT_BUCKET: z.string(),
  LIFEBOAT_ACCOUNT: z.string(),
  LIFEBOAT_PARTITION: z.string(),
  LIFEBOAT_DECISION_URL: z.string().default(''),
  LIFEBOAT_SCHEDULE_ROLE: z.string().optional(),
  LAMBDA_TASK_ROOT: z.string().default('.'),
});
type Environment = z.infer<typeof environmentSchema>;

/** The real runtime: the plan that was packed with the function, the system clock, and AWS. */
export async function createRuntime(connections: Connections): Promise<Runtime> {
  const environment = readEnvironment();
  const plan = await readPlan(environment);
  const clock = { now: () => new Date() };
  const aws = createAwsClients(plan.regions);
  const logger = new Logger();
  const region = plan.regions.recovery;
  const runtime: Runtime = {
    plan,
    settings: settingsOf(plan, environment),
    clock,
    pause: ms => new Promise(resolve => setTimeout(resolve, ms)),
    aws,
    store: createDynamoDbRecordStore({
      client: aws.client(DynamoDBClient, region),
      region,
      tableName: environment.LIFEBOAT_TABLE,
    }),
    network: { ...noConnections, ...connections },
    kubernetes: connections.kubernetes?.({ aws, clock }) ?? (() => Promise.reject(missing('Kubernetes'))),
    kubernetesExec: connections.kubernetesExec?.({ aws, clock }),
    secret: createSecretReader(aws),
    log: (level, message, data) => logger[level](message, data ?? {}),
  };
  return { ...runtime, backups: connections.backups?.(runtime) };
}

function readEnvironment(): Environment {
  const parsed = environmentSchema.safeParse(process.env);
  if (parsed.success) return parsed.data;
  const names = parsed.error.issues.map(issue => issue.path.join('.')).join(', ');
  throw new InvalidInputError(`The environment of this function is not complete: ${names}`, {
    nextStep: 'Deploy with serverless.yml, which sets them all.',
  });
}

/** The plan was checked when it was packed; here it only has to be there. */
async function readPlan(environment: Environment): Promise<Plan> {
  const { LAMBDA_TASK_ROOT, LIFEBOAT_PLAN_FILE, LIFEBOAT_SYSTEM } = environment;
  const plan = await readJson(`${LAMBDA_TASK_ROOT}/${LIFEBOAT_PLAN_FILE}`);
  if (plan.system.id === LIFEBOAT_SYSTEM) return plan;
  throw new InvalidInputError(
    `This function is one of "${LIFEBOAT_SYSTEM}", and was packed with the plan of "${plan.system.id}"`,
    { nextStep: 'Deploy again, with the plan of one system only.' },
  );
}

async function readJson(file: string): Promise<Plan> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Plan;
  } catch (cause) {
    throw new InvalidInputError(`The plan that was packed with this function can't be read: ${file}`, {
      nextStep: 'Deploy again; packaging puts the plan beside the code.',
      cause,
    });
  }
}

function settingsOf(plan: Plan, environment: Environment): Settings {
  const { LIFEBOAT_ACCOUNT: account, LIFEBOAT_PARTITION: partition } = environment;
  return {
    ...deploymentSettings(plan, { partition, account }, environment.LIFEBOAT_DECISION_URL),
    reportBucket: environment.LIFEBOAT_REPORT_BUCKET,
    ...(environment.LIFEBOAT_SCHEDULE_ROLE && {
      schedules: {
        group: scheduleGroupName(plan.system.id),
        functionArn: `arn:${partition}:lambda:${plan.regions.recovery}:${account}:function:${lambdaFunctionName(plan.system.id, 'communicate')}`,
        roleArn: environment.LIFEBOAT_SCHEDULE_ROLE,
        deadLetterArn: `arn:${partition}:sqs:${plan.regions.recovery}:${account}:lifeboat-${plan.system.id}-failed-events`,
      },
    }),
  };
}

const noConnections: Network = {
  http: () => Promise.reject(missing('HTTP')),
  tls: () => Promise.reject(missing('TLS')),
  dns: () => Promise.reject(missing('DNS')),
  mongo: () => Promise.reject(missing('MongoDB')),
  sql: () => Promise.reject(missing('SQL')),
  redis: () => Promise.reject(missing('Redis')),
};

function missing(what: string): InvalidInputError {
  return new InvalidInputError(`This function has no ${what} connection`, {
    nextStep:
      "Give it one in its handler: loadRuntime({ … }) takes the connections that a family's actions use.",
  });
}
