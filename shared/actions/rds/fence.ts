import * as z from 'zod';
import { isNamed, isUnreachable } from '../../aws/aws-errors.ts';
import { rdsArn } from '../../aws/rds-arns.ts';
import { rdsDurations } from '../../aws/rds-durations.ts';
import {
  type Fenced as Database,
  fenceCalls,
  look,
  type Seen,
  start,
  stop,
  wrongState,
} from '../../aws/rds-fence-target.ts';
import { rdsCluster, rdsInstance } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Observation, type Reason } from '../contract.ts';
import { unfencedWriter } from '../risks.ts';

const parameters = z.object({
  database: z.discriminatedUnion('type', [rdsInstance, rdsCluster]),
  /** Risks that a named person accepted, from the approval step; `unfenced-writer` is the one that matters here. */
  acceptedRisks: z.array(z.string()).default([]),
});
const baselineSchema = z.object({ status: z.string() });

/** How often one observation asks before it believes that nothing answers. */
const tries = 3;
/** A region that answered a moment ago gets this long to answer again. */
const patienceSeconds = 60;

/**
 * Makes sure that the old writer can't write any more, so that there are never two. "Unreachable" is not "fenced": a
 * region that nobody reaches may still serve its own users, and come back at any time. A writer that is seen to run
 * never passes, whatever was accepted.
 */
export const action = defineAction({
  kind: 'rds.fence',
  summary: 'Stops the old writer, or says that nobody can prove that it is down',
  parameters,
  components: { database: ['rds-instance', 'rds-cluster'] },
  outputs: {
    verdict: 'fenced, or not-provable with the risk accepted',
    proof: 'what the verdict rests on, as a sentence',
  },
  // Stopping production is not for a drill.
  drill: 'prepare-only',
  mutates: true,
  traits: ['expects-silence'],
  typical: rdsDurations.stop,
  failureModes: [
    'The region does not answer, so nothing can be proved',
    'The instance has read replicas or is one, so RDS refuses to stop it',
    'The cluster belongs to a global database, or is a Multi-AZ DB cluster, so RDS refuses to stop it',
    'RDS starts a stopped instance or cluster by itself after seven days',
  ],
  permissions: ({ database: { type, region, identifier } }) => [
    type === 'rds-cluster'
      ? {
          actions: ['rds:DescribeDBClusters', 'rds:StopDBCluster', 'rds:StartDBCluster'],
          resources: [rdsArn('cluster', region, identifier)],
        }
      : {
          actions: ['rds:DescribeDBInstances', 'rds:StopDBInstance', 'rds:StartDBInstance'],
          resources: [rdsArn('db', region, identifier)],
        },
  ],

  async prepare(context, { database }) {
    const seen = await look(context, database);
    if (seen === 'unreachable') {
      return {
        status: 'ready',
        baseline: { status: 'unreachable' },
        evidence: [{ what: `RDS in ${database.region} does not answer; the stop is tried nevertheless` }],
      };
    }
    if (seen === 'missing') {
      return { status: 'refused', reasons: [missing(database)], evidence: [] };
    }
    const baseline = { status: seen.status };
    if (seen.never && seen.status !== 'stopped') {
      return { status: 'refused', reasons: [seen.never], evidence: [] };
    }
    if (seen.status === 'stopped') {
      const outputs = { verdict: 'fenced', proof: proofOf(database, seen) };
      return { status: 'already-done', baseline, outputs, evidence: [{ what: outputs.proof }] };
    }
    return {
      status: 'ready',
      baseline,
      evidence: [{ what: `${database.identifier} in ${database.region} is ${seen.status}` }],
    };
  },

  async act(context, { database }, baseline) {
    const { region, identifier } = database;
    const before = baselineSchema.parse(baseline);
    await context.changed({
      call: fenceCalls[database.type].stop,
      region,
      resource: identifier,
      what: 'Asked to stop, so that there are not two writers; it may not have been heard',
    });
    try {
      await stop(context, database);
    } catch (error) {
      // Already stopping, or not stoppable: observe looks and gives the verdict.
      if (isNamed(error, ...wrongState)) return;
      if (!isUnreachable(error)) throw error;
      // A region that answers had one bad moment: the request is made again. In one that is silent nobody heard it.
      if (before.status !== 'unreachable' && (await look(context, database)) !== 'unreachable') throw error;
    }
  },

  async observe(context, { database, acceptedRisks }, baseline) {
    const before = baselineSchema.parse(baseline);
    const seen = await lookRepeatedly(context, database);
    if (seen === 'missing') return { status: 'failed', reasons: [missing(database)], evidence: [] };
    if (seen === 'unreachable') {
      if (before.status !== 'unreachable' && context.elapsedSeconds < patienceSeconds) {
        return { status: 'pending', note: `RDS in ${database.region} has stopped answering` };
      }
      return notProvable(
        database,
        acceptedRisks,
        `RDS in ${database.region} did not answer ${tries} times in a row`,
      );
    }
    if (seen.status === 'stopped') {
      const proof = proofOf(database, seen);
      return { status: 'done', outputs: { verdict: 'fenced', proof }, evidence: [{ what: proof }] };
    }
    if (seen.status === 'stopping' || context.elapsedSeconds < patienceSeconds) {
      return { status: 'pending', note: `${database.identifier} is ${seen.status}` };
    }
    return { status: 'failed', reasons: [stillRunning(database, seen)], evidence: [] };
  },

  async undo(context, { database }, baseline) {
    const before = baselineSchema.parse(baseline);
    const seen = await look(context, database);
    if (seen === 'unreachable' || seen === 'missing') {
      return { status: 'pending', note: `${database.identifier} can't be reached to be started again` };
    }
    if (before.status === 'stopped' || (seen.status !== 'stopped' && seen.status !== 'stopping')) {
      const note = `${database.identifier} is ${seen.status}`;
      return seen.status === 'starting'
        ? { status: 'pending', note }
        : { status: 'done', outputs: {}, evidence: [{ what: note }] };
    }
    if (seen.status === 'stopping') return { status: 'pending', note: `${database.identifier} is stopping` };
    return startAgain(context, database);
  },
});

