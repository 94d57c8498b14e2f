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
  /** Each command of a script by itself: as it stands, and without such options if it has any. */
  single: { text: string; plain?: string }[];
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

/** In characters. Nobody types longer lines, and looking through one takes time that grows with the square. */
const longestCommand = 10_000;

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
    const single = commandLines(line).map(text => {
      const plain = withoutGlobalOptions(text);
      return plain === text ? { text } : { text, plain };
    });
    return { ...command, line, plain: withoutGlobalOptions(line), single };
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
  const lines = text.replaceAll(/\\\s*\n\s*/g, ' ').split('\n');
  return lines.map(line => line.slice(0, longestCommand)).join('\n');
}

const globalOptions =
  /\b(kubectl|oc|helm|aws|velero|docker|terraform|tofu)((?:\s+(?:-n|--?(?:namespace|context|kubeconfig|cluster|region|profile|output|endpoint-url|host|chdir))(?:=|\s+)\S+)+)/g;

/** `kubectl -n shop exec` and `kubectl exec -n shop` are one command. */
function withoutGlobalOptions(line: string): string {
  return line.replaceAll(globalOptions, '$1');
}

const beginsCommand =
  /^\s*(?:\$\s+)?(?:sudo\s+)?(?:#|\.{0,2}\/\w|(?:aws|bash|cd|curl|docker|eksctl|export|git|gpg|gunzip|gzip|helm|k6|kubectl|make|mysql|node|npm|pg_dump|pg_restore|psql|python3?|redis-cli|set|sh|ssh|terraform|tofu|velero|wget)\s)/;

/** The commands of a script, one a line; what is none, such as SQL over several lines, is one command. */
function commandLines(script: string): string[] {
  const lines = script.split('\n');
  if (lines.filter(line => beginsCommand.test(line)).length < 2) return [script.slice(0, longestCommand)];
  const commands: string[][] = [];
  let open: string | undefined;
  for (const line of lines) {
    // A quote that is open goes on in the next line.
    if (open === undefined) commands.push([line]);
    else commands.at(-1)?.push(line);
    open = quoteAfter(line, open);
  }
  return commands.map(each => each.join('\n'));
}

/** The quote that is open at the end of a line, if it was `open` at its beginning. */
function quoteAfter(line: string, open: string | undefined): string | undefined {
  if (open === undefined && /^\s*#/.test(line)) return undefined;
  let quote = open;
  for (const sign of line) {
    if (quote === undefined && (sign === '"' || sign === "'")) quote = sign;
    else if (sign === quote) quote = undefined;
  }
  return quote;
}

/** One form of a mistake: what it looks like, unless something beside it makes it right. */
export type Mistake = {
  pattern: RegExp;
  unless?: RegExp;
  /** The same, wherever in the script it stands. */
  unlessAnywhere?: RegExp;
  /** Which commands it is about; without it, all that the rule is about. */
  about?: (command: Command) => boolean;
  message: string;
  mend: string;
};

/** What of the text shows where a match is: itself, else its line or the beginning of that, as they were written. */
function placeOf(text: string, match: string, line: string): string | undefined {
  const beginning = line.trim().split(/\s+/, 3).join(' ');
  return [match, line.trim(), beginning]
    .map(each => each.split('\n', 1)[0] ?? '')
    .find(each => each !== '' && text.includes(each));
}

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
          const { text, line, path, single } = command;
          const found = mistakes.flatMap(mistake => {
            if (mistake.about?.(command) === false || mistake.unlessAnywhere?.test(line)) return [];
            return single.flatMap(({ text: each, plain }) => {
              const [match] =
                mistake.pattern.exec(each) ??
                (plain === undefined ? undefined : mistake.pattern.exec(plain)) ??
                [];
              return match === undefined || mistake.unless?.test(each)
                ? []
                : [{ ...mistake, find: placeOf(text, match, each) }];
            });
          })[0];
          const key = path.join('/');
          if (found === undefined || [...told].some(other => other.startsWith(`${key}/`))) return [];
          told.add(key);
          const { message, mend, find } = found;
          return [
            {
              rule: rule.id,
              severity: rule.severity,
              path,
              ...(find !== undefined && { find }),
              message,
              mend,
            },
          ];
        });
    },
  };
}
