import { inboundPaths } from '../shared/communication/inbound.ts';
import { fixedFunctions, fixedMachineTitle, hasFollowUps } from '../shared/deployment.ts';
import type { Backup, Plan } from '../shared/plan/schema.ts';
import { stepsOf } from '../shared/runbook/phases.ts';

import { alarmNamesOf, forwardedAlarmNames } from './alarms.ts';
import { eventPatterns } from './event-patterns.ts';
import {
  failedEventsArn,
  functionName,
  linkSecretName,
  logicalId,
  signalTopicName,
  stateMachineArn,
  tableName,
} from './names.ts';

/** Seconds until Lambda ends a call: longer than any call needs, shorter than what the machines allow for one. */
const timeoutSeconds: Record<string, number> = {
  decide: 15,
  probe: 55,
  region: 120,
  sql: 120,
  s3: 120,
  evidence: 120,
  k8s: 110,
  backups: 900,
  backup: 110,
  verify: 900,
};

type FunctionConfig = Record<string, unknown>;

/** The `functions` section of serverless.yml for a plan. */
export function functionConfigs(
  plan: Plan,
  families: readonly string[],
  runbooks: readonly string[],
): Record<string, FunctionConfig> {
  const system = plan.system.id;
  const configs: Record<string, FunctionConfig> = {};
  for (const name of [...fixedFunctions, ...families]) {
    configs[name] = {
      name: functionName(system, name),
      handler: `handlers/${name}.handler`,
      description: descriptionOf(name),
      role: roleId(name),
      timeout: timeoutSeconds[name] ?? 60,
      ...insideNetwork(plan, name),
      ...startedBy(plan, name, runbooks),
    };
  }
  return configs;
}

/** Families whose actions connect to something in the system's own network. */
const connecting = ['rds', 'docdb', 'neptune', 'sql', 'redis', 'elasticache', 'eks', 'k8s', 'velero'];

export const runsInNetwork = (plan: Plan, name: string) =>
  plan.network !== undefined &&
  (connecting.includes(name) || connectsForBackups(plan, name) || (name === 'secrets' && provesLogins(plan)));

/** Proofs connect to what they restored; exports, dumps and Velero are asked of a cluster. */
function connectsForBackups({ backups }: Plan, name: string): boolean {
  const some = (holds: (backup: Backup) => boolean) => Object.values(backups).some(holds);
  if (name === 'verify')
    return some(
      ({ verify }) => verify !== undefined && (verify.into !== 'embedded' || verify.larger !== undefined),
    );
  return (
    ['backups', 'backup'].includes(name) &&
    some(({ type }) => ['kubernetes-export', 'velero', 'dump'].includes(type))
  );
}

/** To prove a rotation its function logs in to the database. */
function provesLogins(plan: Plan): boolean {
  const steps = Object.values(plan.scenarios).flatMap(({ phases }) =>
    phases.flatMap(phase => stepsOf(phase.steps)),
  );
  return steps.some(
    step => /^secrets\.(rotate|check-rotation)$/.test(step.do) && step.with.database !== undefined,
  );
}

function insideNetwork(plan: Plan, name: string): FunctionConfig {
  if (!plan.network || !runsInNetwork(plan, name)) return {};
  return { vpc: { subnetIds: plan.network.subnets, securityGroupIds: plan.network.securityGroups } };
}

/** Logical id of a function's role. */
export const roleId = (name: string) => logicalId(name, 'role');

/** Environment of all functions; what each of them reads is checked when it starts. */
export function environment(plan: Plan): Record<string, unknown> {
  const system = plan.system.id;
  return {
    LIFEBOAT_SYSTEM: system,
    LIFEBOAT_PLAN_FILE: planFile(system),
    LIFEBOAT_TABLE: tableName(system),
    LIFEBOAT_LINK_SECRET: linkSecretName(system),
    LIFEBOAT_REPORT_BUCKET: { Ref: 'ReportBucket' },
    LIFEBOAT_ACCOUNT: { Ref: 'AWS::AccountId' },
    LIFEBOAT_PARTITION: { Ref: 'AWS::Partition' },
    POWERTOOLS_SERVICE_NAME: `lifeboat-${system}`,
    POWERTOOLS_METRICS_NAMESPACE: 'Lifeboat',
    // The certificate authorities of RDS; Node.js runtimes since 20 load them only when asked to.
    NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem',
  };
}

/** Where the compiled plan lies, in the checkout and in every function's zip. */
export const planFile = (system: string) => `.lifeboat/build/${system}/plan.json`;

function descriptionOf(name: string): string {
  const said: Record<string, string> = {
    triage: 'Turns alarms and events into signals and decides whether an incident opens',
    probe: 'Looks at the system from outside its region, once a minute',
    run: 'Opens and closes runs and marks their phases',
    'execution-ended': 'Closes a run whose execution was stopped or timed out',
    ask: 'Asks a person, and keeps the token until they answer',
    decide: 'The page behind the links that people answer on',
    communicate: 'Sends what is due: notices, updates, escalation',
    report: 'Writes the report of a run',
    backups: 'Makes and checks backups, and reminds people of what the calendar has for them',
    verify: 'Proves backups by restoring them, and removes what is left of that',
  };
  return said[name] ?? `Steps of the kind ${name}.*`;
}

