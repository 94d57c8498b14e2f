import { commandRule } from '../commands.ts';

export const terraformTarget = commandRule({
  id: 'terraform-target',
  severity: 'warning',
  reason:
    'A targeted apply leaves half a system: a cluster without its node groups, a load balancer without its targets.',
  mistakes: [
    {
      pattern: /\b(?:terraform|tofu)\s+(?:plan|apply|destroy)\b[^|;&]*-target\b/,
      message: 'Only a part of the configuration is applied here',
      mend: 'Give the part a state of its own, and apply all of it.',
    },
  ],
});
