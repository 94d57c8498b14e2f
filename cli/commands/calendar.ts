import { deadlineOf, finishTask, listTasks } from '../../shared/backups/calendar.ts';
import { isMadeHere } from '../../shared/backups/made-here.ts';
import { momentOf, nextOccurrence } from '../../shared/backups/occurrences.ts';
import { checkPlan } from '../../shared/plan/check.ts';
import type { Schedule } from '../../shared/plan/schedule.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import type { Arguments } from '../commands.ts';
import { deployedRuntime } from '../deployed.ts';
import type { Io } from '../io.ts';
import { suggest } from '../suggest.ts';
import { operate } from './operate.ts';
import { printFindings } from './validate.ts';

type Line = {
  id: string;
  title: string;
  what: string;
  next: string | null;
  state: 'scheduled' | 'past' | 'open' | 'overdue';
};

/**
 * `lifeboat calendar PLAN`: when everything is due next, soonest first. With --live the tasks that people have not done
 * yet as well. `lifeboat calendar PLAN done ENTRY --by NAME` says that one is done. Exit 0, 1 with an overdue task, or 2.
 */
export async function calendar({ values, positionals }: Arguments, io: Io): Promise<number> {
  const [path, verb, entry, ...others] = positionals;
  const plan = path === undefined ? undefined : await readPlan(path, io);
  if (path === undefined) io.err('Which system? Give its plan: plans/<system>/plan.yml\n');
  if (!plan) return 2;
  const problem = problemWith(plan, verb, entry, others, values.by);
  if (problem) {
    io.err(`${problem}\n`);
    return 2;
  }
  if (verb === 'done') {
    const done = await finishTask(await deployedRuntime(plan), entry ?? '', String(values.by));
    io.out(done ? `${entry}, due ${done.dueAt}: done\n` : `Nothing of ${entry} is open.\n`);
    return done ? 0 : 1;
  }
  const lines = [...linesOf(plan, new Date()), ...(values.live === true ? await openTasks(plan) : [])];
  if (values.json === true)
    io.out(`${JSON.stringify({ system: plan.system.id, entries: lines }, undefined, 2)}\n`);
  else
    io.out(
      lines
        .map(
          ({ id, title, what, next, state }) =>
            `${next ?? 'never'}  ${state.padEnd(9)}  ${id}  ${title} (${what})\n`,
        )
        .join(''),
    );
  return lines.some(({ state }) => state === 'overdue') ? 1 : 0;
}

/** `lifeboat drill PLAN [ENTRY | --scenario S] --by NAME`: starts an exercise now, as the calendar would. */
export async function drill({ values, positionals }: Arguments, io: Io): Promise<number> {
  const [path, entry, ...others] = positionals;
  const plan = path === undefined ? undefined : await readPlan(path, io);
  if (path === undefined) io.err('Which system? Give its plan: plans/<system>/plan.yml\n');
  if (!plan || path === undefined) return 2;
  const drills = Object.entries(plan.calendar).flatMap(([id, { does }]) =>
    does.type === 'drill' ? [[id, does] as const] : [],
  );
  const chosen = drills.find(([id]) => id === entry)?.[1];
  if (others.length > 0 || (entry !== undefined && !chosen)) {
    io.err(
      `The calendar has no drill "${others[0] ?? entry}". ${suggest(
        entry ?? '',
        drills.map(([id]) => id),
      )}\n`,
    );
    return 2;
  }
  const scenario = chosen?.scenario ?? values.scenario;
  if (scenario === undefined) {
    io.err(
      `Which drill? Name one of the calendar (${drills.map(([id]) => id).join(', ') || 'it has none'}), or give --scenario.\n`,
    );
    return 2;
  }
  const set = Object.entries(chosen?.parameters ?? {}).map(([name, value]) => `${name}=${value}`);
  return operate(
    'start',
    { positionals: [path], values: { ...values, scenario, mode: chosen?.mode ?? 'drill', set } },
    io,
  );
}

async function readPlan(path: string, io: Io): Promise<Plan | undefined> {
  const { plan, findings } = await checkPlan(path);
  if (!plan)
    printFindings(
      findings.filter(({ severity }) => severity === 'error'),
      io,
    );
  return plan;
}

function problemWith(
  plan: Plan,
  verb: string | undefined,
  entry: string | undefined,
  others: string[],
  by: unknown,
): string | undefined {
  const tasks = Object.entries(plan.calendar).flatMap(([id, { does }]) => (does.type === 'task' ? [id] : []));
  if (verb === undefined) return undefined;
  if (verb !== 'done' || others.length > 0)
    return `lifeboat calendar does not know what to do with "${others[0] ?? verb}". It takes: done ENTRY --by NAME.`;
  if (entry === undefined || !tasks.includes(entry))
    return `The calendar has no task "${entry ?? ''}". ${suggest(entry ?? '', tasks)}`;
  return by === undefined
    ? 'lifeboat calendar done needs --by NAME: who you are goes into the record.'
    : undefined;
}

/** Everything with a schedule and when it is due next, soonest first. */
function linesOf(plan: Plan, now: Date): Line[] {
  const line = (id: string, title: string, what: string, schedule: Schedule): Line => {
    const past = momentOf(schedule);
    if (past !== undefined && past <= now.getTime())
      return { id, title, what, next: new Date(past).toISOString(), state: 'past' };
    const next = nextOccurrence(schedule, now.getTime());
    return {
      id,
      title,
      what,
      next: next === undefined ? null : new Date(next).toISOString(),
      state: 'scheduled',
    };
  };
  const entries = Object.entries(plan.calendar).map(([id, { title, does, schedule }]) =>
    line(
      `calendar.${id}`,
      title,
      does.type === 'backups' ? `${does.operation} backups` : does.type,
      schedule,
    ),
  );
  const backups = Object.entries(plan.backups).flatMap(([id, backup]) =>
    backup.schedule
      ? [
          line(
            `backups.${id}`,
            backup.title,
            isMadeHere(backup) ? 'made by Lifeboat' : 'made elsewhere',
            backup.schedule,
          ),
        ]
      : [],
  );
  return [...entries, ...backups].sort((a, b) => ((a.next ?? '9') < (b.next ?? '9') ? -1 : 1));
}

async function openTasks(plan: Plan): Promise<Line[]> {
  const runtime = await deployedRuntime(plan);
  const now = runtime.clock.now().toISOString();
  return (await listTasks(runtime)).flatMap(({ entry: id, dueAt, doneAt }): Line[] => {
    const entry = plan.calendar[id];
    if (!entry || doneAt !== undefined) return [];
    const deadline = deadlineOf(entry, dueAt);
    return [
      {
        id: `calendar.${id}`,
        title: entry.title,
        what: 'to be done by then',
        next: deadline,
        state: deadline < now ? 'overdue' : 'open',
      },
    ];
  });
}
