import * as z from 'zod';
import { runTag } from '../../aws/names.ts';
import { rdsArn } from '../../aws/rds-arns.ts';
import { rdsDurations } from '../../aws/rds-durations.ts';
import { readInstance } from '../../aws/rds-reader.ts';
import { removeInstance } from '../../aws/rds-removal.ts';
import { isOfRun } from '../../aws/rds-run-tag.ts';
import { rdsNewInstance, rdsRestoreTarget } from '../../plan/components.ts';
import { defineAction } from '../contract.ts';
import { alreadyDone, ready, refuse } from '../outcomes.ts';

const parameters = z.object({
  /** What the run made the instance from. */
  target: z.discriminatedUnion('type', [rdsRestoreTarget, rdsNewInstance]),
  /** Identifier of the instance, an output of the step that made it. */
  instance: z.string(),
});

/**
 * Removes an instance that this run made, and nothing else: it must carry the run's tag, which an instance that was put
 * into service no longer does. Outside a drill a final snapshot is kept.
 */
export const action = defineAction({
  kind: 'rds.delete-instance',
  summary: 'Removes a database that this run made, and nothing else',
  parameters,
  components: { target: ['rds-restore-target', 'rds-new-instance'] },
  outputs: { instance: 'identifier of what is gone' },
  drill: 'isolated',
  mutates: true,
  typical: rdsDurations.delete,
  failureModes: [
    'It carries no tag of this run, so it is left alone',
    'It is being made or changed, and is removed when that has ended',
    'The region has its 100 manual snapshots already, so that no final one can be taken',
  ],
  permissions: ({ target: { region, identifier } }) => {
    const made = rdsArn('db', region, `${identifier}-*`);
    return [
      { actions: ['rds:DescribeDBInstances'], resources: [made] },
      {
        actions: ['rds:ModifyDBInstance', 'rds:DeleteDBInstance'],
        resources: [made],
        conditions: { Null: { [`aws:ResourceTag/${runTag}`]: 'false' } },
      },
      {
        actions: ['rds:CreateDBSnapshot'],
        resources: [made, rdsArn('snapshot', region, `${identifier}-*`)],
        reason: 'The final snapshot',
      },
    ];
  },

  async prepare(context, { target: { region }, instance: identifier }) {
    const instance = await readInstance(context.aws, region, identifier);
    if (instance === undefined) {
      return alreadyDone({}, { instance: identifier }, `${identifier} does not exist in ${region}`);
    }
    if (!isOfRun(instance, context.run.id)) {
      return refuse(
        `${identifier} in ${region} does not carry the tag of this run, so it is not deleted`,
        'Find out who made it, and whether it was put into service. Delete it by hand only if nothing uses it.',
      );
    }
    return ready({}, `${identifier} in ${region} was made by this run and is ${instance.DBInstanceStatus}`);
  },

  async act(context, { target: { region }, instance }) {
    await removeInstance(context, region, instance);
  },

  async observe(context, { target: { region }, instance }) {
    const seen = await removeInstance(context, region, instance);
    return seen.status === 'done' ? { ...seen, outputs: { instance } } : seen;
  },
});
