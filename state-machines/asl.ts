import type { Json, JsonObject } from '../shared/json.ts';

/** The part of the Amazon States Language (JSONPath form) that Lifeboat's machines are written in. */
export type Retrier = {
  ErrorEquals: string[];
  IntervalSeconds: number;
  BackoffRate: number;
  MaxAttempts: number;
};
export type Catcher = { ErrorEquals: string[]; ResultPath: string | null; Next: string };

type Transition = { Next: string } | { End: true };

export type TaskState = {
  Type: 'Task';
  Comment: string;
  Resource: string;
  Parameters: JsonObject;
  TimeoutSeconds?: number;
  TimeoutSecondsPath?: string;
  ResultSelector?: JsonObject;
  ResultPath?: string | null;
  OutputPath?: string;
  Retry: Retrier[];
  Catch: Catcher[];
} & Transition;

export type PassState = {
  Type: 'Pass';
  Comment: string;
  Parameters?: JsonObject;
  Result?: Json;
  ResultPath?: string | null;
} & Transition;

export type WaitState = {
  Type: 'Wait';
  Comment: string;
  Seconds?: number;
  SecondsPath?: string;
  Next: string;
};

export type ChoiceRule = { [key: string]: Json } & { Next: string };
export type ChoiceState = { Type: 'Choice'; Comment: string; Choices: ChoiceRule[]; Default: string };

export type ParallelState = {
  Type: 'Parallel';
  Comment: string;
  Branches: Branch[];
  ResultSelector?: JsonObject;
  OutputPath?: string;
  ResultPath?: string | null;
} & Transition;

/** Only a distributed one, whose items are executions of their own. */
export type MapState = {
  Type: 'Map';
  Comment: string;
  ItemsPath: string;
  MaxConcurrencyPath: string;
  ItemProcessor: Branch & { ProcessorConfig: { Mode: 'DISTRIBUTED'; ExecutionType: 'STANDARD' } };
  ResultPath: null;
} & Transition;

export type SucceedState = { Type: 'Succeed'; Comment: string; OutputPath?: string };
export type FailState = { Type: 'Fail'; Comment: string; Error: string; Cause: string };

export type State =
  | TaskState
  | PassState
  | WaitState
  | ChoiceState
  | ParallelState
  | MapState
  | SucceedState
  | FailState;
export type Branch = { StartAt: string; States: Record<string, State> };
export type Definition = Branch & { Comment: string; TimeoutSeconds: number };

/** Names of the states that can come right after this one, its catchers' included. */
export function successors(state: State): string[] {
  const next: string[] = [];
  if ('Next' in state) next.push(state.Next);
  if (state.Type === 'Choice') next.push(...state.Choices.map(choice => choice.Next), state.Default);
  if (state.Type === 'Task') next.push(...state.Catch.map(catcher => catcher.Next));
  return [...new Set(next)];
}

/** Every state of a definition with its name, those of parallel branches included. */
export function allStates(branch: Branch): [name: string, state: State][] {
  return Object.entries(branch.States).flatMap(([name, state]): [string, State][] => [
    [name, state],
    ...(state.Type === 'Parallel' ? state.Branches.flatMap(allStates) : []),
    ...(state.Type === 'Map' ? allStates(state.ItemProcessor) : []),
  ]);
}

/** Not after a second dollar sign, which makes it plain text of the plan. */
const token = /(?<!\$)\$\{([A-Z][A-Za-z0-9]*Arn)\}/g;

/** Names of the ARNs that a definition leaves open, such as `StepMachineArn`, each once, sorted. */
export function openArns(definition: Definition): string[] {
  const found = [...JSON.stringify(definition).matchAll(token)].map(match => match[1] ?? '');
  return [...new Set(found)].sort();
}

/**
 * Puts ARNs where a definition names them as `${StepMachineArn}`. Other `${…}` texts are expressions of the plan,
 * which the step executor resolves during a run, and stay as they are. A name without an ARN stays too.
 */
export function fillArns(definition: Definition, arns: Readonly<Record<string, string>>): Definition {
  const fill = (value: Json): Json => {
    if (typeof value === 'string') return value.replaceAll(token, (text, name: string) => arns[name] ?? text);
    if (Array.isArray(value)) return value.map(fill);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item)]));
  };
  return fill(definition as Json) as Definition;
}
