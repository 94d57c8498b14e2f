import { listVerifications } from '../../shared/backups/verify/state.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import { sleep } from '../world/sleep.ts';
import { hashToUnit } from '../world/world.ts';
import { throwAwaysIn } from './left-behind.ts';
import { onStage } from './stage.ts';

/** One proof of a backup with faults, maybe stopped half way; all of it follows from the seed. */
export type DrawnProof = { backup: string; faults: string[]; killedAfterMs: number | undefined };
export type ProofUnderFaults = DrawnProof & {
  seed: number;
  /** What is still there hours later, after the end event and the sweeper. */
  leftBehind: string[];
  outcomes: ('under-way' | 'proven' | 'not-proven')[];
};
type Of = { plan: Plan; planDirectory: string };

const hourMs = 3_600_000;
/** The sweeper comes once an hour; so many times it is waited for. */
const sweeps = 4;
/** As many proofs are stopped, at any moment of an hour and a half. */
const killedShare = 0.3;
const killedWithinMs = 1.5 * hourMs;

const kinds = [
  (call: string) => `error5xx:${call}`,
  (call: string) => `timeout:${call}`,
  (call: string) => `lost-reply:${call}`,
  (call: string) => `throttle:${call.split('.')[0]}`,
  () => 'handler-crash:verify',
  () => 'stale-read:rds',
];

/** Every call that proving a backup makes when nothing is wrong, such as `rds.DeleteDBInstance`. */
export async function callsOfProof({ plan, planDirectory }: Of, backup: string): Promise<string[]> {
  return onStage({ plan, planDirectory, seed: 1 }, async ({ engine, runtime, world }) => {
    const input = { backup, by: 'campaign' };
    await engine.startExecution({ stateMachineArn: arnOf(runtime), name: 'whole', input }).result;
    return [...world.calls.keys()].sort();
  });
}

const arnOf = ({ settings }: { settings: { verifyMachineArns?: { one: string } } }) =>
  settings.verifyMachineArns?.one ?? '';

/** One to three faults at any of the calls, and for three proofs of ten a moment at which the execution is stopped. */
export function drawProof(seed: number, calls: ReadonlyMap<string, readonly string[]>): DrawnProof {
  const unit = (key: string) => hashToUnit(seed, key);
  const pick = <T>(list: readonly T[], key: string) => list[Math.floor(unit(key) * list.length)] as T;
  const backup = pick([...calls.keys()], 'backup');
  const faults = [0, 1, 2]
    .slice(0, 1 + Math.floor(unit('count') * 3))
    .map(nth => pick(kinds, `kind/${nth}`)(pick(calls.get(backup) ?? [], `operation/${nth}`)));
  return {
    backup,
    faults: [...new Set(faults)],
    killedAfterMs: unit('kill') < killedShare ? unit('when') * killedWithinMs : undefined,
  };
}

/** Plays it: the proof, the event of its end, and some hours of the sweeper. */
export async function playProof(of: Of, seed: number, drawn: DrawnProof): Promise<ProofUnderFaults> {
  const { backup, faults, killedAfterMs } = drawn;
  return onStage({ ...of, seed, faults }, async ({ engine, runtime, world, functions }) => {
    const startDate = world.nowMs();
    const { executionArn, result } = engine.startExecution({
      stateMachineArn: arnOf(runtime),
      name: 'proof',
      input: { backup, by: 'campaign' },
    });
    if (killedAfterMs !== undefined) setTimeout(() => engine.stopExecution(executionArn), killedAfterMs);
    const { status } = await result;
    if (status !== 'SUCCEEDED') {
      await functions.deliver('verify', {
        'detail-type': 'Step Functions Execution Status Change',
        detail: { executionArn, startDate, status },
      });
    }
    for (let hour = 0; hour < sweeps; hour++) {
      await sleep(hourMs);
      await functions.deliver('verify', { 'detail-type': 'Scheduled Event' });
    }
    const outcomes = (await listVerifications(runtime)).map(({ outcome }) => outcome);
    return { ...drawn, seed, leftBehind: throwAwaysIn(world), outcomes };
  });
}

/** What is wrong with a played proof, as a sentence; undefined when nothing is. */
export function wrongWith({
  leftBehind,
  outcomes,
  killedAfterMs,
  ...one
}: ProofUnderFaults): string | undefined {
  const said = `seed ${one.seed}, ${one.backup}: ${one.faults.join(', ')}, killed after ${killedAfterMs ?? 'never'} ms`;
  if (leftBehind.length > 0) return `${said}: left behind ${leftBehind.join(', ')}`;
  if (outcomes.includes('under-way')) return `${said}: its record is still open`;
  // What nobody stops is brought to its end: faults pass, and the machine tries again.
  const proven = outcomes.length === 1 && outcomes[0] === 'proven';
  return killedAfterMs === undefined && !proven ? `${said}: ended as ${outcomes.join(', ')}` : undefined;
}
