import { setTimeout as wait } from 'node:timers/promises';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { isNotFound, request } from '../../shared/aws/aws-errors.ts';
import { createKubernetes } from '../../shared/aws/kubernetes.ts';
import { shortHash } from '../../shared/aws/names.ts';
import { recordChecks } from '../../shared/backups/check.ts';
import type { CheckResult } from '../../shared/backups/judge.ts';
import { readKnown } from '../../shared/backups/known.ts';
import type { Verification } from '../../shared/backups/verify/record.ts';
import { listVerifications } from '../../shared/backups/verify/state.ts';
import { lambdaFunctionName } from '../../shared/deployment.ts';
import { LifeboatError } from '../../shared/errors.ts';
import { createMemoryRecordStore } from '../../shared/incident/memory-record-store.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { deployedRuntime } from '../deployed.ts';
import type { Io } from '../io.ts';

/** Where an operation runs: a simulated AWS with the plan's backups in it, or the real one. */
export type BackupsPlace = {
  runtime: Runtime;
  /** Starts the machine that proves these and waits for its end. */
  prove(backups: string[], point: string | undefined, by: string): Promise<Verification[]>;
  /** Puts a check into the records, if there are any. */
  recordCheck?(results: readonly CheckResult[]): Promise<void>;
};

/** How often it is looked what has become of a proof. */
const lookEverySeconds = 10;

/**
 * The account of the shell. A check can be made before anything is deployed: then there are no sizes of earlier ones.
 * Everything else is recorded, and is not begun where it can't be: undefined, and why on `io`.
 */
export async function livePlace(
  plan: Plan,
  { operation, by }: { operation: string; by?: string },
  io: Io,
): Promise<BackupsPlace | undefined> {
  const deployed = await deployedRuntime(plan);
  const runtime = { ...deployed, kubernetes: createKubernetes(deployed) };
  const prove: BackupsPlace['prove'] = (backups, point, by) => proveLive(runtime, backups, point, by, io);
  const table = `there is no table ${runtime.settings.tableName}`;
  const missing = `${plan.system.id} is not deployed in ${plan.regions.recovery}: ${table}`;
  try {
    await readKnown(runtime);
  } catch (error) {
    if (!isNotFound(error, 'ResourceNotFoundException')) throw error;
    if (operation !== 'check') {
      io.err(`${missing}, so nothing could be recorded. Deploy the plan first.\n`);
      return undefined;
    }
    io.err(`${missing}. Nothing is recorded, and sizes can't be compared with those of earlier checks.\n`);
    return { runtime: { ...runtime, store: createMemoryRecordStore() }, prove };
  }
  // The others only read, or have the functions record it.
  const records = operation === 'create' || (operation === 'check' && by !== undefined);
  const reportBucket = records ? await findReportBucket(runtime, io) : undefined;
  const recording = { ...runtime, settings: { ...runtime.settings, ...(reportBucket && { reportBucket }) } };
  return {
    runtime: recording,
    prove,
    async recordCheck(results) {
      if (by === undefined) {
        io.err('Not recorded: with --by NAME it goes into the evidence and on the coverage page.\n');
        return;
      }
      await recordChecks(recording, results, by, `by-hand/${runtime.clock.now().toISOString()}`);
    },
  };
}

/** CloudFormation gave the bucket its name; a function of the deployment knows it. */
async function findReportBucket({ aws, plan }: Runtime, io: Io): Promise<string | undefined> {
  const region = plan.regions.recovery;
  const FunctionName = lambdaFunctionName(plan.system.id, 'backups');
  try {
    const reply = await request({ call: 'lambda.GetFunctionConfiguration', region }, () =>
      aws.client(LambdaClient, region).send(new GetFunctionConfigurationCommand({ FunctionName })),
    );
    return reply.Environment?.Variables?.LIFEBOAT_REPORT_BUCKET;
  } catch (error) {
    if (!(error instanceof LifeboatError)) throw error;
    io.err(`What is recorded now is in the table and not in the bucket of reports: ${error.message}\n`);
    return undefined;
  }
}

async function proveLive(
  runtime: Runtime,
  backups: string[],
  point: string | undefined,
  by: string,
  io: Io,
): Promise<Verification[]> {
  const region = runtime.plan.regions.recovery;
  const states = runtime.aws.client(SFNClient, region);
  const fleet = `by-hand-${shortHash(`${by}/${runtime.clock.now().toISOString()}`, 8)}`;
  const input = JSON.stringify({ backups, by, point: point ?? '', fleet });
  const stateMachineArn = runtime.settings.verifyMachineArns?.fleet;
  const { executionArn } = await request({ call: 'states.StartExecution', region }, () =>
    states.send(new StartExecutionCommand({ stateMachineArn, name: fleet, input })),
  );
  io.err(
    `Started ${fleet}. It restores, asks and removes again, and goes on when this command is stopped;\n` +
      '`lifeboat backups PLAN coverage --live` shows what came of it.\n',
  );
  const told = new Map<string, string>();
  for (;;) {
    await wait(lookEverySeconds * 1000);
    const { status } = await request({ call: 'states.DescribeExecution', region }, () =>
      states.send(new DescribeExecutionCommand({ executionArn })),
    );
    const proofs = (await listVerifications(runtime)).filter(one => one.by.startsWith(`fleet ${fleet},`));
    for (const { id, backup, of, outcome, waitsFor = 'has begun' } of status === 'RUNNING' ? proofs : []) {
      const news = outcome === 'under-way' ? waitsFor : outcome;
      if (told.get(id) === news) continue;
      told.set(id, news);
      io.err(`  ${of ? `${backup} (${of})` : backup}: ${news}\n`);
    }
    if (status === 'RUNNING') continue;
    const unsaid =
      proofs.length === 0 ? ' before anything was restored; see the log of the verify function' : '';
    io.err(`${fleet} ended: ${status}${unsaid}.\n`);
    return proofs;
  }
}
