import * as z from 'zod';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';
import { textOf } from './input.ts';
import { keyOf, rdsState, type SimulatedInstance } from './state.ts';

/** RDS applies a dynamic parameter within a minute or two. Experience; to be measured by drills. */
const applies = { minSeconds: 20, likelySeconds: 60, maxSeconds: 180 };

type Setting = { value: string; appliedAtMs: number };
const settingsOf = (world: World) =>
  world.state('rds-parameters', () => new Map<string, Map<string, Setting[]>>());

export function describeParameters(world: World, call: Call): unknown {
  const group = existingGroup(world, call);
  const set = settingsOf(world).get(group) ?? new Map<string, Setting[]>();
  return {
    Parameters: [...set].map(([ParameterName, settings]) => ({
      ParameterName,
      ParameterValue: settings.at(-1)?.value,
      Source: 'user',
      ApplyType: 'dynamic',
    })),
  };
}

/** What somebody set in a cluster parameter group before the world begins. */
export function setClusterParameter(
  world: World,
  region: string,
  group: string,
  name: string,
  value: string,
) {
  const key = `cluster/${keyOf(region, group)}`;
  const set = settingsOf(world).get(key) ?? new Map<string, Setting[]>();
  settingsOf(world).set(key, set.set(name, [{ value, appliedAtMs: world.nowMs() }]));
}

export function describeClusterParameters(world: World, call: Call): unknown {
  const group = textOf(call, 'DBClusterParameterGroupName');
  const set = settingsOf(world).get(`cluster/${keyOf(call.region, group)}`) ?? new Map<string, Setting[]>();
  return {
    Parameters: [...set].map(([ParameterName, settings]) => ({
      ParameterName,
      ParameterValue: settings.at(-1)?.value,
      Source: 'user',
    })),
  };
}

export function modifyParameterGroup(world: World, call: Call): unknown {
  const group = existingGroup(world, call);
  const name = textOf(call, 'DBParameterGroupName');
  if (name.startsWith('default.')) {
    throw new SimulatedAwsError(
      'InvalidDBParameterGroupStateFault',
      'Default DBParameterGroups can not be modified.',
    );
  }
  const given = z
    .array(z.object({ ParameterName: z.string(), ParameterValue: z.string() }))
    .parse(call.input.Parameters);
  const set = settingsOf(world).get(group) ?? new Map<string, Setting[]>();
  settingsOf(world).set(group, set);
  for (const { ParameterName, ParameterValue: value } of given) {
    const seconds = world.duration(applies, `rds-parameter/${group}/${ParameterName}/${value}`);
    const before = set.get(ParameterName) ?? [];
    set.set(ParameterName, [...before, { value, appliedAtMs: world.nowMs() + seconds * 1000 }]);
    world.after(seconds, `rds/${name}`, `${ParameterName} = ${value} holds in ${name}`, () => {});
  }
  world.changed(`rds/${name}`, `Parameters of ${name} were changed`, 'lifeboat');
  return { DBParameterGroupName: name };
}

/** Whether the parameter group of an instance lets it take no writes, whatever its role is. */
export function isSetReadOnly(world: World, { region, shown }: SimulatedInstance): boolean {
  return (shown.DBParameterGroups ?? []).some(({ DBParameterGroupName: name = '' }) => {
    const settings = settingsOf(world).get(keyOf(region, name))?.get('read_only') ?? [];
    return settings.findLast(({ appliedAtMs }) => appliedAtMs <= world.nowMs())?.value === '1';
  });
}

function existingGroup(world: World, call: Call): string {
  const name = textOf(call, 'DBParameterGroupName');
  const key = keyOf(call.region, name);
  if (rdsState(world).parameterGroups.has(key)) return key;
  throw new SimulatedAwsError('DBParameterGroupNotFoundFault', `DBParameterGroup not found: ${name}`, 404);
}
