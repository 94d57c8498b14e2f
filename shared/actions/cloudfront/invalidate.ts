import { CreateInvalidationCommand, GetInvalidationCommand } from '@aws-sdk/client-cloudfront';
import * as z from 'zod';
import { isNamed, request } from '../../aws/aws-errors.ts';
import { shortHash } from '../../aws/names.ts';
import { cloudfrontDistribution } from '../../plan/components.ts';
import {
  cloudFrontOf,
  cloudFrontRegion,
  distributionArn,
  missingDistribution,
  readDistribution,
} from '../../traffic/distributions.ts';
import { type ActionContext, defineAction } from '../contract.ts';
import { finish, pending, ready } from '../outcomes.ts';

const parameters = z.strictObject({
  distribution: cloudfrontDistribution,
  paths: z
    .array(z.string().regex(/^\/[^\s?#]*$/, 'a path that begins with /, such as /index.html or /tickets/*'))
    .min(1)
    .max(15)
    .meta({ description: 'What is taken out of all edges. A * may stand at the end; each path counts once' }),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({
  /** Fixed in prepare, so that a lost reply asks for the same invalidation and a person's retry for a new one. */
  reference: z.string(),
  id: z.string().optional(),
});

/** CloudFront answers the same reference with the same invalidation (API Reference, CreateInvalidation). */
async function create(context: ActionContext, { distribution, paths }: Parameters, reference: string) {
  const call = { call: 'cloudfront.CreateInvalidation', region: cloudFrontRegion };
  const what = `Took ${paths.join(', ')} out of all edges of ${distribution.distributionId}.`;
  await context.changed({ ...call, resource: distribution.distributionId, what });
  const command = new CreateInvalidationCommand({
    DistributionId: distribution.distributionId,
    InvalidationBatch: { CallerReference: reference, Paths: { Quantity: paths.length, Items: paths } },
  });
  try {
    const { Invalidation } = await request(call, () => cloudFrontOf(context.aws).send(command));
    if (Invalidation?.Id) await context.remember({ id: Invalidation.Id });
  } catch (error) {
    // Others are under way; the next look asks again.
    if (!isNamed(error, 'TooManyInvalidationsInProgress')) throw error;
  }
}

/** Takes what edges keep away from them, such as pages of a region that was left. It can not be taken back. */
export const action = defineAction({
  kind: 'cloudfront.invalidate',
  summary: 'Takes what CloudFront keeps of some paths out of all edges',
  parameters,
  components: { distribution: 'cloudfront-distribution' },
  outputs: { invalidation: 'Id of the invalidation' },
  drill: 'prepare-only',
  mutates: true,
  typical: {
    minSeconds: 10,
    likelySeconds: 60,
    maxSeconds: 900,
    source:
      'Experience: most invalidations are Completed within a minute or two; to be replaced by measurement',
  },
  failureModes: [
    'The control plane (us-east-1) is down',
    'The origin gets every request at once, since no edge has anything any more',
    'Browsers keep what they have until its max-age ends',
    'The origin still has the old files, and edges fetch them again',
  ],
  permissions: ({ distribution }) => [
    {
      actions: ['cloudfront:GetDistribution', 'cloudfront:CreateInvalidation', 'cloudfront:GetInvalidation'],
      resources: [distributionArn(distribution)],
    },
  ],
  async prepare(context, { distribution }) {
    const found = await readDistribution(context.aws, distribution);
    if (!found) return { status: 'refused', reasons: [missingDistribution(distribution)], evidence: [] };
    const { run, step, clock } = context;
    const reference = `${run.id}-${step.id}-${shortHash(clock.now().toISOString(), 12)}`;
    return ready({ reference }, `${distribution.distributionId} is ${found.Status}.`);
  },
  async act(context, given, stored) {
    const { reference, id } = baselineSchema.parse(stored);
    if (id === undefined) await create(context, given, reference);
  },
  async observe(context, given, stored) {
    const { reference, id } = baselineSchema.parse(stored);
    const { distributionId } = given.distribution;
    if (id === undefined) {
      await create(context, given, reference);
      return pending(`CloudFront works on other invalidations of ${distributionId}; it was asked again.`);
    }
    const { Invalidation } = await request(
      { call: 'cloudfront.GetInvalidation', region: cloudFrontRegion },
      () =>
        cloudFrontOf(context.aws).send(
          new GetInvalidationCommand({ DistributionId: distributionId, Id: id }),
        ),
    );
    if (Invalidation?.Status !== 'Completed')
      return pending(`The invalidation ${id} is ${Invalidation?.Status}.`);
    const what = `No edge of ${distributionId} keeps ${given.paths.join(', ')} from before any more.`;
    return finish(what, { invalidation: id });
  },
});
