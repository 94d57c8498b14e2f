import { commandRule } from '../commands.ts';

export const blocksByAllowing = commandRule({
  id: 'blocks-by-allowing',
  severity: 'error',
  reason: 'Security groups only allow. What is authorized is let in, and an attacker is not kept out by it.',
  mistakes: [
    {
      pattern: /\bauthorize-security-group-(?:in|e)gress\b/,
      message: 'authorize-security-group-ingress lets traffic in; it blocks nothing',
      mend: 'Take rules away, put the instance into a quarantine group, or deny by a network ACL or WAF.',
    },
  ],
});
