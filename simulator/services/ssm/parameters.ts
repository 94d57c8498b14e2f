import { componentsOf } from '../../world/addresses.ts';
import { keepHistory, seenState } from '../../world/history.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';

type Parameter = { Name: string; Type: 'SecureString' | 'String'; Value: string; Version: number };

/** Parameters by region and full name; those of the plan exist before the outage. */
export function parametersOf(world: World): Map<string, Parameter> {
  return world.state('ssm-parameters', () => {
    const made = new Map<string, Parameter>();
    for (const { region, path, names, texts } of componentsOf(world.plan, 'ssm-parameters')) {
      for (const name of names) {
        const Name = `${path}/${name}`;
        const text = Object.hasOwn(texts, name) ? texts[name] : undefined;
        const Value = text ?? `simulated value of ${name}`;
        made.set(`${region}${Name}`, {
          Name,
          Type: text === undefined ? 'SecureString' : 'String',
          Value,
          Version: 1,
        });
      }
    }
    return made;
  });
}

/** Ten parameters a page, as Systems Manager gives at the most. */
export function getParametersByPath(world: World, { input, region }: Call): unknown {
  const path = String(input.Path);
  const own = [...parametersOf(world)]
    .filter(([key, { Name }]) => key === `${region}${Name}` && Name.startsWith(`${path}/`))
    .map(([, parameter]) => parameter);
  const from = Number(input.NextToken ?? 0);
  const Parameters = own.slice(from, from + 10);
  return { Parameters, ...(own.length > from + 10 && { NextToken: String(from + 10) }) };
}

/** Parameters by region and full name, for reads that may be stale. */
const keptAs = 'ssm-parameters';
export function keepParameters(world: World): void {
  keepHistory(world, keptAs, () => parametersOf(world), 'ssm');
}

export function getParameter(world: World, { input, region }: Call): unknown {
  const found = seenState(world, keptAs, parametersOf(world)).get(`${region}${String(input.Name)}`);
  if (!found) throw new SimulatedAwsError('ParameterNotFound', `Parameter ${String(input.Name)} not found.`);
  return { Parameter: found };
}

/** Overwrites a parameter of the same type, or makes one. */
export function putParameter(world: World, { input, region }: Call): unknown {
  const key = `${region}${String(input.Name)}`;
  const found = parametersOf(world).get(key);
  if (found && input.Overwrite !== true) {
    const message =
      'The parameter already exists. To overwrite this value, set the overwrite option to true.';
    throw new SimulatedAwsError('ParameterAlreadyExists', message);
  }
  const Version = (found?.Version ?? 0) + 1;
  const Type = found?.Type ?? (input.Type === 'SecureString' ? 'SecureString' : 'String');
  parametersOf(world).set(key, { Name: String(input.Name), Type, Value: String(input.Value), Version });
  world.changed(`ssm/${String(input.Name)}`, `The parameter has version ${Version}`, 'lifeboat');
  return { Version, Tier: 'Standard' };
}
