import type { JsonObject } from '../../../shared/json.ts';
import { allStates, type Definition, fillArns, openArns } from '../../../state-machines/asl.ts';

export const region = 'us-east-1';
/** The account that moto plays. */
const account = '123456789012';

export const machineArn = (name: string) => `arn:aws:states:${region}:${account}:stateMachine:${name}`;
export const functionArn = (name: string) => `arn:aws:lambda:${region}:${account}:function:${name}`;
export const lastPart = (arn: string) => arn.slice(arn.lastIndexOf(':') + 1);

/** A definition whose ARNs point at the machines and functions of the suite. */
export function withArns(definition: Definition): Definition {
  const arns = openArns(definition).map(name => {
    const machine = /^(.+)MachineArn$/.exec(name)?.[1];
    const arn = machine
      ? machineArn(machine.toLowerCase())
      : functionArn(name.replace(/FunctionArn$/, '').toLowerCase());
    return [name, arn];
  });
  return fillArns(definition, Object.fromEntries(arns));
}

/** The function that starts nested executions in moto's stead. */
export const nested = 'nested-execution';

/**
 * The definition as moto can run it, in real time. What differs from the one that is deployed, and nothing else does:
 * waits of a fixed length and the pauses of retries last a second, and a nested execution is asked of a function,
 * which starts it in moto. moto 5.2.3 would call its own API with the parameters in capital letters, which it then
 * does not know, and would look for the ARN of the reply in capital letters too.
 */
export function forMoto(definition: Definition): Definition {
  const copy = structuredClone(definition);
  for (const [, state] of allStates(copy)) {
    if (state.Type === 'Wait' && state.Seconds !== undefined) state.Seconds = 1;
    if (state.Type !== 'Task') continue;
    for (const retrier of state.Retry) Object.assign(retrier, { IntervalSeconds: 1, BackoffRate: 1 });
    if (!state.Resource.includes(':states:startExecution')) continue;
    const wait = state.Resource.endsWith('.sync');
    state.Resource = 'arn:aws:states:::lambda:invoke';
    state.Parameters = { FunctionName: functionArn(nested), Payload: { wait, request: state.Parameters } };
    if (state.ResultSelector) {
      const selector = JSON.stringify(state.ResultSelector).replaceAll('$.Output', '$.Payload.Output');
      state.ResultSelector = JSON.parse(selector) as JsonObject;
    }
  }
  return copy;
}

/** Where states of a Map are. */
export const inMap = 'map';

/** Where each state is: '' at the top, otherwise the parallel branch that it belongs to, or `inMap`. */
export function placesOf(definition: Definition): Map<string, string> {
  const places = new Map<string, string>();
  const visit = (branch: Pick<Definition, 'States'>, place: string) => {
    for (const [name, state] of Object.entries(branch.States)) {
      places.set(name, place);
      if (state.Type === 'Parallel')
        state.Branches.forEach((inner, index) => {
          visit(inner, `${place}/${name}[${index}]`);
        });
      if (state.Type === 'Map') visit(state.ItemProcessor, inMap);
    }
  };
  visit(definition, '');
  return places;
}
