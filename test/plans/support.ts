import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { deploymentOf } from '../../deploy/build.ts';
import { checkPlan } from '../../shared/plan/check.ts';
import { readRehearsed } from '../../shared/plan/rehearsed.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import { isSuccess } from '../../shared/report/verdict.ts';
import { elementsOf } from '../../shared/trace/elements.ts';
import { exercisedBy } from '../../shared/trace/exercised.ts';
import { type Exercise, traceRequirements } from '../../shared/trace/judge.ts';
import { parseRequirements } from '../../shared/trace/requirements.ts';
import { daysUntilAllDue, rehearseCalendar } from '../../simulator/backups/calendar.ts';
import { exerciseBackups } from '../../simulator/exercise-backups.ts';
import { exercise, plannedExercises } from '../../simulator/exercise-plan.ts';
import { rehearse } from '../../simulator/rehearse.ts';
import { allowsAnywhere, statementsOf } from '../deploy/support.ts';
import { type Estimated, estimatesDuring, longestRecovery } from './estimates.ts';
import { iamActionOf } from './iam-actions.ts';

/** Every system that has a plan. */
export const systems: readonly string[] = readdirSync('plans', { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(entry => entry.name)
  .sort();

/** A seed that no plan was written against, and no estimate was made with. */
const seed = 20261127;
/** An estimate that is wrong by more than this share of the run is worse than none. */
const mostWrong = 0.35;

/** A plan is clean, and every scenario of it ends well in every mode that it has. */
export function rehearsesWell(system: string, folder: 'plans' | 'examples' = 'plans'): void {
  const planPath = `${folder}/${system}/plan.yml`;
  describe(`the plan of ${system}`, async () => {
    const { plan, findings } = await checkPlan(planPath);
    /** `<function> <IAM action>` of everything that was asked of AWS in these rehearsals. */
    const asked = new Set<string>();
    const rehearsed = readRehearsed(dirname(planPath));
    const longest = plan && longestRecovery(plan, rehearsed);
    let estimated: Estimated | undefined;
    /** What these rehearsals exercised, which the trace goes by. */
    const exercises: Exercise[] = [];

    test('has no finding that is not waived with a reason', () => {
      const open = findings.filter(finding => finding.waived === undefined);
      expect(open.map(({ line, rule, message }) => `${line}: ${rule}: ${message}`)).toEqual([]);
    });

    test.each(casesOf(plan))('$scenario in mode $mode ends well', async ({ scenario, mode }) => {
      if (!plan) throw new Error('the plan has errors');
      const result = await rehearse({
        plan,
        planDirectory: dirname(planPath),
        planPath,
        scenario,
        mode,
        seed,
        faults: [],
        parameters: {},
        onCall: (call, by) => by !== undefined && asked.add(`${by} ${iamActionOf(call)}`),
      });
      if (!result.ok) throw new Error(result.problems.join('\n'));
      const { report, ledger } = result;
      if (mode === 'recover' && scenario === longest)
        estimated = await estimatesDuring(plan, rehearsed, { report, ledger });
      exercises.push({
        name: `${scenario}/${mode}`,
        outcome: report.outcome,
        elements: exercisedBy(plan, report, ledger),
      });
      expect(report.detail.problems.map(({ title, what }) => `${title}: ${what}`)).toEqual([]);
      expect((report.invariants ?? []).filter(({ held }) => !held)).toEqual([]);
      expect(report.notifications.filter(({ onTime }) => !onTime)).toEqual([]);
      expect({ outcome: report.outcome, rto: report.rto.met, rpo: report.rpo.met }).toMatchObject({
        outcome: 'recovered',
      });
      expect(isSuccess(report)).toBe(true);
    });

    test('asks AWS for nothing that the role of the asking function does not allow', async () => {
      if (!plan) throw new Error('the plan has errors');
      const { functions, resources } = await deploymentOf(plan);
      const refused = [...asked].filter(pair => {
        const [name = '', action = ''] = pair.split(' ');
        const { role } = functions[name] as { role: string };
        return !allowsAnywhere(statementsOf(resources, role), action);
      });
      expect(asked.size).toBeGreaterThan(20);
      expect(refused.sort()).toEqual([]);
    });

    test('carries out everything on its calendar', async () => {
      if (!plan) throw new Error('the plan has errors');
      const days = daysUntilAllDue(plan);
      const calendar = await rehearseCalendar({
        plan,
        planDirectory: dirname(planPath),
        seed,
        days,
        sampled: true,
      });
      expect(calendar.elements.filter(({ failures, runs }) => failures > 0 || runs === 0)).toEqual([]);
      expect(calendar.leftBehind).toEqual([]);
      exercises.push({ name: 'calendar', outcome: 'done', elements: calendar.exercised });
    });

    // An example was made from no document, and has no estimates beside it.
    if (folder === 'examples') return;

    test('says on the way, within a third, when its longest recovery ends, and moves that as steps end', () => {
      expect(estimated?.worst, longest).toBeLessThan(mostWrong);
      expect(estimated?.different).toBeGreaterThan(1);
    });

    // What `lifeboat trace --strict` says, by the rehearsals of the tests above and what is rehearsed beside scenarios.
    test('claims no requirement that no rehearsal carries out', async () => {
      if (!plan) throw new Error('the plan has errors');
      const planDirectory = dirname(planPath);
      for (const planned of plannedExercises(plan).filter(({ name }) => name.startsWith('further/'))) {
        exercises.push(await exercise(plan, planned, { planDirectory, planPath }));
      }
      exercises.push(...(await exerciseBackups(plan, planDirectory)));
      const { rows, problems } = parseRequirements(readFileSync(`${planDirectory}/requirements.md`, 'utf8'));
      const traced = traceRequirements({ requirements: rows, elements: elementsOf(plan), exercises });
      expect(problems).toEqual([]);
      expect(traced.unknown).toEqual([]);
      const open = traced.rows.filter(({ verdict }) => verdict === 'claimed' || verdict === 'uncovered');
      expect(open.map(({ id, verdict, what }) => `${id} ${verdict}: ${what}`)).toEqual([]);
      expect(traced.rows.length).toBeGreaterThan(180);
    });
  });
}

function casesOf(plan: Plan | undefined) {
  return Object.entries(plan?.scenarios ?? {}).flatMap(([scenario, { modes }]) =>
    modes.map(mode => ({ scenario, mode })),
  );
}
