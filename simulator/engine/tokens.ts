import type { Json } from '../../shared/json.ts';
import { SimulatedAwsError } from '../world/world.ts';
import { TaskError } from './errors.ts';
import type { Execution } from './executions.ts';

type Waiting = { execution: Execution; resolve(value: Json): void; reject(error: Error): void };

/** Task tokens that somebody may still answer. Every token is answered at most once. */
export type Tokens = {
  /** Begins to wait for the token's answer. */
  open(token: string, execution: Execution): Promise<Json>;
  /** The wait is over; a later answer is refused with TaskTimedOut. Safe to repeat. */
  expire(token: string): void;
  /** Throws InvalidToken for a token that was never given out, TaskTimedOut when nobody waits for it any more. */
  succeed(token: string, output: Json): void;
  fail(token: string, error: string, cause: string): void;
};

export function createTokens(): Tokens {
  const waiting = new Map<string, Waiting>();
  const given = new Set<string>();

  function take(token: string): Waiting {
    const found = waiting.get(token);
    if (!found) {
      if (given.has(token)) {
        throw new SimulatedAwsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
      }
      throw new SimulatedAwsError('InvalidToken', "Invalid Token: 'Invalid token'");
    }
    tokensOf(found).delete(token);
    waiting.delete(token);
    return found;
  }

  return {
    open(token, execution) {
      given.add(token);
      execution.tokens.add(token);
      return new Promise<Json>((resolve, reject) => {
        waiting.set(token, { execution, resolve, reject });
      });
    },
    expire(token) {
      const found = waiting.get(token);
      if (!found) return;
      tokensOf(found).delete(token);
      waiting.delete(token);
    },
    succeed: (token, output) => take(token).resolve(output),
    fail: (token, error, cause) => take(token).reject(new TaskError(error, cause)),
  };
}

function tokensOf(found: Waiting): Set<string> {
  return found.execution.tokens;
}
