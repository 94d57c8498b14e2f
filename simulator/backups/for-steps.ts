import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isThrowAway } from '../../shared/backups/verify/throw-away-tags.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import type { Network } from '../../shared/ports.ts';
import { stepsOf } from '../../shared/runbook/phases.ts';
import { clusterState } from '../services/rds/clusters.ts';
import { rdsState } from '../services/rds/state.ts';
import { dataFilesOf } from '../world/databases.ts';
import type { World } from '../world/world.ts';
import { arrangeBackups } from './arrange.ts';
import { asOfTheCut } from './as-of-the-cut.ts';

/** Makes the backups that steps of the plan make, check or prove; in other rehearsals none of them matters. */
export function arrangeBackupsForSteps(world: World, planDirectory: string): void {
  const only = backupsOfSteps(world.plan);
  if (only.length === 0) return;
  const [file] = dataFilesOf(world.plan);
  const sql = file === undefined ? '' : readFileSync(join(planDirectory, file), 'utf8');
  arrangeBackups(world, { sql, dataAtMs: world.outageStartedAtMs, only });
}

/** Proofs of backups find the data as it was when the backup was made; what a run restores for use is told otherwise. */
export function provenAsOfTheCut(world: World, connect: Network['sql']): Network['sql'] {
  const isProof = (host: string) =>
    [...rdsState(world).instances.values()].some(
      ({ shown }) => shown.Endpoint?.Address === host && isThrowAway(shown),
    ) ||
    [...clusterState(world).clusters.values()].some(
      ({ shown }) => shown.Endpoint === host && isThrowAway(shown),
    );
  return asOfTheCut(world, connect, world.outageStartedAtMs, isProof);
}

/** Ids of the backups that steps name, and of those that these are copies of. */
function backupsOfSteps({ scenarios, backups }: Plan): string[] {
  const named = Object.values(scenarios)
    .flatMap(({ phases }) => phases.flatMap(({ steps }) => stepsOf(steps)))
    .flatMap(step => (step.do.startsWith('backup.') ? [String(step.with.backup)] : []));
  const sources = named.flatMap(id => {
    const backup = backups[id];
    return backup?.type === 'rds-snapshot-copy' ? [backup.of] : [];
  });
  return [...new Set([...named, ...sources])];
}
