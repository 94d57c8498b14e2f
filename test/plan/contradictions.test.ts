import { expect, it } from 'vitest';
import { checkPlan } from '../../shared/plan/check.ts';
import { fixtureText } from './fixture-text.ts';

/** A plan with one step, and what else of the fixture's text is replaced. */
async function findings(step: string, from: string | RegExp = '', to = '') {
  const text = fixtureText('command-topology', 'clean')
    .replace(/- id: do-it[\s\S]*$/, step)
    .replace(from, to);
  return (await checkPlan({ text, file: 'plan.yml' })).findings;
}
const project = 'components:\n  builds: { type: codebuild-project, region: eu-west-1, name: builds }\n';
const build = (version: string) =>
  findings(
    `- { id: it, do: codebuild.run, with: { project: builds, sourceVersion: "${version}" } }`,
    'components:\n',
    project,
  );

const replica = '- { id: it, do: rds.promote-replica, with: { replica: database, maxLoss: 1h } }';
const failover = '- { id: it, do: rds.failover, with: { database: database } }';
const stop = (more: string) => `- { id: it, do: rds.stop, with: { database: restored${more} } }`;
const post = 'do: http.request, with: { url: "https://api.acme.test/orders", method: POST';

const queues = `components:
  orders: { type: sqs-queue, region: eu-west-1, name: orders, deadLetters: failed }
  failed: { type: sqs-queue, region: eu-west-1, name: orders-failed }
`;
const redrive = (from: string, into: string) =>
  findings(
    `- { id: it, do: sqs.redrive, with: { from: ${from}, into: ${into} } }\n          - { id: then, do: sqs.check-drained, with: { queue: ${into}, atMost: 5 } }`,
    'components:\n',
    queues,
  );
const files = `components:
  one: { type: efs-file-system, region: eu-west-1, fileSystemId: fs-0a1b2c3d }
  two: { type: efs-file-system, region: eu-west-1, fileSystemId: fs-0a1b2c3e, replicaOf: one }
  three: { type: efs-file-system, region: eu-west-1, fileSystemId: fs-0a1b2c3f }
`;
const failFilesOver = (to: string, from: string) =>
  findings(
    `- { id: it, do: efs.fail-over-replication, with: { to: ${to}, from: ${from}, maxLoss: 1h } }`,
    'components:\n',
    files,
  );

const cluster = (id: string, region: string) =>
  `  ${id}: { type: rds-cluster, region: ${region}, identifier: ${id}, engine: aurora-postgresql, database: a, credentials: "secret:a", writeProbe: SELECT 1 }\n`;
const clusters = `components:
${cluster('one', 'eu-central-1')}${cluster('two', 'eu-west-1')}${cluster('three', 'eu-central-1')}
  pair: { type: aurora-global-cluster, region: eu-west-1, identifier: pair, primary: one, secondary: two }
`;
const failClusterOver = (to: string, from: string) =>
  findings(
    `- { id: it, do: rds.failover-global-cluster, with: { global: pair, to: ${to}, from: ${from}, maxLoss: 1h } }`,
    'components:\n',
    clusters,
  );

const caches = `components:
  sessions: { type: redis-server, region: eu-central-1, host: a.acme.test }
  sessions-standby: { type: redis-server, region: eu-west-1, host: b.acme.test, replicaOf: sessions }
`;
const promoteCache = (more: string) =>
  findings(
    `- { id: it, do: redis.promote, with: { server: sessions-standby${more} } }`,
    'components:\n',
    caches,
  );
const own = (id: string, region: string, more = '') =>
  `  ${id}: { type: postgres-server, region: ${region}, host: ${id}.acme.test, database: a, credentials: "secret:a", writeProbe: SELECT 1${more} }\n`;
const servers = `components:\n${own('here', 'eu-central-1')}${own('there', 'eu-west-1', ', replicaOf: here')}${own('apart', 'eu-central-1')}`;
const promoteServer = (replica: string, oldWriter: string) =>
  findings(
    `- { id: it, do: sql.promote, with: { replica: ${replica}, oldWriter: ${oldWriter}, maxLoss: 1h } }`,
    'components:\n',
    servers,
  );

it.each([
  ['a cache whose primary nobody looks at', () => promoteCache(''), 'still takes writes'],
  ['a server that follows another one', () => promoteServer('there', 'apart'), 'a replica of the other'],
  ['dead letters that are moved the wrong way', () => redrive('orders', 'failed'), 'are not'],
  ['dead letters of another queue', () => redrive('failed', 'failed'), 'are not a dead-letter queue'],
  ['a global cluster that goes nowhere', () => failClusterOver('one', 'one'), 'take over from itself'],
  ['a global cluster and a stranger', () => failClusterOver('two', 'three'), 'three is no member of pair'],
  ['a failover to the replica of another one', () => failFilesOver('two', 'three'), 'no replica of three'],
  [
    'a failover without a standby',
    () => findings(failover, 'multiAz: true', 'multiAz: false'),
    'not Multi-AZ',
  ],
  ['a promotion of no replica', () => findings(replica), 'not said to be a replica'],
  ['a request that changes something', () => findings(`- { id: it, ${post} } }`), 'neither an approval'],
  ['a database without a name of its own', () => findings(stop('')), 'which instance it means'],
  ['a build of a branch', () => build('main'), '"main" is no whole commit'],
  ['a build of a tag', () => build('refs/tags/v1.2.3-that-somebody-moves'), 'is no whole commit'],
])('%s is refused in every run, and validate says so', async (_, found, said) => {
  expect(await found()).toMatchObject([
    { rule: 'refused-in-any-case', severity: 'error', message: expect.stringContaining(said) },
  ]);
});

it.each([
  ['a cache whose primary is looked at', () => promoteCache(', oldPrimary: sessions')],
  ['a server that takes over, and the way back', () => promoteServer('there', 'here')],
  ['the same, back', () => promoteServer('here', 'there')],
  ['dead letters that go back', () => redrive('failed', 'orders')],
  ['a failover of files, and the way back', () => failFilesOver('two', 'one')],
  ['a failover of a global cluster, either way', () => failClusterOver('two', 'one')],
  ['files that go back', () => failFilesOver('one', 'two')],
  ['a failover of a Multi-AZ database', () => findings(failover)],
  ['a request to a sandbox', () => findings(`- { id: it, ${post}, sandbox: true } }`)],
  ['a database that an earlier run has made', () => findings(stop(', instance: shop-dr-20260310-a1b2c3'))],
  ['a build of a commit', () => build('0123456789abcdef0123456789abcdef01234567')],
  ['a build of what an earlier step says', () => build('${regions.recovery}-and-a-version')],
])('%s is not', async (_, found) => {
  expect((await found()).map(({ rule }) => rule)).toEqual([]);
});

it('a standby of one’s own is not promoted by sql.exec, which begins a transaction that it refuses', async () => {
  const step =
    '- { id: it, do: sql.exec, with: { database: there, statements: ["SELECT pg_promote()"], doneWhen: SELECT 1, approvedBy: ben } }';
  const text = fixtureText('command-topology', 'clean').replace(/- id: do-it[\s\S]*$/, step);
  const onlyOwn = text.replace(/components:\n[\s\S]*?(?=\n\w)/, servers.trimEnd());
  const { findings: found } = await checkPlan({ text: onlyOwn, file: 'plan.yml' });
  expect(found.map(({ rule, mend }) => `${rule}: ${mend}`)).toContainEqual(
    expect.stringMatching(/^command-topology: Use sql\.promote/),
  );
});
