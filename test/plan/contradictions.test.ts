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

it.each([
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
  ['a failover of a Multi-AZ database', () => findings(failover)],
  ['a request to a sandbox', () => findings(`- { id: it, ${post}, sandbox: true } }`)],
  ['a database that an earlier run has made', () => findings(stop(', instance: shop-dr-20260310-a1b2c3'))],
  ['a build of a commit', () => build('0123456789abcdef0123456789abcdef01234567')],
  ['a build of what an earlier step says', () => build('${regions.recovery}-and-a-version')],
])('%s is not', async (_, found) => {
  expect((await found()).map(({ rule }) => rule)).toEqual([]);
});
