import { readdirSync } from 'node:fs';
import type { SimulatedService } from './world/world.ts';

/** Every simulated service: one file in `simulator/services/` each, exported as `service`. */
export async function loadServices(): Promise<SimulatedService[]> {
  const files = readdirSync(new URL('services/', import.meta.url))
    .filter(file => file.endsWith('.ts'))
    .sort();
  const modules = await Promise.all(
    files.map(file => import(`./services/${file}`) as Promise<{ service: SimulatedService }>),
  );
  return modules.map(module => module.service);
}
