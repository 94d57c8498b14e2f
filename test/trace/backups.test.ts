import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { exerciseBackups } from '../../simulator/exercise-backups.ts';
import { plan, planPath } from '../simulator/support/liquid-abt.ts';

it('checks, makes and proves every backup once, and says which of them were', async () => {
  const exercises = await exerciseBackups(plan, dirname(planPath));
  expect(exercises.map(({ name }) => name)).toEqual(['backups/check', 'backups/create', 'backups/verify']);
  const [checked, made, proven] = exercises.map(({ elements }) => elements);
  expect(checked).toContain('backups.database-automated');
  // RDS makes these by itself: there is nothing to start.
  expect(made).not.toContain('backups.database-automated');
  expect(made).toContain('backups.database-snapshots');
  expect(proven).toContain('backups.database-copies.verify.queries.purchases');
  expect(proven).not.toContain('backups.database-automated');
});

it('has nothing to do for a plan without backups', async () => {
  expect(await exerciseBackups({ ...plan, backups: {} }, dirname(planPath))).toEqual([]);
});
