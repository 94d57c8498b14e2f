import type { Json } from '../../shared/json.ts';

/** An error of a task as a state machine sees it: `name` is Error, the message is Cause. */
export class TaskError extends Error {
  override readonly name: string;

  constructor(name: string, cause: string) {
    super(cause);
    this.name = name;
  }
}

/** What Step Functions makes of an error that a Lambda function throws: its name, and a Cause in JSON. */
export function lambdaError(thrown: unknown): TaskError {
  const name = thrown instanceof Error ? thrown.name : 'Error';
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new TaskError(name, JSON.stringify({ errorType: name, errorMessage: message, trace: [] }));
}

/** A value as it is after a crossing in JSON: no undefined, no class, nothing shared. */
export function throughJson(value: unknown): Json {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Json);
}
