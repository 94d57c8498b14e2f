import { describe, expect, it } from 'vitest';
import type { Statement } from '../../deploy/statements.ts';
import { loadActions } from '../../shared/actions/load-actions.ts';
import type { Mode } from '../../shared/runbook/contract.ts';
import { stepsOf } from '../../shared/runbook/phases.ts';
import { deploy } from '../../simulator/deployment.ts';
import { createFaults } from '../../simulator/faults/faults.ts';
import { playScenario } from '../../simulator/play.ts';
import { reportBucketOf } from '../../simulator/services/s3.ts';
import { loadServices } from '../../simulator/services.ts';
import { startVirtualTime } from '../../simulator/world/clock.ts';
import { startDatabases } from '../../simulator/world/databases.ts';
import { runningFunction } from '../../simulator/world/functions.ts';
import type { Call, SimulatedService } from '../../simulator/world/world.ts';
import { iamActionOf } from '../plans/iam-actions.ts';
import { account, allows, allowsAnywhere, liquidAbt, region, resolve, statementsOf } from './support.ts';

/**
 * Holds what functions really ask of AWS, in rehearsals, against what their roles allow. A permission that is missing
 * would be found at three in the morning; one that nothing uses is more than the least.
 */
const { plan, deployment } = await liquidAbt();
const simulatedAccount = '123456789012';

type Seen = { name: string; call: Call };

/** What is played: every scenario in every mode, and what leads into corners that a smooth run does not see. */
const plays: { scenario: string; mode: Mode; faults: string[] }[] = [
  ...Object.entries(plan.scenarios).flatMap(([scenario, { modes }]) =>
    modes.map(mode => ({ scenario, mode, faults: [] })),
  ),
  ...[
    ['no-approval'],
    ['no-snapshot'],
    ['kms-key-missing'],
    ['duplicate-event'],
    ['region:us-east-1'],
    ['lost-reply:s3.PutObject'],
    ['lost-reply:rds.RestoreDBInstanceToPointInTime'],
    ['error5xx:secretsmanager.PutSecretValue'],
    ['handler-crash:rds', 'handler-crash:ask'],
    ['handler-crash:triage', 'throttle:dynamodb'],
  ].map(faults => ({ scenario: 'region-failure', mode: 'recover' as const, faults })),
];

/** Plays one run and returns each call with the function that made it. */
async function callsOf({ scenario, mode, faults: names }: (typeof plays)[number]): Promise<Seen[]> {
  const kinds = Object.values(plan.scenarios).flatMap(({ phases }) =>
    phases.flatMap(({ steps }) => stepsOf(steps)),
  );
  const actions = await loadActions(kinds.map(step => step.do));
  const faults = createFaults(names);
  if (!faults.ok) throw new Error(faults.problems.join('\n'));
  const seen: Seen[] = [];
  const { outageStart } = plan.rehearsal;
  const services = (await loadServices()).map(service => listening(service, seen));
  const databases = startDatabases(plan, 'plans/liquid-abt');
  const time = startVirtualTime(Date.parse(outageStart) - 120_000);
  try {
    await playScenario({
      plan,
      scenario,
      mode,
      seed: 1,
      faults: faults.faults,
      deployment: deploy(plan, actions),
      services,
      actions,
      databases,
      planDirectory: 'plans/liquid-abt',
      outageStartedAt: outageStart,
      time,
    });
  } finally {
    time.stop();
  }
  return seen;
}

function listening(service: SimulatedService, seen: Seen[]): SimulatedService {
  const operations = Object.entries(service.operations).map(([operation, answer]) => {
    const listened: typeof answer = (world, call) => {
      const name = runningFunction();
      if (name !== undefined) seen.push({ name, call });
      return answer(world, call);
    };
    return [operation, listened];
  });
  return { ...service, operations: Object.fromEntries(operations) };
}

/** Without a resource: held to the action only. */
type Need = { action: string; resource?: string };

