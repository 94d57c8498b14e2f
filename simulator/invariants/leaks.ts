import { leaksOf, stillWorks } from '../services/secretsmanager/leaks.ts';
import type { World } from '../world/world.ts';
import type { Check, Ending } from './endings.ts';

/** Who says "recovered" after an intrusion says that what leaked does not work any more. */
export function checkLeaks(world: World, { ledger, run }: Ending, check: Check): void {
  const end = ledger.findLast(({ entry }) => entry.type === 'run-ended' && entry.run === run?.id)?.entry;
  const recovered = end?.type === 'run-ended' && end.outcome === 'recovered';
  if (!recovered || run?.mode === 'drill' || run?.mode === 'dry-run') return;
  for (const leak of leaksOf(world)) {
    const works = stillWorks(world, leak);
    check(
      'leaked-secrets-are-dead',
      works ? `recovered, and the leaked value of ${leak.secret} still works` : undefined,
    );
  }
}
