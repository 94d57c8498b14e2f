import * as z from 'zod';
import { cloudfrontDistribution } from '../../plan/components.ts';
import {
  defaultBehavior,
  distributionArn,
  missingDistribution,
  originsOf,
  readDistribution,
  type Targets,
  targetsOf,
  updateTargets,
} from '../../traffic/distributions.ts';
import { whyUnanswered } from '../../traffic/unanswered.ts';
import { type ActionContext, defineAction, type Observation, type Preparation } from '../contract.ts';
import { alreadyDone, fail, finish, pending, ready, refuse } from '../outcomes.ts';

const parameters = z.strictObject({
  distribution: cloudfrontDistribution,
  to: z.enum(['primary', 'recovery']).meta({ description: 'The side whose origin serves users afterwards' }),
  url: z
    .string()
    .regex(/^https?:\/\//, 'an http or https URL')
    .optional()
    .meta({
      description: 'Address that has to answer 200 through the distribution before it counts as done',
    }),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({ before: z.record(z.string(), z.string()) });

/** The default behaviour leads to the wanted origin, and so does every other that led to the one of the other side. */
function wantedTargets({ distribution, to }: Parameters, now: Targets): Targets {
  const other = distribution[to === 'primary' ? 'recovery' : 'primary'].id;
  const wanted = distribution[to].id;
  return Object.fromEntries(
    Object.entries(now).map(([path, target]) => [
      path,
      path === defaultBehavior || target === other ? wanted : target,
    ]),
  );
}

const same = (one: Targets, other: Targets) =>
  Object.entries(one).every(([path, target]) => other[path] === target);

/** Such as `* to ireland, /tickets/* to ireland`. */
const written = (targets: Targets) =>
  Object.entries(targets)
    .map(([path, target]) => `${path} to ${target}`)
    .join(', ');

async function prepare(context: ActionContext, given: Parameters): Promise<Preparation> {
  const { distribution, to } = given;
  const found = await readDistribution(context.aws, distribution);
  if (!found) return { status: 'refused', reasons: [missingDistribution(distribution)], evidence: [] };
  const { DistributionConfig: config, Status } = found;
  const { origins, groups } = originsOf(config);
  const wanted = distribution[to].id;
  if (!origins.includes(wanted)) {
    return refuse(
      `The distribution ${distribution.distributionId} has no origin ${wanted}; it has ${origins.join(', ')}.`,
      `Add it ahead of time, or correct "${to}" of "${distribution.id}" in the plan.`,
    );
  }
  if (!config?.Enabled) {
    return refuse(
      `The distribution ${distribution.distributionId} is disabled: it serves nobody.`,
      'Enable it in the console, or move the name that leads to it; then retry or skip the step.',
    );
  }
  const before = targetsOf(config);
  if (groups.includes(before[defaultBehavior] ?? '')) {
    return refuse(
      `The default behaviour leads to the origin group ${before[defaultBehavior]}, which changes over by itself.`,
      'Leave this step out: for GET and HEAD nothing has to be done. Give other methods a behaviour of their own.',
    );
  }
  const what = `${distribution.distributionId}: ${written(before)} (${Status}).`;
  const done = same(wantedTargets(given, before), before) && Status === 'Deployed';
  return done && !(await whyUnanswered(context, given.url, distribution.domainName))
    ? alreadyDone({ before }, { origin: wanted }, what)
    : ready({ before }, what, { before });
}

/** Asks for what is not so yet; undefined once it is so everywhere. */
async function bring(
  context: ActionContext,
  { distribution }: Parameters,
  wantedOf: (now: Targets) => Targets,
): Promise<string | undefined> {
  const found = await readDistribution(context.aws, distribution);
  const now = targetsOf(found?.DistributionConfig);
  const wanted = wantedOf(now);
  if (found && !same(wanted, now)) {
    const what = `Pointed ${distribution.distributionId} from ${written(now)} to ${written(wanted)}.`;
    await updateTargets(context, distribution, wanted, what);
    return 'The change was asked for.';
  }
  return found?.Status === 'Deployed' ? undefined : `The distribution is ${found?.Status ?? 'gone'}.`;
}

async function observe(context: ActionContext, given: Parameters): Promise<Observation> {
  const { distribution, to } = given;
  if (!(await readDistribution(context.aws, distribution))) {
    const { what, mend } = missingDistribution(distribution);
    return fail(what, mend);
  }
  const note =
    (await bring(context, given, now => wantedTargets(given, now))) ??
    (await whyUnanswered(context, given.url, distribution.domainName));
  if (note) return pending(note);
  const { id, host } = distribution[to];
  const asked = given.url ? `; ${given.url} answers through it` : '';
  return finish(`${distribution.distributionId} serves from ${id} (${host}) everywhere${asked}.`, {
    origin: id,
  });
}

/** Behaviours that lead where this step pointed them go back; one that somebody has changed since then stays. */
async function undo(context: ActionContext, given: Parameters, stored: unknown): Promise<Observation> {
  const { before } = baselineSchema.parse(stored);
  const own = given.distribution[given.to].id;
  const note = await bring(context, given, now =>
    Object.fromEntries(
      Object.entries(now).map(([path, target]) => [path, target === own ? (before[path] ?? target) : target]),
    ),
  );
  return note ? pending(note) : finish(`As before: ${written(before)}.`);
}

/**
 * Lets a distribution serve from the origin of the other region. An origin group of both origins is better: it changes
 * over by itself, without the control plane in us-east-1, though for GET and HEAD only. What edges keep stays there for
 * its TTL; cloudfront.invalidate takes it away.
 */
export const action = defineAction({
  kind: 'cloudfront.switch-origin',
  summary: 'Lets a CloudFront distribution serve from the origin of the other region',
  parameters,
  components: { distribution: 'cloudfront-distribution' },
  outputs: { origin: 'Id of the origin that serves' },
  drill: 'prepare-only',
  mutates: true,
  traits: ['moves-users'],
  typical: {
    minSeconds: 60,
    likelySeconds: 240,
    maxSeconds: 900,
    source:
      'Experience: a changed distribution is Deployed after some minutes; to be replaced by measurement',
  },
  failureModes: [
    'The control plane (us-east-1) is down, and distributions can not be changed',
    'The other origin does not let CloudFront in: its bucket policy or security group names the first one only',
    'Edges serve what they keep of the old origin until its TTL ends',
    'Terraform or CloudFormation puts the old origin back at the next deployment',
  ],
  contradictions: ({ distribution: { id, primary, recovery } }) =>
    primary.id === recovery.id
      ? [
          {
            what: `Both sides of ${id} are the origin ${primary.id}, so there is nothing to switch`,
            mend: 'Name the two origins of the distribution by their ids.',
          },
        ]
      : [],
  permissions: ({ distribution }) => [
    {
      actions: [
        'cloudfront:GetDistribution',
        'cloudfront:GetDistributionConfig',
        'cloudfront:UpdateDistribution',
      ],
      resources: [distributionArn(distribution)],
    },
  ],
  prepare,
  async act(context, given) {
    await bring(context, given, now => wantedTargets(given, now));
  },
  observe,
  undo,
});
