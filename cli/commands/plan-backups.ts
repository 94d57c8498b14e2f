import { dirname } from 'node:path';
import { checkBackups } from '../../shared/backups/check.ts';
import { readCoverage } from '../../shared/backups/coverage.ts';
import type { Made } from '../../shared/backups/create/made.ts';
import { createBackup } from '../../shared/backups/create.ts';
import type { CheckResult } from '../../shared/backups/judge.ts';
import { listVerifications } from '../../shared/backups/verify/state.ts';
import { checkPlan } from '../../shared/plan/check.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import { onStage } from '../../simulator/backups/stage.ts';
import { checkText, coverageText, verifyText } from '../backups-text.ts';
import type { Io } from '../io.ts';
import { suggest } from '../suggest.ts';
import { type BackupsPlace, livePlace } from './live-backups.ts';
import { printFindings } from './validate.ts';

const planOperations = ['check', 'create', 'verify', 'coverage'] as const;
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
    const place = await livePlace(plan, args, io);
    return place ? run(operation, backups, args, io, place) : 2;
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
  if ((args.operation === 'create' || args.operation === 'verify') && args.live && !args.by)
    return `lifeboat backups ${args.operation} --live needs --by NAME: who you are goes into the record.`;
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
  { point, by, json }: PlanBackupsArguments,
  io: Io,
  { runtime, prove, recordCheck }: BackupsPlace,
): Promise<number> {
  const print = (value: object, text: string) =>
    io.out(json ? `${JSON.stringify(value, undefined, 2)}\n` : text);
  switch (operation) {
    case 'check': {
      const results: CheckResult[] = await checkBackups(runtime, backups);
      const ok = results.every(({ status }) => status === 'ok');
      await recordCheck?.(results);
      print({ system: runtime.plan.system.id, ok, backups: results.map(withoutSizes) }, checkText(results));
      return ok ? 0 : 1;
    }
    case 'create': {
      const dueAt = runtime.clock.now().toISOString();
      const made: ({ backup: string } & Made)[] = [];
      for (const backup of backups)
        made.push({ backup, ...(await createBackup(runtime, { backup, dueAt, by: by ?? someone })) });
      const text = made
        .map(one => `${one.backup}  ${one.status === 'made' ? `begun: ${one.id}` : `not made: ${one.why}`}\n`)
        .join('');
      print({ system: runtime.plan.system.id, backups: made }, text);
      return 0;
    }
    case 'verify': {
      const verifications = await prove(backups, point, by ?? someone);
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

/** Who it is put down to where nobody has to say. */
const someone = 'a person';

const withoutSizes = ({ sizes: _, ...rest }: CheckResult) => rest;
