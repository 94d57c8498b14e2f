import type { LintRule } from '../lint-rule.ts';
import type { Plan } from '../schema.ts';
import type { PropertyKeyPath } from '../schema-walk.ts';
import { textsIn } from './texts.ts';

/** What people leave to be filled in later. Each has to be impossible, or nearly so, in a finished plan. */
const placeholders: readonly RegExp[] = [
  /<[a-z][a-z0-9_-]*>/i,
  // Tags that mails carry in their subjects are none.
  /\[(?!(?:RESOLVED|CRITICAL|URGENT|DRILL|EXERCISE)\])[A-Z]{3,}(?:[ _-][A-Z]+)*\]/,
  /\[(?:x|X|(?:Your |Insert )?(?:Name|Names|Phone|Number|Email|Date|Time|Contact|Description|Address))\]/,
  /\b(?:sg|vpc|subnet|ami|i|vol)-x+\b/,
  /\bx{3,}\b/i,
  /\byour[-_][a-z]+/i,
  /\b(?:PAGE|ZONE|HOSTED_ZONE|ACCOUNT|CLUSTER|CHANNEL|TEAM|PROJECT)_ID\b/,
  /\b(?:CHANGE[-_ ]?ME|FILL[-_ ]?ME|TBD|FIXME)\b/i,
  /\bTODO\b|\bREPLACE[-_](?:ME|WITH|THIS)\w*/,
  // Helm and Jinja would fill them in; kubectl and docker print with them.
  /\{\{[^}\n]{0,80}\}\}(?<!(?:template|format)[^\n]*)/,
  // An account has twelve digits, the id of a resource eight or seventeen.
  /\barn:aws[\w-]*:[\w-]+:[\w-]*:\d{1,11}:/,
  /\b(?:sg|vpc|subnet|ami|vol|snap)-(?!\d{8}\b|\d{17}\b)\d{3,}\b/,
  /\bZ123456789\w*/,
  /YYYY-?MM-?DD/,
  // A load balancer's name ends in nine or ten digits, and hardly in these.
  /-123456789(?:0)?\.[a-z0-9-]+\.elb\.amazonaws\.com/,
];

/** A shell would fill them in, and none reads a plan; except one that is started in a pod, whose variables they are. */
const variables: readonly RegExp[] = [/\$[A-Z][A-Z0-9_]{2,}\b/, /\$X\b/];

function isForAShell(plan: Plan, path: PropertyKeyPath): boolean {
  const list = path.slice(0, -1).reduce<unknown>((value, key) => {
    return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  }, plan);
  if (!Array.isArray(list) || path.at(-2) !== 'command') return false;
  return /^(?:\/bin\/)?(?:ba|da)?sh$/.test(String(list[0])) && list[1] === '-c' && path.at(-1) === 2;
}

export const placeholder: LintRule = {
  id: 'placeholder',
  severity: 'warning',
  reason: 'A value that was to be filled in is found out in the middle of the outage.',
  check: ({ plan }) =>
    textsIn(plan)
      .filter(({ path }) => path.at(-1) !== 'waived' && !isForShell(plan, path))
      .flatMap(({ text, path }) => {
        const wanted = isForAShell(plan, path) ? placeholders : [...placeholders, ...variables];
        const found = wanted.map(pattern => pattern.exec(text)?.[0]).find(match => match !== undefined);
        if (found === undefined) return [];
        const message = `"${found.slice(0, 60)}" looks like a placeholder`;
        const mend = 'Write the real value; a secret as secret:NAME#key, a value of the run as ${…}.';
        return [{ rule: placeholder.id, severity: 'warning', path, find: found, message, mend }];
      }),
};

/** The script of `sh -c` in a list of arguments: the pod's own shell fills its variables in. */
function isForShell(plan: unknown, path: readonly (string | number)[]): boolean {
  const index = path.at(-1);
  if (typeof index !== 'number' || index === 0) return false;
  const list = path
    .slice(0, -1)
    .reduce<unknown>((value, key) => (value as Record<string, unknown>)?.[key], plan);
  return Array.isArray(list) && /^-[a-z]*c$/.test(String(list[index - 1]));
}
