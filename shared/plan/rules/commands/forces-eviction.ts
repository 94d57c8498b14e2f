import { commandRule } from '../commands.ts';

export const forcesEviction = commandRule({
  id: 'forces-eviction',
  severity: 'warning',
  reason:
    '--force ignores disruption budgets and changes the version as well; it does not make a node group anew.',
  mistakes: [
    {
      pattern: /\bupdate-nodegroup-version\b[^|;&]*\s--force\b/,
      message: 'All pods of the group are evicted, whatever their disruption budgets say',
      mend: 'Replace instances through the Auto Scaling group.',
    },
  ],
});