async function lookRepeatedly(context: ActionContext, database: Database) {
  let seen = await look(context, database);
  for (let n = 1; n < tries && seen === 'unreachable'; n++) seen = await look(context, database);
  return seen;
}

function notProvable(database: Database, acceptedRisks: readonly string[], proof: string): Observation {
  if (acceptedRisks.includes(unfencedWriter)) {
    const outputs = { verdict: 'not-provable', proof };
    return {
      status: 'done',
      outputs,
      evidence: [
        {
          what: `NOT fenced: ${proof}. The risk "${unfencedWriter}" was accepted, so the run goes on; ${database.identifier} must be stopped by hand before anybody reaches it again`,
          data: outputs,
        },
      ],
    };
  }
  return {
    status: 'failed',
    reasons: [
      {
        what: `${proof}, so nobody can prove that the old writer is down`,
        mend: `Stop ${database.identifier} by hand or cut it off from its users, or have a named person accept the risk "${unfencedWriter}", then retry.`,
      },
    ],
    evidence: [],
  };
}

async function startAgain(context: ActionContext, database: Database): Promise<Observation> {
  const { region, identifier } = database;
  await context.changed({
    call: fenceCalls[database.type].start,
    region,
    resource: identifier,
    what: 'Started again, as it was before the fence',
  });
  try {
    await start(context, database);
  } catch (error) {
    if (!isNamed(error, ...wrongState)) throw error;
  }
  return { status: 'pending', note: `${identifier} is starting` };
}

function proofOf({ identifier, region }: Database, { restartsAt }: Seen): string {
  const limit = restartsAt ? `; RDS starts it again by itself at ${restartsAt}` : '';
  return `RDS in ${region} says that ${identifier} is stopped${limit}`;
}

/** Nobody has accepted this: the accepted risk is a writer that can't be seen, and this one is seen to run. */
function stillRunning({ identifier, region }: Database, { status }: Seen): Reason {
  return {
    what: `${identifier} is still ${status} ${patienceSeconds} s after it was asked to stop; going on would make two writers`,
    mend: `Look at the events of RDS in ${region} for what keeps it from stopping (read replicas do), stop it or cut it off by hand, then retry.`,
  };
}

function missing({ type, identifier, region }: Database): Reason {
  return {
    what: `RDS in ${region} knows no DB ${type === 'rds-cluster' ? 'cluster' : 'instance'} ${identifier}, so the old writer can't be named`,
    mend: "Check the identifier in the plan's component. If the database was renamed, fence it by hand.",
  };
}