/** What IAM asks for before it lets a call through. Source: the Service Authorization Reference of each service. */
function needsOf({ service, operation, region: where, input }: Call): Need[] {
  const text = (key: string) => String(input[key]);
  const arn = (of: string, rest: string, at = where) => `arn:aws:${of}:${at}:${account}:${rest}`;
  const own = (given: string) => given.replace(`:${simulatedAccount}:`, `:${account}:`);
  const need = (...resources: string[]): Need[] =>
    resources.map(resource => ({ action: `${service}:${operation}`, resource }));
  switch (service) {
    case 'dynamodb':
      return need(arn('dynamodb', `table/lifeboat-${plan.system.id}`));
    case 'kms':
      return need(text('KeyId'));
    case 'kubernetes':
      return [{ action: 'eks:DescribeCluster', resource: arn('eks', `cluster/${text('cluster')}`) }];
    case 'eks': {
      const cluster = text('clusterName' in input ? 'clusterName' : 'name');
      return need(arn('eks', `nodegroup/${cluster}/${text('nodegroupName')}/0a1b2c3d`));
    }
    case 'elasticloadbalancing':
      return operation.startsWith('Describe') ? need('*') : need(text('TargetGroupArn'));
    case 'route53':
      return need(
        'HealthCheckId' in input
          ? `arn:aws:route53:::healthcheck/${text('HealthCheckId')}`
          : `arn:aws:route53:::hostedzone/${text('HostedZoneId')}`,
      );
    case 's3': {
      const bucket =
        text('Bucket') === reportBucketOf(plan.system.id)
          ? '<ReportBucket.Arn>'
          : `arn:aws:s3:::${text('Bucket')}`;
      // Without leave to list, S3 answers 403 for an object that is not there.
      const list = operation === 'GetObject' ? [{ action: 's3:ListBucket', resource: bucket }] : [];
      return [...need(`${bucket}/${text('Key')}`), ...list];
    }
    case 'secretsmanager':
      return need(arn('secretsmanager', `secret:${text('SecretId')}-aB3dE5`));
    case 'sns':
      return need(own(text('TopicArn')));
    case 'states':
      return need(
        operation === 'StartExecution'
          ? own(text('stateMachineArn'))
          : arn('states', `stateMachine:${plan.system.id}-lifeboat-ask`),
      );
    case 'lambda':
      return [{ action: iamActionOf({ service, operation }), resource: own(text('FunctionName')) }];
    case 'rds':
      return need(...rdsResources(operation, input, rest => arn('rds', rest)));
    case 'codebuild': {
      const names = [input.names, input.ids, input.projectName]
        .flat()
        .flatMap(name => (name ? [String(name)] : []));
      return need(...names.map(name => arn('codebuild', `project/${name.split(':')[0]}`)));
    }
    case 'events':
    case 'ec2':
    case 'quota':
    case 'scheduler':
    case 'servicequotas':
    case 'cloudwatch':
      return [{ action: iamActionOf({ service, operation }) }];
    default:
      throw new Error(`Say here what ${service}:${operation} is asked for.`);
  }
}

function rdsResources(
  operation: string,
  input: Call['input'],
  arn: (rest: string) => string,
): readonly string[] {
  const of = (key: string) => String(input[key]);
  const restored = () => [
    arn(`subgrp:${of('DBSubnetGroupName')}`),
    arn(`pg:${of('DBParameterGroupName')}`),
    ...('DBInstanceIdentifier' in input ? [arn(`db:${of('DBInstanceIdentifier')}`)] : []),
  ];
  switch (operation) {
    case 'DescribeEvents':
    case 'DescribeOrderableDBInstanceOptions':
      return ['*'];
    case 'DescribeDBInstanceAutomatedBackups':
      return [arn('auto-backup:*')];
    case 'DescribeDBSnapshots':
      return [arn('snapshot:*')];
    case 'DescribeDBSubnetGroups':
      return [arn(`subgrp:${of('DBSubnetGroupName')}`)];
    case 'DescribeDBParameterGroups':
      return [arn(`pg:${of('DBParameterGroupName')}`)];
    case 'RestoreDBInstanceToPointInTime':
      return [arn(`db:${of('TargetDBInstanceIdentifier')}`), arn('auto-backup:ab-0a1b2c3d'), ...restored()];
    case 'RestoreDBInstanceFromDBSnapshot':
      return [arn(`snapshot:${of('DBSnapshotIdentifier')}`), ...restored()];
    default:
      return [arn(`db:${of('DBInstanceIdentifier')}`)];
  }
}

const seen: Seen[] = [];
for (const play of plays) seen.push(...(await callsOf(play)));

