import type { Plan } from '../shared/plan/schema.ts';
import { dialectOf } from '../shared/sql/dialects/dialects.ts';

/** What the databases of a plan speak: `deploy/shake-drivers.cjs` bundles their clients and no others. */
export function enginesOf({ components }: Pick<Plan, 'components'>): ('mysql' | 'postgres')[] {
  const spoken = Object.values(components).flatMap((component): ('mysql' | 'postgres')[] => {
    if (component.type === 'k8s-statefulset') return component.database ? ['postgres'] : [];
    if (!('writeProbe' in component)) return [];
    const engine = 'engine' in component ? component.engine : 'postgres';
    return dialectOf(engine)?.name === 'MySQL' ? ['mysql'] : ['postgres'];
  });
  return [...new Set(spoken)].sort();
}
