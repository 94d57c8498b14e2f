import { createHash } from 'node:crypto';
import type { JsonObject } from '../../shared/json.ts';
import type { Execution } from './executions.ts';

/**
 * AWS gives every attempt of a task its own token. The engine evaluates `$$.Task.Token` and calls the handler
 * without a pause in between, so the token that was looked at last is the one of the handler that is called next.
 */
export type TokenSource = { look(): string; take(): string };

export function createTokenSource(arn: string): TokenSource {
  let count = 0;
  const look = () => createHash('sha256').update(`${arn}#${count}`).digest('base64url');
  return {
    look,
    take() {
      const token = look();
      count += 1;
      return token;
    },
  };
}

/** The context object (`$$`) of an execution. State and token are looked at when a state machine asks for them. */
export function contextOf(
  execution: Execution,
  token: TokenSource,
): Record<string, unknown> & { Execution: JsonObject } {
  return {
    Execution: { Id: execution.arn, Name: execution.name },
    StateMachine: { Id: execution.machine.arn, Name: execution.machine.name },
    State: {
      get Name() {
        return execution.lastState?.name ?? '';
      },
      get EnteredTime() {
        return new Date(execution.lastState?.enteredAtMs ?? execution.startedAtMs).toISOString();
      },
    },
    Task: {
      get Token() {
        return token.look();
      },
    },
  };
}
