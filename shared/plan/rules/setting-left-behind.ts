import type { LintRule } from '../lint-rule.ts';
import { isBefore, type PlacedStep } from '../scenario-view.ts';
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
              later.name === name && !isExceptional(name, later.value) && isBefore(placed, later.placed),
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
  const own =
    step.do === 'k8s.set-env' && typeof env === 'object' && env !== null && !Array.isArray(env)
      ? Object.entries(env).map(([name, value]) => ({ name, value: value === null ? null : String(value) }))
      : [];
  const typed = textsIn(step.with).flatMap(({ text }) => {
    const [line] = /\bkubectl\s+set\s+env\b[^|;&\n]*/.exec(text.replaceAll(/\\\s*\n\s*/g, ' ')) ?? [''];
    return [...line.matchAll(/\b([A-Z][A-Z0-9_]+)=(\S+)/g)].map(([, name = '', value = '']) => ({
      name,
      value,
    }));
  });
  return [...own, ...typed];
}

/** Values that hold in an emergency only, by what such variables are called. */
function isExceptional(name: string, value: string | null): boolean {
  if (value === null) return false;
  const on = /^(?:1|on|true|yes)$/i.test(value);
  const off = /^(?:0|off|false|no)$/i.test(value);
  if (/EMERGENCY|MAINTENANCE|READ_?ONLY|TESTNET|SANDBOX|KILL_?SWITCH/i.test(name)) return on;
  return /ENABLED?$/i.test(name) && off;
}
