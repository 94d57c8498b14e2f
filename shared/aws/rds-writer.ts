import type { DBInstance } from '@aws-sdk/client-rds';
import type { ActionContext, Reason } from '../actions/contract.ts';
import { fail, type NotYet, pending } from '../actions/outcomes.ts';
import type { ComponentOf } from '../plan/components.ts';
import { waitUnlessLasting } from './rds-connection.ts';
import { engineReason } from './rds-engine.ts';
import { readInstance } from './rds-reader.ts';
import { meaningOfStatus } from './rds-status.ts';
import { type ProbedDatabase, probeWriter } from './rds-write-probe.ts';

/** A component that one DB instance is, or is made from. */
export type RdsDatabase =
  | ComponentOf<'rds-instance'>
  | ComponentOf<'rds-restore-target'>
  | ComponentOf<'rds-new-instance'>;

/** A DB instance identifier has at most 63 characters (CreateDBInstance). */
export const identifierLength = 63;
/** How long a read may lag behind the request that made an instance or a snapshot. */
export const visibleAfterSeconds = 300;

/** An instance that is available, with its endpoint. */
export type Available = { status: 'available'; instance: DBInstance; host: string; port: number };

/** Looks whether an instance is available; what is missing is pending, what needs a person is failed. */
export async function lookForInstance(
  context: ActionContext,
  database: { region: string; port: number; engine?: string | undefined },
  identifier: string,
): Promise<Available | NotYet> {
  const { region } = database;
  const instance = await readInstance(context.aws, region, identifier);
  if (instance === undefined) {
    if (context.elapsedSeconds < visibleAfterSeconds) return pending(`${identifier} is not visible yet`);
    return fail(
      `RDS does not know ${identifier} in ${region}`,
      'Look at the events of RDS and CloudTrail in that region for the reason, then retry the step.',
    );
  }
  const engine = 'engine' in database && engineReason({ ...database, identifier }, instance.Engine);
  if (engine) return { status: 'failed', reasons: [engine], evidence: [] };
  const meaning = meaningOfStatus(instance.DBInstanceStatus, identifier);
  if (meaning.kind === 'stuck') return { status: 'failed', reasons: [meaning.reason], evidence: [] };
  if (meaning.kind === 'moving') {
    const progress = instance.PercentProgress ? `, ${instance.PercentProgress} %` : '';
    return pending(`${identifier} is ${meaning.status}${progress}`);
  }
  const host = instance.Endpoint?.Address;
  if (host === undefined) return pending(`${identifier} has no endpoint yet`);
  return { status: 'available', instance, host, port: instance.Endpoint?.Port ?? database.port };
}

/** The same for a writer: a write has to succeed at its endpoint. */
export async function lookForWriter(
  context: ActionContext,
  database: ProbedDatabase & { port: number },
  identifier: string,
): Promise<Available | NotYet> {
  const seen = await lookForInstance(context, database, identifier);
  if (seen.status !== 'available') return seen;
  const probe = await probeWriter(context, database, seen);
  return probe.ok ? seen : waitUnlessLasting(`${identifier} is available`, probe);
}

/** The identifier that a step means: the component's own, or for what a run makes the one that is given. */
export function identifierOf(
  database: Pick<RdsDatabase, 'type' | 'identifier' | 'id'>,
  instance: string | undefined,
): string | undefined {
  if (instance !== undefined) return instance;
  return database.type === 'rds-instance' ? database.identifier : undefined;
}

export function whichInstance(id: string): Reason {
  return {
    what: `The step does not say which instance it means: "${id}" is what a run makes one from`,
    mend: 'Write the output of the step that makes it under instance, such as ${steps.<id>.instance}.',
  };
}

/** The same before anything runs: what a run makes has no name without the output of the step that makes it. */
export function unnamedInstance({
  database,
  instance,
}: {
  database: Pick<RdsDatabase, 'type' | 'identifier' | 'id'>;
  instance?: string | undefined;
}): Reason[] {
  return identifierOf(database, instance) === undefined ? [whichInstance(database.id)] : [];
}

export function noInstance(identifier: string, region: string): Reason {
  return {
    what: `There is no DB instance ${identifier} in ${region}`,
    mend: "Check the identifier and the region in the plan's component, or the step that was to make it.",
  };
}