function startedBy(plan: Plan, name: string, runbooks: readonly string[]): FunctionConfig {
  const system = plan.system.id;
  switch (name) {
    case 'triage':
      return { events: triageEvents(plan), ...losesNothing(system) };
    case 'probe':
      return { events: [{ schedule: { rate: ['rate(1 minute)'], enabled: true } }] };
    case 'execution-ended':
      return {
        ...sendsLinks(),
        ...losesNothing(system),
        events: [
          eventBridge({
            source: ['aws.states'],
            'detail-type': ['Step Functions Execution Status Change'],
            detail: {
              status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
              stateMachineArn: runbooks.map(runbook => ({ 'Fn::Sub': stateMachineArn(runbook) })),
            },
          }),
        ],
      };
    case 'decide':
      // Melbourne and other newer regions have no function URLs; HTTP APIs are in all of them.
      return {
        events: [
          { httpApi: 'GET /' },
          { httpApi: 'POST /' },
          ...inboundPaths(plan).map(path => ({ httpApi: `POST /${path}` })),
        ],
      };
    case 'communicate':
      return sendsLinks(
        hasFollowUps(plan) ? { LIFEBOAT_SCHEDULE_ROLE: { 'Fn::GetAtt': ['ScheduleRole', 'Arn'] } } : {},
      );
    case 'ask':
    case 'run':
      return sendsLinks();
    case 'backups':
      return { memorySize: 1024, events: [{ schedule: { rate: ['rate(1 day)'], enabled: true } }] };
    case 'verify':
      return {
        ...provesDumps(plan),
        events: [{ schedule: { rate: ['rate(1 hour)'], enabled: true } }, verificationEnds(system)],
      };
    default:
      return {};
  }
}

/** The embedded Postgres lies beside the code of a function that restores dumps, and needs room for their data. */
function provesDumps(plan: Plan): FunctionConfig {
  if (!Object.values(plan.backups).some(({ verify }) => verify?.into === 'embedded'))
    return { memorySize: 1024 };
  const folder = 'node_modules/@electric-sql/pglite';
  return {
    memorySize: 4096,
    package: {
      patterns: [
        `${folder}/package.json`,
        `${folder}/dist/*.js`,
        `${folder}/dist/*.wasm`,
        `${folder}/dist/*.data`,
      ],
    },
  };
}

/** A verification that was stopped tears nothing down by itself. */
function verificationEnds(system: string): FunctionConfig {
  return eventBridge({
    source: ['aws.states'],
    'detail-type': ['Step Functions Execution Status Change'],
    detail: {
      status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
      stateMachineArn: [{ 'Fn::Sub': stateMachineArn(fixedMachineTitle(system, 'verify')) }],
    },
  });
}

/** Functions whose messages carry links need the address of the page; HTTP APIs serve it at their root. */
function sendsLinks(more: FunctionConfig = {}): FunctionConfig {
  return {
    environment: {
      ...more,
      LIFEBOAT_DECISION_URL: {
        'Fn::Sub': 'https://${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/',
      },
    },
  };
}

/** Lambda gives an event up after its third attempt; then it waits in a queue, and an alarm tells people. */
function losesNothing(system: string): FunctionConfig {
  return { destinations: { onFailure: { type: 'sqs', arn: { 'Fn::Sub': failedEventsArn(system) } } } };
}

function triageEvents(plan: Plan): FunctionConfig[] {
  const system = plan.system.id;
  const events: FunctionConfig[] = [
    { sns: { arn: { Ref: 'SignalTopic' }, topicName: signalTopicName(system) } },
  ];
  const alarms = alarmNamesOf(plan);
  if (alarms.length > 0) {
    events.push(
      eventBridge({
        source: ['aws.cloudwatch'],
        'detail-type': ['CloudWatch Alarm State Change'],
        detail: { alarmName: alarms },
      }),
    );
  }
  const forwarded = forwardedAlarmNames(plan);
  if (forwarded.length > 0) {
    events.push(
      eventBridge(
        {
          source: ['aws.cloudwatch'],
          'detail-type': ['CloudWatch Alarm State Change'],
          detail: { alarmName: forwarded },
        },
        system,
      ),
    );
  }
  for (const { region, pattern } of eventPatterns(plan)) {
    events.push(region === plan.regions.recovery ? eventBridge(pattern) : eventBridge(pattern, system));
  }
  const healthRegions = [
    ...new Set(
      Object.values(plan.signals).flatMap(signal => (signal.type === 'health' ? [signal.region] : [])),
    ),
  ];
  if (healthRegions.length > 0) {
    const pattern = {
      source: ['aws.health'],
      'detail-type': ['AWS Health Event'],
      detail: { eventRegion: healthRegions },
    };
    // AWS Health delivers to the region itself and to its backup region; both are forwarded to the system's bus.
    events.push(eventBridge(pattern), eventBridge(pattern, system));
  }
  const sources = rdsSources(plan);
  if (sources.length > 0) {
    const pattern = {
      source: ['aws.rds'],
      'detail-type': ['RDS DB Instance Event', 'RDS DB Cluster Event'],
      detail: { SourceIdentifier: sources },
    };
    events.push(eventBridge(pattern), eventBridge(pattern, system));
  }
  return events;
}

function rdsSources(plan: Plan): string[] {
  const ids = Object.values(plan.signals).flatMap(signal =>
    signal.type === 'rds-event' ? [signal.component] : [],
  );
  const components = ids.flatMap(id => plan.components[id] ?? []);
  return [
    ...new Set(
      components.flatMap(component =>
        component.type === 'rds-instance' || component.type === 'rds-cluster' ? [component.identifier] : [],
      ),
    ),
  ];
}

function eventBridge(pattern: Record<string, unknown>, system?: string): FunctionConfig {
  const bus = system === undefined ? {} : { eventBus: { 'Fn::GetAtt': ['EventBus', 'Name'] } };
  return { eventBridge: { ...bus, pattern } };
}
