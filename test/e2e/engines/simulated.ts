import { createEngine } from '../../../simulator/engine/engine.ts';
import { startVirtualTime } from '../../../simulator/world/clock.ts';
import { lastPart, machineArn, withArns } from './definitions.ts';
import { type Call, isWaking, type Play, type Played, type Trace, traceOf } from './trace.ts';

/** How long the person thinks who is asked. */
const thinkingMs = 100;

/** Plays on the simulator's engine, in virtual time. */
export async function playSimulated(play: Play): Promise<Trace> {
  const calls: Call[] = [];
  const entered = new Map<string, string[]>();
  const answer = play.functions();
  const person = play.answers?.();
  const time = startVirtualTime(Date.parse('2026-03-10T16:42:00Z'));
  try {
    const engine = createEngine({
      machines: Object.fromEntries(
        Object.entries(play.machines).map(([name, definition]) => [machineArn(name), withArns(definition)]),
      ),
      clock: { now: () => new Date() },
      async invokeFunction(arn, payload) {
        const call = { function: lastPart(arn), payload: payload as Call['payload'] };
        if (isWaking(call)) return {};
        calls.push(call);
        const reply = answer(call);
        const { token } = call.payload;
        const said = typeof token === 'string' ? person?.(call) : undefined;
        if (said !== undefined) setTimeout(() => engine.sendTaskSuccess(String(token), said), thinkingMs);
        return reply;
      },
      onTransition: ({ executionArn, state }) =>
        entered.set(executionArn, [...(entered.get(executionArn) ?? []), state]),
    });
    const all = async () => {
      await engine.startExecution({
        stateMachineArn: machineArn(play.start),
        name: play.id,
        input: play.input,
      }).result;
      // Those that nobody waits for, such as the communication beside a runbook.
      while (engine.listExecutions({ status: 'RUNNING' }).length > 0)
        await new Promise(resolve => setTimeout(resolve, 1000));
    };
    await time.drive(all(), { count: 0 });
    const played = engine.listExecutions().map(
      ({ executionArn, stateMachineArn, status, input, output, error, cause }): Played => ({
        machine: lastPart(stateMachineArn),
        input: JSON.parse(input),
        states: entered.get(executionArn) ?? [],
        status,
        ...(output !== undefined && { output: JSON.parse(output) }),
        ...(error !== undefined && { error }),
        ...(cause !== undefined && { cause }),
      }),
    );
    return traceOf(play, played, calls);
  } finally {
    time.stop();
  }
}
