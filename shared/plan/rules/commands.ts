import type { Problem } from '../finding.ts';
import type { CheckContext, LintRule } from '../lint-rule.ts';
import type { PlacedStep, ScenarioView } from '../scenario-view.ts';
import { type PlacedText, textsIn } from './texts.ts';

/** A command as somebody would type it: a text of a step, of a task or of a schedule. */
export type Command = PlacedText & {
  /** The same on one line: without the line ends that a backslash takes back. */
  line: string;
  /** The line without options that stand between a program and its verb, such as a namespace or a region. */
  plain: string;
  /** Where it is carried out, if a step does it. */
  view?: ScenarioView;
  placed?: PlacedStep;
};

/**
 * Everything in a plan that may be a command: parameters of steps, and what schedules and follow-ups say. A list of
 * words, as a container's command is written, is one command. What is only read, rehearsed or sent is left out.
 */
export function commandsIn(context: CheckContext): readonly Command[] {
  const known = found.get(context);
  if (known) return known;
  const commands = findCommands(context);
  found.set(context, commands);
  return commands;
}

/** Every rule about commands looks at the same ones. */
const found = new WeakMap<CheckContext, readonly Command[]>();

function findCommands({ plan, scenarios }: CheckContext): Command[] {
  const steps = scenarios.flatMap(view =>
    view.steps.flatMap(placed =>
      withLists(placed.step.with, [...placed.path, 'with']).map(text => ({ ...text, view, placed })),
    ),
  );
  const { calendar, followUps, backups } = plan as Record<string, unknown>;
  const others = Object.entries({ calendar, followUps, backups }).flatMap(([section, value]) =>
    withLists(value, [section]),
  );
  const afterwards = scenarios.flatMap(({ scenario, path }) =>
    withLists(scenario.followUps, [...path, 'followUps']),
  );
  return [...steps, ...others, ...afterwards].map(command => {
    const line = onOneLine(command.text);
    return { ...command, line, plain: withoutGlobalOptions(line) };
  });
}

/** Texts, and after those of a list of texts the list as one line, for what no single word shows. */
function withLists(value: unknown, path: PlacedText['path']): PlacedText[] {
  if (Array.isArray(value) && value.length > 1 && value.every(item => typeof item === 'string')) {
    return [...textsIn(value, path), { text: value.join(' '), path }];
  }
  if (typeof value !== 'object' || value === null) return textsIn(value, path);
  return Object.entries(value).flatMap(([key, inner]) =>
    withLists(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function onOneLine(text: string): string {
  return text.replaceAll(/\\\s*\n\s*/g, ' ');
}

const globalOptions =
  /\b(kubectl|oc|helm|aws|velero|docker|terraform|tofu)((?:\s+(?:-n|--?(?:namespace|context|kubeconfig|cluster|region|profile|output|endpoint-url|host|chdir))(?:=|\s+)\S+)+)/g;

/** `kubectl -n shop exec` and `kubectl exec -n shop` are one command. */
function withoutGlobalOptions(line: string): string {
  return line.replaceAll(globalOptions, '$1');
}

/** One form of a mistake: what it looks like, unless something beside it makes it right. */
export type Mistake = {
  pattern: RegExp;
  unless?: RegExp;
  /** Which commands it is about; without it, all that the rule is about. */
  about?: (command: Command) => boolean;
  message: string;
  mend: string;
};

type CommandRule = Omit<LintRule, 'check'> & {
  mistakes: readonly Mistake[];
  /** Which commands it is about; without it, all. */
  about?: (command: Command) => boolean;
};

/** A rule about what commands say. Each command is told once, in its most telling form. */
export function commandRule({ mistakes, about = () => true, ...rule }: CommandRule): LintRule {
  return {
    ...rule,
    check: context => {
      const told = new Set<string>();
      return commandsIn(context)
        .filter(about)
        .flatMap((command): Problem[] => {
          const { text, line, plain, path } = command;
          const found = mistakes.flatMap(mistake => {
            if (mistake.about?.(command) === false) return [];
            const [match] = mistake.pattern.exec(line) ?? mistake.pattern.exec(plain) ?? [];
            return match === undefined || mistake.unless?.test(line) ? [] : [{ ...mistake, match }];
          })[0];
          const key = path.join('/');
          if (found === undefined || [...told].some(other => other.startsWith(`${key}/`))) return [];
          told.add(key);
          const { message, mend, match } = found;
          return [
            {
              rule: rule.id,
              severity: rule.severity,
              path,
              ...(text.includes(match) && { find: match.split('\n')[0] }),
              message,
              mend,
            },
          ];
        });
    },
  };
}
