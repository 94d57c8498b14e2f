import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { isNotFound, request } from '../../shared/aws/aws-errors.ts';
import { createKubernetes } from '../../shared/aws/kubernetes.ts';
import { shortHash } from '../../shared/aws/names.ts';
import { checkBackups } from '../../shared/backups/check.ts';
import { readCoverage } from '../../shared/backups/coverage.ts';
import type { Made } from '../../shared/backups/create/made.ts';
import { createBackup } from '../../shared/backups/create.ts';
import type { CheckResult } from '../../shared/backups/judge.ts';
import { readKnown } from '../../shared/backups/known.ts';
import type { Verification } from '../../shared/backups/verify/record.ts';
import { listVerifications } from '../../shared/backups/verify/state.ts';
import { createMemoryRecordStore } from '../../shared/incident/memory-record-store.ts';
import { checkPlan } from '../../shared/plan/check.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { onStage } from '../../simulator/backups/stage.ts';
import { checkText, coverageText, verifyText } from '../backups-text.ts';
import { deployedRuntime } from '../deployed.ts';
import type { Io } from '../io.ts';
import { suggest } from '../suggest.ts';
import { printFindings } from './validate.ts';

export const planOperations = ['check', 'create', 'verify', 'coverage'] as const;
type Operation = (typeof planOperations)[number];

export type PlanBackupsArguments = {
  plan: string;
  operation: string;
  classes: string[];
  point?: string;
  by?: string;
  seed?: string;
  faults: string[];
  live: boolean;
  json: boolean;
};

/** Where an operation runs: a simulated AWS with the plan's backups in it, or the real one. */
type Place = {
  runtime: Runtime;
  /** Starts the machine that proves these and waits for its end. */
  prove(backups: string[], point: string | undefined, by: string): Promise<Verification[]>;
};

/**
 * `lifeboat backups PLAN check | create | verify | coverage`: on a simulated AWS by default, with --live on the account
 * of the shell. Exit 0, 1 when a backup is not in order or not proven, 2 for bad input.
 */
export async function planBackups(args: PlanBackupsArguments, io: Io): Promise<number> {
  const { plan, findings } = await checkPlan(args.plan);
  if (!plan) {
    printFindings(
      findings.filter(({ severity }) => severity === 'error'),
      io,
    );
    return 2;
  }
  const problem = problemWith(args, plan);
  if (problem) {
    io.err(`${problem}\n`);
    return 2;
  }
  const backups = args.classes.length > 0 ? args.classes : Object.keys(plan.backups);
  if (backups.length === 0) {
    io.err('The plan has no backups; declare them under "backups".\n');
    return 2;
  }
  const operation = args.operation as Operation;
  if (args.live) {
    const place = await livePlace(plan);
    const found = await deployed(place, operation, io);
    return found ? run(operation, backups, args, io, found) : 2;
  }
  if (!args.json)
    io.err('Against a simulated AWS in which every schedule was kept; --live asks the real one.\n');
  const seed = Number(args.seed ?? 1);
  return onStage({ plan, planDirectory: dirname(args.plan), seed, faults: args.faults }, async stage =>
    run(operation, backups, args, io, {
      runtime: stage.runtime,
      async prove(ids, point, by) {
        const started = stage.engine.startExecution({
          stateMachineArn: stage.runtime.settings.verifyMachineArns?.fleet ?? '',
          name: `verify-${seed}`,
          input: { backups: ids, by, point: point ?? '', fleet: `by-hand-${seed}` },
        });
        await started.result;
        return listVerifications(stage.runtime);
      },
    }),
  );
}

function problemWith(args: PlanBackupsArguments, plan: Plan): string | undefined {
  const known = Object.keys(plan.backups);
  if (!planOperations.some(operation => operation === args.operation)) {
    return `What is to be done with the backups? ${suggest(args.operation, [...planOperations])}`;
  }
  const unknown = args.classes.find(id => !known.includes(id));
  if (unknown !== undefined) return `The plan has no backup "${unknown}". ${suggest(unknown, known)}`;
  if (args.operation === 'create' && args.classes.length === 0)
    return 'Which one is to be made? Give --class.';
  if (args.operation === 'create' && args.live && !args.by)
    return 'lifeboat backups create --live needs --by NAME: who you are goes into the record.';
  const unproven =
    args.operation === 'verify' ? args.classes.find(id => !plan.backups[id]?.verify) : undefined;
  if (unproven !== undefined)
    return `The plan does not say how a restore proves "${unproven}"; give it "verify".`;
  if (args.seed !== undefined && !/^\d+$/.test(args.seed)) return `A seed is a number, not "${args.seed}".`;
  const { point } = args;
  const isPoint =
    point === undefined || point === 'latest' || point === 'random' || !Number.isNaN(Date.parse(point));
  return isPoint
    ? undefined
    : `--point is latest, random or a time such as 2026-03-10T12:00:00Z, not "${point}".`;
}

