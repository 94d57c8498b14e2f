import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkPlan } from '../../shared/plan/check.ts';

const text = readFileSync('plans/liquid-abt/plan.yml', 'utf8');

const cluster = (id: string, region: string, more = '') => `
  ${id}:
    type: rds-cluster
    region: ${region}
    identifier: ${id}
    engine: aurora-postgresql
    database: app
    credentials: secret:app/db
    writeProbe: SELECT 1${more}`;
const restoreTarget = (identifier: string) => `
  restored:
    type: rds-cluster-restore-target
    region: ap-southeast-4
    identifier: app-restored
    source: one
    sourceIdentifier: ${identifier}
    sourceRegion: ap-southeast-2
    engine: aurora-postgresql
    instanceClass: db.r6g.large
    subnetGroup: app
    securityGroups: [sg-1]
    clusterParameterGroup: app
    kmsKey: alias/app
    database: app
    credentials: secret:app/db
    writeProbe: SELECT 1`;
const group = (secondary: string) => `
  all:
    type: aurora-global-cluster
    region: ap-southeast-4
    identifier: app-global
    primary: one
    secondary: ${secondary}`;
const one = cluster('one', 'ap-southeast-2');
const sized = (...lines: string[]) =>
  cluster('one', 'ap-southeast-2', lines.map(line => `\n    ${line}`).join(''));

/** The findings that LIQUID ABT's plan has more with these components. */
async function findingsWith(
  components: string,
  scenario = '',
  severities: readonly string[] = ['error'],
): Promise<string[]> {
  const written = text
    .replace(/^components:$/m, `components:${components}`)
    .replace(/^scenarios:$/m, `scenarios:${scenario}`);
  const { findings } = await checkPlan({ text: written, file: 'plan.yml' });
  return findings
    .filter(({ severity }) => severities.includes(severity))
    .map(({ rule, message }) => `${rule}: ${message}`);
}

const queue = (id: string, name: string, region: string, more = '') => `
  ${id}: { type: sqs-queue, region: ${region}, name: ${name}${more} }`;
const failing = (name: string) => queue('orders', name, 'ap-southeast-4', ', deadLetters: failed');

const balancer = (id: string, region: string) => `
  ${id}: { type: load-balancer, region: ${region}, name: a, dnsName: ${id}.example, hostedZoneId: Z1 }`;
const accelerator = (recovery: string) => `
  gates:
    type: accelerator
    region: ap-southeast-4
    arn: arn:aws:globalaccelerator::123456789012:accelerator/0a1b2c3d
    dnsName: a0a1b2c3d4e5f6071.awsglobalaccelerator.com
    primary: { arn: "arn:aws:globalaccelerator::123456789012:a/listener/1/endpoint-group/1", loadBalancer: here }
    recovery: { arn: "arn:aws:globalaccelerator::123456789012:a/listener/1/endpoint-group/2", loadBalancer: ${recovery} }`;
const balancers = balancer('here', 'ap-southeast-2') + balancer('there', 'ap-southeast-4');
const files = (replicaOf: string) => `
  copy: { type: efs-file-system, region: ap-southeast-4, fileSystemId: fs-0a1b2c3d, replicaOf: ${replicaOf} }`;

test.each([
  ['a global database over two regions', one + cluster('two', 'ap-southeast-4') + group('two'), []],
  ['a restore target that agrees with its source', one + restoreTarget('one'), []],
  [
    'both members in one region',
    one + cluster('two', 'ap-southeast-2') + group('two'),
    ['same-region: "one" and "two" are both in ap-southeast-2'],
  ],
  ['a queue with its dead letters', failing('orders') + queue('failed', 'failed', 'ap-southeast-4'), []],
  [
    'dead letters in another region',
    failing('orders') + queue('failed', 'failed', 'ap-southeast-2'),
    ['topology-mismatch: "failed" is in ap-southeast-2, and "orders" is in ap-southeast-4'],
  ],
  [
    'dead letters of a FIFO queue that keep no order',
    failing('orders.fifo') + queue('failed', 'failed', 'ap-southeast-4'),
    ['topology-mismatch: "failed" is not of the same kind: only one of them is a FIFO queue'],
  ],
  [
    'a queue that nobody who is declared takes from',
    queue('orders', 'orders', 'ap-southeast-4', ', takenBy: worker'),
    ['unknown-component: There is no component "worker"'],
  ],
  ['an accelerator over two regions', balancers + accelerator('there'), []],
  [
    'an accelerator with both sides in one region',
    balancers + accelerator('here'),
    ['topology-mismatch: "here" is in ap-southeast-2, and the recovery side of "gates" in ap-southeast-4'],
  ],
  [
    'a replica of files that are not declared',
    files('documents'),
    ['unknown-component: There is no component "documents"'],
  ],
  ['a member that is not declared', one + group('tow'), ['unknown-component: There is no component "tow"']],
  [
    'a cluster in a group that is none',
    cluster('two', 'ap-southeast-4', '\n    globalCluster: cache-recovery'),
    [expect.stringContaining('topology-mismatch: "cache-recovery" is of type elasticache-replication-group')],
  ],
  [
    'another system that is this one',
    '\n  own: { type: lifeboat-system, region: ap-southeast-4, system: liquid-abt }',
    ['topology-mismatch: "own" is this system itself, of which one run at a time is possible'],
  ],
  [
    'a state machine of another region',
    '\n  own: { type: state-machine, region: ap-southeast-4, arn: "arn:aws:states:eu-west-1:123456789012:stateMachine:own" }',
    ['topology-mismatch: The ARN of "own" is of eu-west-1, and "region" says ap-southeast-4'],
  ],
  ['a cluster of serverless instances', sized('serverless: { min: 0, max: 64 }'), []],
  [
    'a range whose ends are the wrong way round',
    sized('serverless: { min: 8, max: 4 }'),
    ['topology-mismatch: A range from 8 to 4 ACU is none that Aurora takes'],
  ],
  [
    'a range and a class',
    sized('serverless: { min: 1, max: 4 }', 'instanceClass: db.r6g.large'),
    ['topology-mismatch: "one" has a class and a range of ACU'],
  ],
  [
    'a range of an engine that has none',
    sized('serverless: { min: 1, max: 4 }').replace('aurora-postgresql', 'postgres'),
    ['topology-mismatch: Postgres has no serverless instances'],
  ],
  [
    'a restore target that disagrees with its source',
    one + restoreTarget('other'),
    ['restore-source-disagrees: "other" is not what "one" says, which is "one"'],
  ],
  [
    'a replica of what is no Redis server',
    `
  redis:
    type: redis-server
    region: ap-southeast-4
    host: redis.internal
    replicaOf: cache-recovery`,
    [expect.stringContaining('topology-mismatch')],
  ],
])('validate looks at %s', async (_name, components, expected) => {
  expect(await findingsWith(components)).toEqual(expected);
});