const roles = Object.fromEntries(
  Object.entries(deployment.functions).map(([name, config]) => [
    name,
    statementsOf(deployment.resources, (config as { role: string }).role),
  ]),
);

/**
 * Granted, and used by nothing in these rehearsals: why each of them is granted all the same. What is no call of the
 * function's own code (log streams, network interfaces, a service that acts for the function) is left out.
 */
const unseen: Readonly<Record<string, string>> = {
  'execution-ended *': 'acts when an execution is stopped in the console or times out; no rehearsal does so',
  'backups *': 'held to its calls in test/backups/calendar.test.ts, which plays the calendar',
  'verify *': 'held to its calls in test/backups/calendar.test.ts, which plays the calendar',
  'triage sns:Publish': 'pages people when a guard refuses or a person has to start the run',
  'probe sns:Publish': 'pages people when a guard refuses or a person has to start the run',
  'triage secretsmanager:GetSecretValue': 'a page may go through a channel whose token is a secret',
  'probe secretsmanager:GetSecretValue': 'a page may go through a channel whose token is a secret',
  'run states:SendTaskSuccess': 'a drill that gives way to a real incident has its questions closed',
  'communicate states:SendTaskSuccess': 'hands over an answer whose first handing over was cut short',
  'ask states:SendTaskSuccess': 'hands over an answer that was given before the question was asked again',
  'rds rds:StopDBInstance': 'the fence of a region that answers; here it is lost',
  'rds rds:StartDBInstance': 'undoes that fence',
  'rds rds:DescribeDBClusters': 'a failover asks for the cluster where there is no instance of that name',
  'rds rds:FailoverDBCluster': 'fails over what the plan calls an instance and RDS a cluster',
  'rds rds:RestoreDBInstanceFromDBSnapshot': 'where backups are copied and not replicated',
  'rds rds:ModifyDBInstance': 'takes deletion protection off when a recovery is undone',
  'route53 route53:ChangeResourceRecordSets': 'the fallback for a gate that does not move the answers',
  'route53 s3:DeleteObject': 'closes the gate when the move is undone',
};
const notTheirOwn =
  /^(logs|ec2|xray|sqs):|^(rds:AddTagsToResource|rds:CreateDBSnapshot|kms:CreateGrant|s3:ListBucket)$/;

const pairs = (of: readonly { name: string; action: string }[]) =>
  [...new Set(of.map(({ name, action }) => `${name} ${action}`))].sort();
const granted = (statements: readonly Statement[]) =>
  statements.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => Action);

describe('permissions', () => {
  it('sees calls of every function that a rehearsal can reach', () => {
    const silent = Object.keys(roles).filter(name => !seen.some(call => call.name === name));
    expect(silent).toEqual(['execution-ended', 'backups', 'verify']);
  });

  it('allows every call that a function makes', () => {
    const refused = seen.flatMap(({ name, call }) =>
      needsOf(call)
        .filter(({ action, resource }) =>
          resource === undefined
            ? !allowsAnywhere(roles[name] ?? [], action)
            : !allows(roles[name] ?? [], action, resource),
        )
        .map(({ action, resource }) => `${name}: ${action} on ${resource}`),
    );
    expect([...new Set(refused)].sort()).toEqual([]);
  });

  it('grants nothing that no function uses, but for what is named with its reason', () => {
    const used = new Set(
      pairs(seen.flatMap(({ name, call }) => needsOf(call).map(({ action }) => ({ name, action })))),
    );
    const all = pairs(
      Object.entries(roles).flatMap(([name, statements]) =>
        granted(statements).map(action => ({ name, action })),
      ),
    );
    const unused = all.filter(pair => !used.has(pair) && !notTheirOwn.test(pair.split(' ')[1] ?? ''));
    const named = unused.filter(pair => pair in unseen || `${pair.split(' ')[0]} *` in unseen);
    expect(unused.filter(pair => !named.includes(pair))).toEqual([]);
    const stale = Object.keys(unseen).filter(known => !known.endsWith(' *') && !unused.includes(known));
    expect(stale).toEqual([]);
  });

  it('works in the region of the deployment', () => {
    expect(resolve({ Ref: 'AWS::Region' })).toBe(region);
    expect(plan.regions.recovery).toBe(region);
  });
});