async function run(
  operation: Operation,
  backups: string[],
  { point, by = 'a person', json }: PlanBackupsArguments,
  io: Io,
  { runtime, prove }: Place,
): Promise<number> {
  const print = (value: object, text: string) =>
    io.out(json ? `${JSON.stringify(value, undefined, 2)}\n` : text);
  switch (operation) {
    case 'check': {
      const results: CheckResult[] = await checkBackups(runtime, backups);
      const ok = results.every(({ status }) => status === 'ok');
      print({ system: runtime.plan.system.id, ok, backups: results.map(withoutSizes) }, checkText(results));
      return ok ? 0 : 1;
    }
    case 'create': {
      const dueAt = runtime.clock.now().toISOString();
      const made: ({ backup: string } & Made)[] = [];
      for (const backup of backups)
        made.push({ backup, ...(await createBackup(runtime, { backup, dueAt, by })) });
      const text = made
        .map(one => `${one.backup}  ${one.status === 'made' ? `begun: ${one.id}` : `not made: ${one.why}`}\n`)
        .join('');
      print({ system: runtime.plan.system.id, backups: made }, text);
      return 0;
    }
    case 'verify': {
      const verifications = await prove(backups, point, by);
      const ok = verifications.length > 0 && verifications.every(({ outcome }) => outcome === 'proven');
      const none = 'None of these backups says how a restore proves it; give one "verify".\n';
      print(
        { system: runtime.plan.system.id, ok, verifications },
        verifications.length > 0 ? verifyText(verifications) : none,
      );
      return ok ? 0 : 1;
    }
    case 'coverage': {
      const coverage = await readCoverage(runtime);
      print(coverage, coverageText(coverage));
      return coverage.rows.every(({ state }) => state === 'covered') && coverage.evidence.intact ? 0 : 1;
    }
  }
}

const withoutSizes = ({ sizes: _, ...rest }: CheckResult) => rest;

/**
 * A check can be made before anything is deployed: then there are no sizes of earlier ones. Everything else is recorded,
 * and is not begun where it can't be.
 */
async function deployed(place: Place, operation: Operation, io: Io): Promise<Place | undefined> {
  const { plan, settings } = place.runtime;
  try {
    await readKnown(place.runtime);
    return place;
  } catch (error) {
    if (!isNotFound(error, 'ResourceNotFoundException')) throw error;
  }
  const missing = `${plan.system.id} is not deployed in ${plan.regions.recovery}: there is no table ${settings.tableName}`;
  if (operation !== 'check') {
    io.err(`${missing}, so nothing could be recorded. Deploy the plan first.\n`);
    return undefined;
  }
  io.err(`${missing}. Sizes can't be compared with those of earlier checks.\n`);
  return { ...place, runtime: { ...place.runtime, store: createMemoryRecordStore() } };
}

/** How often the end of a live verification is looked for. */
const lookEverySeconds = 30;

async function livePlace(plan: Plan): Promise<Place> {
  const deployed = await deployedRuntime(plan);
  const runtime = { ...deployed, kubernetes: createKubernetes(deployed) };
  const region = plan.regions.recovery;
  return {
    runtime,
    async prove(backups, point, by) {
      const now = runtime.clock.now().toISOString();
      const fleet = `by-hand-${shortHash(`${by}/${now}`, 8)}`;
      const states = runtime.aws.client(SFNClient, region);
      const input = JSON.stringify({ backups, by, point: point ?? '', fleet });
      const { executionArn } = await request({ call: 'states.StartExecution', region }, () =>
        states.send(
          new StartExecutionCommand({
            stateMachineArn: runtime.settings.verifyMachineArns?.fleet,
            name: fleet,
            input,
          }),
        ),
      );
      for (;;) {
        await wait(lookEverySeconds * 1000);
        const { status } = await request({ call: 'states.DescribeExecution', region }, () =>
          states.send(new DescribeExecutionCommand({ executionArn })),
        );
        if (status !== 'RUNNING') break;
      }
      return (await listVerifications(runtime)).filter(one => one.by.startsWith(`fleet ${fleet},`));
    },
  };
}
