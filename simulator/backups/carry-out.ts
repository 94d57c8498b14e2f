import { copyEverySeconds } from '../../shared/backups/copy-every.ts';
import { readEvidence } from '../../shared/backups/evidence.ts';
import { isCopiedLater, isMadeHere } from '../../shared/backups/made-here.ts';
import { momentOf } from '../../shared/backups/occurrences.ts';
import { listVerifications } from '../../shared/backups/verify/state.ts';
import type { Json } from '../../shared/json.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import { continueArrivals } from '../services/s3/arrivals.ts';
import { sleep } from '../world/sleep.ts';
import type { Stage } from './stage.ts';

/** Half a day of looks: what is not finished by then hardly ever will be. */
const mostLooks = 24;

/** Makes backups, and copies those that are copied once they are finished. */
export async function create(stage: Stage, backups: string[], dueAt: string, by: string): Promise<string> {
  const { functions, runtime } = stage;
  await functions.invoke('backups', { operation: 'create', backups, dueAt, by });
  const copied = backups.filter(id => {
    const backup = runtime.plan.backups[id];
    return backup !== undefined && isCopiedLater(backup);
  });
  await copyWhenFinished(stage, copied);
  return `made ${backups.join(', ')}`;
}

/**
 * The schedule that looks for what is finished comes every half hour. Only those of its times are carried out at which
 * something may be found: until a copy of each class was begun.
 */
async function copyWhenFinished(stage: Stage, ids: readonly string[]): Promise<void> {
  const { world } = stage;
  const waiting = new Set(ids);
  const everyMs = copyEverySeconds * 1000;
  for (let looks = 0; waiting.size > 0 && looks < mostLooks; looks++) {
    const nextMs = (Math.floor(world.nowMs() / everyMs) + 1) * everyMs;
    await sleep(nextMs - world.nowMs());
    for (const { backup, begun } of await lookAt(stage, nextMs)) if (begun.length > 0) waiting.delete(backup);
  }
  if (waiting.size > 0) throw new Error(`nothing of ${[...waiting].join(', ')} was ever finished and copied`);
}

type Look = { backup: string; begun: string[] }[];
const looksOf = new WeakMap<Stage, Map<number, Promise<Look>>>();

/** One look is for all classes, whoever waits for it. */
function lookAt(stage: Stage, dueMs: number): Promise<Look> {
  const looks = looksOf.get(stage) ?? new Map<number, Promise<Look>>();
  looksOf.set(stage, looks);
  const event = { operation: 'copy', dueAt: new Date(dueMs).toISOString(), by: 'schedule' };
  const look = looks.get(dueMs) ?? (stage.functions.invoke('backups', event) as Promise<Look>);
  looks.set(dueMs, look);
  return look;
}

/** Carries one entry of the calendar out, and says what was done. Throws what went wrong. */
export async function carryOut(stage: Stage, plan: Plan, id: string, dueAt: string): Promise<string> {
  const { functions, runtime } = stage;
  const entry = plan.calendar[id];
  const by = `calendar ${id}`;
  switch (entry?.does.type) {
    case 'drill':
      return drill(stage, entry.does.scenario, {
        mode: entry.does.mode,
        by,
        parameters: entry.does.parameters,
      });
    case 'check':
      return drill(stage, entry.does.scenario, { mode: 'drill', by });
    case 'task':
      if ((momentOf(entry.schedule) ?? Number.POSITIVE_INFINITY) < Date.parse(dueAt) - 1000) {
        await functions.invoke('backups', { 'detail-type': 'Scheduled Event' });
        return `overdue: told ${entry.does.people.join(', ')}`;
      }
      await functions.invoke('backups', { operation: 'task', entry: id, dueAt });
      return `told ${entry.does.people.join(', ')}`;
    case 'backups': {
      const { operation, backups } = entry.does;
      if (operation === 'verify') return prove(stage, backups, by, `${id}-${dueAt.slice(0, 10)}`);
      if (operation === 'create') {
        const made = Object.entries(plan.backups)
          .filter(([, backup]) => isMadeHere(backup))
          .map(([backup]) => backup);
        return create(stage, backups ?? made, dueAt, by);
      }
      const found = (await functions.invoke('backups', {
        operation,
        ...(backups && { backups }),
        dueAt,
        by,
      })) as { checked: number; findings: number };
      if (found.findings > 0)
        throw new Error(`${found.findings} findings: ${(await newestFindings(runtime)).join('; ')}`);
      return `${found.checked} classes checked, nothing found`;
    }
    case undefined:
      return 'nothing';
  }
}

async function newestFindings(runtime: Stage['runtime']): Promise<string[]> {
  const evidence = await readEvidence(runtime);
  const newest = evidence.at(-1)?.at;
  return evidence
    .flatMap(({ at, entry }) =>
      at === newest && entry.type === 'backup-checked' ? entry.findings.map(({ what }) => what) : [],
    )
    .slice(0, 3);
}

async function prove(
  { engine, runtime }: Stage,
  backups: string[] | undefined,
  by: string,
  fleet: string,
): Promise<string> {
  const stateMachineArn = runtime.settings.verifyMachineArns?.fleet ?? '';
  const input: Json = { by, fleet, ...(backups && { backups }) };
  const { result } = engine.startExecution({ stateMachineArn, name: fleet, input });
  const ended = await result;
  const all = (await listVerifications(runtime)).filter(one => one.by.startsWith(`fleet ${fleet},`));
  const bad = all.filter(({ outcome }) => outcome !== 'proven');
  if (ended.status === 'SUCCEEDED' && bad.length === 0) return `${all.length} proven`;
  const why = bad.map(one => `${one.backup}: ${one.reasons.map(({ what }) => what).join('; ')}`);
  throw new Error(why.length > 0 ? why.join('; ') : `the execution ended as ${ended.status}`);
}

/** Drills wait for each other: a system has one run at a time. */
const drilling = new WeakMap<Stage['world'], Promise<unknown>>();

async function drill({ engine, runtime, world }: Stage, scenario: string, input: Json): Promise<string> {
  const before = drilling.get(world) ?? Promise.resolve();
  const played = before.then(async () => {
    continueArrivals(world);
    const { result } = engine.startExecution({
      stateMachineArn: runtime.settings.runbookArns[scenario] ?? '',
      input,
    });
    return result;
  });
  drilling.set(
    world,
    played.catch(() => undefined),
  );
  const { status, error, cause } = await played;
  if (status === 'SUCCEEDED') return `the drill of ${scenario} ended well`;
  throw new Error(`the drill of ${scenario} ended as ${[status, error, cause].filter(Boolean).join(': ')}`);
}
