import { type Json, objectOrEmpty } from '../../json.ts';
import type { LintRule } from '../lint-rule.ts';
import { isBefore, type PlacedStep } from '../scenario-view.ts';
import { isTakenWith } from './step-facts.ts';
import { textsIn } from './texts.ts';

export const settingLeftBehind: LintRule = {
  id: 'setting-left-behind',
  severity: 'warning',
  reason:
    'A system that was recovered and still trades on the test network, or takes no orders, is not recovered.',
  check: ({ scenarios }) =>
    scenarios.flatMap(({ steps }) => {
      const settings = steps.flatMap(placed =>
        placed.modes.includes('recover') ? settingsOf(placed).map(setting => ({ ...setting, placed })) : [],
      );
      const left = settings.filter(
        ({ name, value, placed }) =>
          isExceptional(name, value) &&
          !settings.some(
            later =>
              later.name === name &&
              !isExceptional(name, later.value) &&
              isBefore(placed, later.placed) &&
              isTakenWith(later.placed, placed),
          ),
      );
      const told = new Set<string>();
      return left.flatMap(({ name, value, placed: { step, path } }) => {
        if (told.has(name)) return [];
        told.add(name);
        return [
          {
            rule: settingLeftBehind.id,
            severity: 'warning' as const,
            path: [...path, 'do'],
            message: `The step "${step.id}" sets ${name} to "${value}", and no later step sets it back`,
            mend: 'Set it back, or remove it with null, before users are served.',
          },
        ];
      });
    }),
};

type Setting = { name: string; value: string | null };

/** Variables that a step sets, by its parameters or by a typed `kubectl set env`. */
function settingsOf({ step }: PlacedStep): Setting[] {
  const { env } = step.with;
  const own = step.do === 'k8s.set-env' ? entriesOf(env) : [];
  const parameter =
    step.do === 'ssm.put-parameter' && typeof step.with.name === 'string'
      ? [{ name: step.with.name, value: String(step.with.value) }]
      : [];
  const patched = step.do === 'k8s.patch' ? entriesOf(objectOrEmpty(step.with.patch).data) : [];
  const typed = textsIn(step.with).flatMap(({ text }) => {
    const [line] = /\bkubectl\s+set\s+env\b[^|;&\n]*/.exec(text.replaceAll(/\\\s*\n\s*/g, ' ')) ?? [''];
    return [...line.matchAll(/\b([A-Z][A-Z0-9_]+)=(\S+)/g)].map(([, name = '', value = '']) => ({
      name,
      value,
    }));
  });
  return [...own, ...parameter, ...patched, ...typed];
}

function entriesOf(value: Json | undefined): Setting[] {
  return Object.entries(objectOrEmpty(value)).map(([name, each]) => ({
    name,
    value: each === null ? null : String(each),
  }));
}

/** Values that hold in an emergency only, by what such variables are called. */
function isExceptional(name: string, value: string | null): boolean {
  if (value === null) return false;
  const on = /^(?:1|on|true|yes)$/i.test(value);
  const off = /^(?:0|off|false|no)$/i.test(value);
  if (/EMERGENCY|MAINTENANCE|READ[_-]?ONLY|TESTNET|SANDBOX|KILL[_-]?SWITCH/i.test(name)) return on;
  // A limit that leaves next to nothing of what is usual.
  if (/(?:LIMIT|MAX)\w*PERCENT|PERCENT\w*LIMIT/i.test(name)) return Number(value) < 10;
  return /ENABLED?$/i.test(name) && off;
}

/** Whether a step sets what holds in an emergency only. */
export const setsException = (placed: PlacedStep): boolean =>
  settingsOf(placed).some(({ name, value }) => isExceptional(name, value));