test('what a runbook or a function mends has to be of a type whose failure can be played as mended', async () => {
  const runbook = (restores: string) => `
  runbook:
    type: ssm-document
    region: ap-southeast-4
    name: Mend
    restores: [${restores}]`;
  expect(await findingsWith(runbook('app-recovery'))).toEqual([]);
  const [wrong, ...more] = await findingsWith(runbook('database'));
  expect(wrong).toContain('topology-mismatch');
  expect(more).toEqual([]);
  expect((await findingsWith(runbook('app-recovry'))).join()).toContain('unknown-component');
});

test('what replaces a lost instance has another id, so that no runbook can mend what is named by ids', async () => {
  const lost = (which: string) => `
  server: { type: ec2-instances, region: ap-southeast-4, ${which} }
  runbook: { type: ssm-document, region: ap-southeast-4, name: Mend, restores: [server] }`;
  const scenario = `
  server-lost:
    title: The server is gone
    severity: critical
    disaster: { type: loss, components: [server] }
    manualOnly: true
    modes: [recover, dry-run]
    rpo: 4h
    tiers: []
    audiences: [engineering]
    phases:
      - id: mend
        title: Mend
        stage: execute
        steps: [{ id: run-mend, do: ssm.automation, with: { document: runbook } }]`;
  const withScenario = (which: string) => findingsWith(lost(which), scenario, ['error', 'warning']);
  expect((await withScenario('ids: [i-0a1b2c3d4e5f60718]')).join()).toContain(
    'what "runbook" puts in its place after "server-lost" has another id',
  );
  expect((await withScenario('tag: { key: Role, value: server }')).join()).not.toContain('another id');
});

test('a class of backups with a mistake of its own is not also called missing', async () => {
  const broken = text.replace(
    '    component: database\n    region: ap-southeast-4\n    kmsKey',
    '    region: ap-southeast-4\n    kmsKey',
  );
  expect(broken).not.toBe(text);
  const { findings } = await checkPlan({ text: broken, file: 'plan.yml' });
  const errors = findings.filter(({ severity }) => severity === 'error');
  expect(errors.map(({ rule }) => rule)).toEqual(['missing-key']);
});

test.each(['docdb', 'neptune'])(
  'members of a global cluster of %s are clusters of it, in two regions',
  async family => {
    const member = (id: string, type: string, region: string) =>
      `\n  ${id}: { type: ${type}, region: ${region}, identifier: ${id}, globalCluster: pair }`;
    const pair = `\n  pair: { type: ${family}-global-cluster, region: ap-southeast-4, identifier: pair, primary: one, secondary: two }`;
    const of = `${family}-cluster`;
    const near = member('one', of, 'ap-southeast-2');
    expect(await findingsWith(near + member('two', of, 'ap-southeast-4') + pair)).toEqual([]);
    expect(await findingsWith(near + member('two', of, 'ap-southeast-2') + pair)).toEqual([
      'same-region: "one" and "two" are both in ap-southeast-2',
    ]);
    const other = family === 'docdb' ? 'neptune-cluster' : 'docdb-cluster';
    const found = await findingsWith(near + member('two', other, 'ap-southeast-4') + pair);
    expect(found).toContain(
      `topology-mismatch: "two" is of type ${other}, and a component of type ${of} is needed here`,
    );
  },
);
