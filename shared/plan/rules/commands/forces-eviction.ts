import { commandRule } from '../commands.ts';

export const forcesEviction = commandRule({
  id: 'forces-eviction',
  severity: 'warning',
  reason:
    'Force ignores disruption budgets and leaves volumes attached to what may still run; it does not make a node group anew.',
  mistakes: [
    {
      pattern: /\bupdate-nodegroup-version\b[^|;&]*\s--force\b/,
      message: 'All pods of the group are evicted, whatever their disruption budgets say',
      mend: 'Replace instances through the Auto Scaling group.',
    },
    {
      pattern: /\bkubectl\s+drain\b[^|;&]*\s--(?:force|disable-eviction)\b/,
      message: 'Pods go whatever their disruption budgets say, and those that nobody makes anew are gone',
      mend: 'Use k8s.drain, which respects disruption budgets and says which one holds it up.',
    },
    {
      pattern: /\bkubectl\s+delete\s+pods?\b[^|;&]*\s--(?:force\b|grace-period[= ]0\b)/,
      message: 'The API forgets the pod while it may still run, beside the one that takes its place',
      mend: 'Use k8s.delete-pod, which waits until it is gone and another one is Ready.',
    },
  ],
});
