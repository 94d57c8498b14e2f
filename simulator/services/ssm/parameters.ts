import { componentsOf } from '../../world/addresses.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';

type Parameter = { Name: string; Type: 'SecureString'; Value: string };

/** Parameters by region and full name; those of the plan exist before the outage. */
export function parametersOf(world: World): Map<string, Parameter> {
  return world.state('ssm-parameters', () => {
    const made = new Map<string, Parameter>();
    for (const { region, path, names } of componentsOf(world.plan, 'ssm-parameters')) {
      for (const name of names) {
        const Name = `${path}/${name}`;
        made.set(`${region}${Name}`, { Name, Type: 'SecureString', Value: `simulated value of ${name}` });
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

export function getParameter(world: World, { input, region }: Call): unknown {
  const found = parametersOf(world).get(`${region}${String(input.Name)}`);
  if (!found) throw new SimulatedAwsError('ParameterNotFound', `Parameter ${String(input.Name)} not found.`);
  return { Parameter: found };
}
