import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { request } from '../aws/aws-errors.ts';
import type { LedgerEntry } from '../incident/entries.ts';
import { readLedger } from '../incident/ledger.ts';
import type { Run } from '../runbook/contract.ts';
import type { Runtime } from '../runtime.ts';

/**
 * Has the report of a run that has ended written anew, with what came after it. The report function does it: the
 * decision page, which everybody can call, may only ask. Answers whether it was asked. Never throws: what was recorded
 * stands in the ledger, and the next report has it.
 */
export async function askForReport(runtime: Runtime, run: Run): Promise<boolean> {
  const { settings, plan, store } = runtime;
  const { reportFunctionArn } = settings;
  if (!reportFunctionArn) return false;
  try {
    const ledger = await readLedger(store, run.incidentId);
    // A run that goes on writes its report itself when it ends.
    if (!hasEnded(ledger, run)) return false;
    const region = plan.regions.recovery;
    await request({ call: 'lambda.Invoke', region }, () =>
      runtime.aws.client(LambdaClient, region).send(
        new InvokeCommand({
          FunctionName: reportFunctionArn,
          InvocationType: 'Event',
          Payload: new TextEncoder().encode(JSON.stringify({ run })),
        }),
      ),
    );
    return true;
  } catch (error) {
    runtime.log('error', 'The report could not be written anew', { run: run.id, error: String(error) });
    return false;
  }
}

export function hasEnded(ledger: readonly LedgerEntry[], { id }: Pick<Run, 'id'>): boolean {
  return ledger.some(({ entry }) => entry.type === 'run-ended' && entry.run === id);
}
