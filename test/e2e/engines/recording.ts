import { loadActions } from '../../../shared/actions/load-actions.ts';
import type { Json, JsonObject } from '../../../shared/json.ts';
import type { Plan } from '../../../shared/plan/schema.ts';
import type { Mode, Run } from '../../../shared/runbook/contract.ts';
import { stepsOf } from '../../../shared/runbook/phases.ts';
import { deploy } from '../../../simulator/deployment.ts';
import type { PlayedTask } from '../../../simulator/play.ts';
import { rehearse } from '../../../simulator/rehearse.ts';
import { runbookName } from '../../../state-machines/compile-system.ts';
import { lastPart, region } from './definitions.ts';
import { failure, keyOf, type Script, scripted } from './functions.ts';
import type { Play } from './trace.ts';

/** One rehearsal, whose functions are to be played back. */
export type Rehearsed = {
  plan: Plan;
  scenario: string;
  mode: Mode;
  faults?: readonly string[];
  /** What functions say instead of what they said in the rehearsal. */
  instead?: Script;
};

/** Real seconds that a question stands open which nobody answered in the rehearsal, and one that somebody did. */
const unansweredSeconds = 2;
const answeredSeconds = 60;

/**
 * Rehearses a scenario, and makes a play of its runbook: the definitions as they are deployed, and functions that say
 * what the handlers said in the rehearsal, call after call. Waits are left out and long series of looks shortened.
 * Throws when the rehearsal opened no run, since then there is nothing to play back.
 */
export async function recordRehearsal(of: Rehearsed): Promise<Play> {
  const { plan, scenario, mode, faults = [], instead } = of;
  const system = plan.system.id;
  const tasks: PlayedTask[] = [];
  const answers = new Map<string, Json>();
  const rehearsal = await rehearse({
    plan,
    planDirectory: `plans/${system}`,
    scenario,
    mode,
    seed: 1,
    faults,
    parameters: {},
    onTask: task => tasks.push(task),
    onCall: ({ operation, input }) => {
      if (operation === 'SendTaskSuccess')
        answers.set(String(input.taskToken), JSON.parse(String(input.output)));
    },
  });
  if (!rehearsal.ok) throw new Error(rehearsal.problems.join('\n'));
  const opened = tasks.findLast(({ payload }) => isOpening(payload, scenario));
  const run = opened && 'reply' in opened.result ? (opened.result.reply as { run: Run }).run : undefined;
  if (!opened || !run) throw new Error(`${system} ${scenario} ${mode} opened no run`);
  const own = tasks.filter(({ payload }) => isOpening(payload, scenario) || runIdIn(payload) === run.id);
  const { script, said } = toScript(own, answers);
  return {
    id: run.id,
    machines: await machinesOf(plan),
    start: runbookName(system, scenario),
    input: ((opened.payload as JsonObject).input ?? {}) as JsonObject,
    functions: scripted({ ...script, ...instead }),
    answers: () => {
      const left = new Map([...said].map(([key, list]) => [key, [...list]]));
      return call => left.get(keyOf(call))?.shift();
    },
  };
}

const isOpening = (payload: Json, scenario: string) => {
  const { operation, scenario: opens } = payload as JsonObject;
  return operation === 'open' && opens === scenario;
};
const runIdIn = (payload: Json) => ((payload as JsonObject).run as JsonObject | undefined)?.id;

/** What each function said to each operation of each step, and what people said to each question. */
function toScript(tasks: readonly PlayedTask[], answers: ReadonlyMap<string, Json>) {
  const script: Record<string, (Json | Error)[]> = {};
  const said = new Map<string, (Json | undefined)[]>();
  const unanswered = new Set<unknown>();
  for (const { function: name, payload, result } of tasks) {
    const call = { function: name, payload: payload as JsonObject };
    const key = keyOf(call);
    script[key] = [...(script[key] ?? []), 'reply' in result ? result.reply : failure(result.error)];
    const { token } = call.payload;
    if (token === undefined || !('reply' in result)) continue;
    const answer = answers.get(String(token));
    said.set(key, [...(said.get(key) ?? []), answer]);
    if (answer === undefined) unanswered.add((call.payload.step as JsonObject).id);
  }
  const shortened = Object.entries(script).map(([key, list]) => {
    const seconds = unanswered.has(key.split(' of ')[1]) ? unansweredSeconds : answeredSeconds;
    return [key, withoutRepeats(list).map(reply => withoutWaits(reply, seconds))] as const;
  });
  return { script: Object.fromEntries(shortened) as Script, said };
}

/** Of looks in a row that find the same, the first. */
function withoutRepeats(list: readonly (Json | Error)[]): (Json | Error)[] {
  const nextOf = (item: Json | Error | undefined) => (item as JsonObject | null | undefined)?.next;
  const loops = (next: unknown) => next === 'pending' || next === 'wait';
  return list.filter((item, index) => !loops(nextOf(item)) || nextOf(list[index - 1]) !== nextOf(item));
}

function withoutWaits(reply: Json | Error, answerWithinSeconds: number): Json | Error {
  if (reply instanceof Error || typeof reply !== 'object' || reply === null || Array.isArray(reply))
    return reply;
  return {
    ...reply,
    ...(reply.waitSeconds !== undefined && { waitSeconds: 0 }),
    ...(reply.answerWithinSeconds !== undefined && { answerWithinSeconds }),
  };
}

/** The machines of a system as they are deployed, by name, in the region of the suite. */
async function machinesOf(plan: Plan): Promise<Play['machines']> {
  const kinds = Object.values(plan.scenarios).flatMap(({ phases }) =>
    phases.flatMap(phase => stepsOf(phase.steps).map(step => step.do)),
  );
  const { machines } = deploy(plan, await loadActions(kinds));
  const text = JSON.stringify(machines).replaceAll(
    `:${plan.regions.recovery}:123456789012:`,
    `:${region}:123456789012:`,
  );
  return Object.fromEntries(
    Object.entries(JSON.parse(text) as Play['machines']).map(([arn, definition]) => [
      lastPart(arn),
      definition,
    ]),
  );
}
