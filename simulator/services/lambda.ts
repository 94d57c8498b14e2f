import * as z from 'zod';
import { componentsOf } from '../world/addresses.ts';
import { menders, playAssumedRepairs } from '../world/assumed-repairs.ts';
import { resourceId } from '../world/fleet.ts';
import { keepHistory, seenState } from '../world/history.ts';
import { askOtherTriage, systemOfTriage } from '../world/other-systems.ts';
import {
  type Blow,
  type Call,
  SimulatedAwsError,
  type SimulatedService,
  type World,
} from '../world/world.ts';
import { schedulerOf } from './scheduler.ts';

/** Enabling and Disabling take a while; experience. */
const switchDuration = { minSeconds: 5, likelySeconds: 20, maxSeconds: 70 };

type SimulatedFunction = {
  name: string;
  region: string;
  works: boolean;
  tokens: string[];
  runs: number;
  reserved: number | undefined;
};
type SimulatedMapping = {
  uuid: string;
  region: string;
  state: 'Enabled' | 'Disabled' | 'Enabling' | 'Disabling';
};
type LambdaState = { functions: SimulatedFunction[]; mappings: SimulatedMapping[] };

export const lambdaState = (world: World) =>
  world.state<LambdaState>('lambda', () => ({ functions: [], mappings: [] }));

/** AWS Lambda: functions of the system that a plan runs, and what feeds them. */
export const service: SimulatedService = {
  name: 'lambda',
  operations: {
    GetFunctionConfiguration: (world, call) => {
      const { region, input } = call;
      const triage = systemOfTriage(world, region, input.FunctionName);
      const name = triage ? String(input.FunctionName) : functionOf(world, call).name;
      return {
        FunctionName: name,
        FunctionArn: `arn:aws:lambda:${region}:123456789012:function:${name}`,
        State: 'Active',
        Timeout: 30,
        Version: input.Qualifier ?? '$LATEST',
      };
    },
    Invoke: invoke,
    GetFunctionConcurrency: (world, call) => {
      const { reserved } = functionOf(world, call, seenState(world, 'lambda', lambdaState(world)));
      return reserved === undefined ? {} : { ReservedConcurrentExecutions: reserved };
    },
    PutFunctionConcurrency: (world, call) =>
      reserve(world, call, Number(call.input.ReservedConcurrentExecutions)),
    DeleteFunctionConcurrency: (world, call) => reserve(world, call, undefined),
    GetEventSourceMapping: (world, call) =>
      shown(mappingOf(seenState(world, 'lambda', lambdaState(world)), call)),
    UpdateEventSourceMapping: updateMapping,
  },
  arrange(world, plan) {
    const { functions, mappings } = lambdaState(world);
    menders(world).set('lambda-function', component => {
      for (const one of functions) {
        if ('name' in component && one.name === component.name && one.region === component.region)
          one.works = true;
      }
    });
    for (const { name, region, reserved } of componentsOf(plan, 'lambda-function')) {
      functions.push({ name, region, works: true, tokens: [], runs: 0, reserved });
    }
    for (const { uuid, region, enabled } of componentsOf(plan, 'event-source-mapping')) {
      mappings.push({ uuid, region, state: enabled ? 'Enabled' : 'Disabled' });
    }
    keepHistory(world, 'lambda', () => lambdaState(world));
  },
  strike,
};

/** Lambda quotas: of 1,000 concurrent executions of an account, 100 stay with the functions that reserve none. */
const mostReserved = 900;

function reserve(world: World, call: Call, reserved: number | undefined): unknown {
  const found = functionOf(world, call);
  const others = lambdaState(world).functions.filter(one => one.region === call.region && one !== found);
  const taken = others.reduce((sum, one) => sum + (one.reserved ?? 0), reserved ?? 0);
  if (taken > mostReserved) {
    const message =
      "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].";
    throw new SimulatedAwsError('InvalidParameterValueException', message);
  }
  found.reserved = reserved;
  world.changed(`lambda/${found.name}`, `${reserved ?? 'Any number'} may run at once`, 'lifeboat');
  return reserved === undefined ? {} : { ReservedConcurrentExecutions: reserved };
}

function functionOf(
  world: World,
  { input, region }: Call,
  { functions }: LambdaState = lambdaState(world),
): SimulatedFunction {
  const found = functions.find(one => one.name === input.FunctionName && one.region === region);
  if (found) return found;
  throw new SimulatedAwsError('ResourceNotFoundException', `Function not found: ${input.FunctionName}`, 404);
}

