import { readdirSync } from 'node:fs';
import type { SimulatedService } from './world/world.ts';

let loaded: Promise<SimulatedService[]> | undefined;

/** Every simulated service: one file in `simulator/services/` each, exported as `service`. */
export function loadServices(): Promise<SimulatedService[]> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<SimulatedService[]> {
  const files = readdirSync(new URL('services/', import.meta.url))
    .filter(file => file.endsWith('.ts'))
    .sort();
  const modules = await Promise.all(
    files.map(
      file => import(/* @vite-ignore */ `./services/${file}`) as Promise<{ service: SimulatedService }>,
    ),
  );
  return modules.map(module => module.service);
}
