import { RDSClient, StartDBInstanceCommand, StopDBInstanceCommand } from '@aws-sdk/client-rds';
import type { ActionContext, Change, Observation } from '../actions/contract.ts';
import { fail, finish, pending } from '../actions/outcomes.ts';
import { isNamed, request } from './aws-errors.ts';
import { readInstance } from './rds-reader.ts';

type Place = { region: string; identifier: string };

/** Records a change and asks for it; an instance that is busy, or there already, is looked at again later. */
export async function askUnlessBusy(
  context: ActionContext,
  change: Change,
  send: () => Promise<unknown>,
): Promise<void> {
  await context.changed(change);
  try {
    await request(change, send);
  } catch (error) {
    if (!isNamed(error, 'InvalidDBInstanceStateFault')) throw error;
  }
}

/** Stops an instance that was stopped before; called until it is. */
export async function stopAgain(context: ActionContext, { region, identifier }: Place): Promise<Observation> {
  const status = (await readInstance(context.aws, region, identifier))?.DBInstanceStatus;
  if (status === undefined) return finish(`${identifier} does not exist in ${region}`);
  if (status === 'stopped') return finish(`${identifier} is stopped again, as it was before`);
  if (status !== 'available') return pending(`${identifier} is ${status}`);
  const change = {
    call: 'rds.StopDBInstance',
    region,
    resource: identifier,
    what: 'Stopped again, as it was',
  };
  await askUnlessBusy(context, change, () =>
    context.aws
      .client(RDSClient, region)
      .send(new StopDBInstanceCommand({ DBInstanceIdentifier: identifier })),
  );
  return pending(`${identifier} is stopping`);
}

/** Starts an instance that ran before; called until it does. */
export async function startAgain(
  context: ActionContext,
  { region, identifier }: Place,
): Promise<Observation> {
  const status = (await readInstance(context.aws, region, identifier))?.DBInstanceStatus;
  if (status === undefined) {
    return fail(
      `There is no DB instance ${identifier} in ${region}`,
      'Find out who removed it, and restore it.',
    );
  }
  if (status === 'available') return finish(`${identifier} runs again, as it did before`);
  if (status !== 'stopped') return pending(`${identifier} is ${status}`);
  const change = {
    call: 'rds.StartDBInstance',
    region,
    resource: identifier,
    what: 'Started again, as it was',
  };
  await askUnlessBusy(context, change, () =>
    context.aws
      .client(RDSClient, region)
      .send(new StartDBInstanceCommand({ DBInstanceIdentifier: identifier })),
  );
  return pending(`${identifier} is starting`);
}
