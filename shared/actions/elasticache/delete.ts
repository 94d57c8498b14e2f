import * as z from 'zod';
import { elasticacheArn } from '../../aws/elasticache-arns.ts';
import { elasticacheDurations } from '../../aws/elasticache-durations.ts';
import { isOfThisRun, readGroup } from '../../aws/elasticache-reader.ts';
import { removeGroup } from '../../aws/elasticache-removal.ts';
import { runTag } from '../../aws/names.ts';
import { elasticacheTarget } from '../../plan/components.ts';
import { defineAction } from '../contract.ts';

/** Removes a cache that an earlier step of the same run made, such as one that was only tried out. */
export const action = defineAction({
  kind: 'elasticache.delete',
  summary: 'Deletes a cache that this run made; nothing else is ever deleted',
  parameters: z.strictObject({
    target: elasticacheTarget,
    group: z.string().describe('Identifier, such as ${steps.<id>.group} of elasticache.create'),
  }),
  components: { target: 'elasticache-target' },
  outputs: { group: 'identifier of what is gone' },
  drill: 'isolated',
  mutates: true,
  typical: elasticacheDurations.delete,
  failureModes: ['The cache was made by somebody else, so it is left alone', 'Clients still use it'],
  permissions: ({ target: { region, identifier } }) => [
    {
      actions: ['elasticache:DescribeReplicationGroups', 'elasticache:ListTagsForResource'],
      resources: [elasticacheArn('replicationgroup', region, `${identifier}-*`)],
    },
    {
      actions: ['elasticache:DeleteReplicationGroup'],
      resources: [elasticacheArn('replicationgroup', region, `${identifier}-*`)],
      conditions: { Null: { [`aws:ResourceTag/${runTag}`]: 'false' } },
    },
    {
      actions: ['elasticache:DeleteReplicationGroup', 'elasticache:CreateSnapshot'],
      resources: [elasticacheArn('snapshot', region, `${identifier}-*`)],
      reason: 'The final snapshot of what this run made',
    },
  ],

  async prepare(context, { target: { region }, group: id }) {
    const group = await readGroup(context.aws, region, id);
    if (group === undefined) {
      const what = `There is no cache ${id} in ${region}, so nothing has to be deleted`;
      return { status: 'already-done', baseline: {}, outputs: { group: id }, evidence: [{ what }] };
    }
    if (await isOfThisRun(context.aws, region, group.ARN ?? '', context.run.id)) {
      return {
        status: 'ready',
        baseline: {},
        evidence: [{ what: `${id} is ${group.Status} and of this run` }],
      };
    }
    const what = `The cache ${id} in ${region} does not carry the tag of this run`;
    const mend = 'Delete it by hand, and only if nothing uses it.';
    return { status: 'refused', reasons: [{ what, mend }], evidence: [] };
  },

  async act(context, { target, group }) {
    await removeGroup(context, target.region, group);
  },

  async observe(context, { target, group }) {
    const seen = await removeGroup(context, target.region, group);
    return seen.status === 'done' ? { ...seen, outputs: { group } } : seen;
  },

  async undo(_context, { group }) {
    const what = `${group} was made by this run and does not come back; a final snapshot may hold its data`;
    return { status: 'done', outputs: {}, evidence: [{ what }] };
  },
});