const payloadSchema = z.object({ lifeboat: z.object({ token: z.string() }).optional() });

/** Runs a function once for each token, as a function does that keeps its tokens; what it answers shows how often. */
function invoke(world: World, call: Call): unknown {
  const name = String(call.input.FunctionName);
  // One of Lifeboat's own, without waiting for what it answers.
  if (call.input.InvocationType === 'Event' && name.includes(':function:lifeboat-')) {
    schedulerOf(world).call(name, new TextDecoder().decode(call.input.Payload as Uint8Array));
    return { StatusCode: 202 };
  }
  const text = new TextDecoder().decode(call.input.Payload as Uint8Array);
  const other = systemOfTriage(world, call.region, name);
  if (other) return answerOfTriage(world, other, text);
  const found = functionOf(world, call);
  const token = payloadSchema.parse(JSON.parse(text)).lifeboat?.token;
  const answer = (value: unknown) => ({
    StatusCode: 200,
    ExecutedVersion: call.input.Qualifier ?? '$LATEST',
    Payload: new TextEncoder().encode(JSON.stringify(value)),
  });
  if (found.reserved === 0) throw new SimulatedAwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
  if (!found.works) {
    const error = { errorType: 'Runtime.ExitError', errorMessage: 'RequestId: 1 Error: Runtime exited' };
    return { ...answer(error), FunctionError: 'Unhandled' };
  }
  if (token === undefined || !found.tokens.includes(token)) {
    found.runs += 1;
    if (token !== undefined) found.tokens.push(token);
    world.changed(`lambda/${found.name}`, 'The function ran', 'lifeboat');
    const component = componentsOf(world.plan, 'lambda-function').find(
      one => one.name === found.name && one.region === found.region,
    );
    const { lifeboat: _, ...given } = JSON.parse(text);
    if (component) playAssumedRepairs(world, component, given);
  }
  return answer({ ok: true, runs: found.runs });
}

/** The triage of another system that Lifeboat is deployed for. */
async function answerOfTriage(world: World, other: Parameters<typeof askOtherTriage>[1], text: string) {
  const reply = await askOtherTriage(world, other, JSON.parse(text));
  return {
    StatusCode: 200,
    ExecutedVersion: '$LATEST',
    Payload: new TextEncoder().encode(JSON.stringify(reply)),
  };
}

function mappingOf({ mappings }: LambdaState, { input, region }: Call): SimulatedMapping {
  const found = mappings.find(one => one.uuid === input.UUID && one.region === region);
  if (found) return found;
  throw new SimulatedAwsError('ResourceNotFoundException', 'The resource you requested does not exist.', 404);
}

function shown({ uuid, region, state }: SimulatedMapping) {
  return {
    UUID: uuid,
    State: state,
    StateTransitionReason: 'User action',
    FunctionArn: `arn:aws:lambda:${region}:123456789012:function:consumer`,
    LastProcessingResult: 'No records processed',
  };
}

function updateMapping(world: World, call: Call): unknown {
  const mapping = mappingOf(lambdaState(world), call);
  if (mapping.state === 'Enabling' || mapping.state === 'Disabling') {
    const message = 'Cannot update the event source mapping because it is in use.';
    throw new SimulatedAwsError('ResourceInUseException', message);
  }
  const enabled = call.input.Enabled === true;
  const resource = `lambda/${mapping.uuid}`;
  mapping.state = enabled ? 'Enabling' : 'Disabling';
  world.changed(resource, `The mapping is ${mapping.state}`, 'lifeboat');
  const key = `${resource}/${resourceId(world, 'switch', `${mapping.uuid}/${world.nowMs()}`)}`;
  world.after(world.duration(switchDuration, key), resource, 'The mapping has switched', () => {
    mapping.state = enabled ? 'Enabled' : 'Disabled';
  });
  return shown(mapping);
}

function strike(world: World, { type, component }: Blow): (() => boolean) | undefined {
  if (component.type !== 'lambda-function' || (type !== 'failure' && type !== 'loss')) return undefined;
  const found = lambdaState(world).functions.find(
    one => one.name === component.name && one.region === component.region,
  );
  if (!found) return undefined;
  found.works = false;
  world.changed(`lambda/${found.name}`, 'The function fails');
  return () => !found.works;
}
