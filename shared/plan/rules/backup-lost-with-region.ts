import type { LintRule } from '../lint-rule.ts';
import type { Backup, Plan } from '../schema.ts';
import { lostRegion } from './step-facts.ts';

export const backupLostWithRegion: LintRule = {
  id: 'backup-lost-with-region',
  severity: 'warning',
  reason: 'A backup that lies where the disaster is goes with it, or can not be reached as long as it lasts.',
  check: ({ plan, scenarios }) => {
    const lost = scenarios
      .map(view => lostRegion(plan, view))
      .find(region => region === plan.regions.primary);
    if (lost === undefined) return [];
    return Object.entries(plan.backups).flatMap(([id, backup]) => {
      const places = placesOf(backup);
      if (!places || places.some(region => region !== lost) || isKeptElsewhere(plan, id, backup, lost))
        return [];
      return [
        {
          rule: backupLostWithRegion.id,
          severity: 'warning' as const,
          path: 'region' in backup ? ['backups', id, 'region'] : ['backups', id],
          ...(!('region' in backup) && { at: 'key' as const }),
          message: `"${id}" lies in ${lost} only, the region that a scenario of this plan loses`,
          mend: 'Replicate it to the recovery region, and say so with "copy" ("copyRegion" for volumes).',
        },
      ];
    });
  },
};

/** Where it lies. Undefined for databases, which are judged by the scenarios that restore them. */
function placesOf(backup: Backup): string[] | undefined {
  switch (backup.type) {
    case 'kubernetes-export':
    case 'secrets-export':
    case 'terraform-state':
      return [backup.region, ...(backup.copy ? [backup.copy.region] : [])];
    case 'volumes':
      return [backup.region, ...(backup.copyRegion ? [backup.copyRegion] : [])];
    default:
      return undefined;
  }
}

/** A second class of the same sort may be what is outside, such as exports of the recovery cluster. */
function isKeptElsewhere(plan: Plan, id: string, { type }: Backup, lost: string): boolean {
  return Object.entries(plan.backups).some(
    ([other, backup]) =>
      other !== id && backup.type === type && placesOf(backup)?.some(region => region !== lost),
  );
}
