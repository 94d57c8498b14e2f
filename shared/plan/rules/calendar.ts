import { didYouMean, type Problem } from '../finding.ts';
import type { CheckContext } from '../lint-rule.ts';
import { nearest } from '../nearest.ts';
import type { CalendarEntry } from '../schema.ts';
import type { PropertyKeyPath } from '../schema-walk.ts';
import { unknownBackup } from './backups.ts';
import { unknownId } from './references.ts';

/** What the calendar names has to exist. */
export function checkCalendar(context: CheckContext): Problem[] {
  return Object.entries(context.plan.calendar).flatMap(([id, entry]) => checkEntry(context, id, entry));
}

function checkEntry(context: CheckContext, id: string, { does }: CalendarEntry): Problem[] {
  const { plan } = context;
  const path = ['calendar', id, 'does'];
  switch (does.type) {
    case 'task':
      return does.people.flatMap((person, index) =>
        unknownId(context, 'people', person, [...path, 'people', index]),
      );
    case 'backups':
      if (does.operation === 'verify' && !does.backups && !Object.values(plan.backups).some(b => b.verify))
        return [neverProven(undefined, [...path, 'operation'])];
      return (does.backups ?? []).flatMap((backup, index) => {
        const known = Object.hasOwn(plan.backups, backup) ? plan.backups[backup] : undefined;
        const at = [...path, 'backups', index];
        if (!known) return [unknownBackup(plan.backups, backup, at)];
        return does.operation === 'verify' && !known.verify ? [neverProven(backup, at)] : [];
      });
    case 'drill':
    case 'check':
      return checkScenario(context, does, path);
  }
}

function checkScenario(
  { plan, actions, scenarios, isWritten }: CheckContext,
  does: Extract<CalendarEntry['does'], { type: 'drill' | 'check' }>,
  path: PropertyKeyPath,
): Problem[] {
  const scenario = Object.hasOwn(plan.scenarios, does.scenario) ? plan.scenarios[does.scenario] : undefined;
  const known = Object.keys(plan.scenarios);
  if (!scenario) {
    if (isWritten('scenarios', does.scenario)) return [];
    const near = nearest(does.scenario, known);
    const message = `There is no scenario "${does.scenario}"`;
    const mend = didYouMean(near, known, 'Declare it under "scenarios".');
    return [
      { rule: 'unknown-scenario', severity: 'error', path: [...path, 'scenario'], message, mend, near },
    ];
  }
  const mode = does.type === 'drill' ? does.mode : 'drill';
  const problems: Problem[] = [];
  if (!scenario.modes.includes(mode)) {
    problems.push({
      rule: 'unknown-mode',
      severity: 'error',
      path: [...path, does.type === 'drill' ? 'mode' : 'scenario'],
      message: `The scenario "${does.scenario}" has no mode ${mode}`,
      mend: `Add ${mode} to its modes, or name one of them: ${scenario.modes.join(', ')}.`,
    });
  }
  const steps = scenarios.find(view => view.id === does.scenario)?.steps ?? [];
  const changing = steps.find(({ step }) => actions[step.do]?.mutates);
  if (does.type === 'check' && changing) {
    problems.push({
      rule: 'check-changes-something',
      severity: 'error',
      path: [...path, 'scenario'],
      message: `The scenario "${does.scenario}" has a step that changes something: ${changing.step.id} (${changing.step.do})`,
      mend: 'A check only looks. Write "type: drill" for a scenario that acts, or take the step out.',
    });
  }
  return problems;
}

/** Of one backup that an entry names, or of all where it names none. */
function neverProven(backup: string | undefined, path: PropertyKeyPath): Problem {
  const every = 'No backup of the plan says how a restore proves it, so this entry proves nothing';
  return {
    rule: 'nothing-to-verify',
    severity: 'error',
    path,
    message: backup === undefined ? every : `"${backup}" does not say how a restore proves it`,
    mend:
      backup === undefined
        ? 'Give a backup "verify" with a target and queries, or write "operation: check".'
        : 'Give the backup "verify" with a target and queries, or take it out of this entry.',
  };
}
