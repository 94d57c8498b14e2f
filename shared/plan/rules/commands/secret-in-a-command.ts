import { commandRule } from '../commands.ts';

export const secretInACommand = commandRule({
  id: 'secret-in-a-command',
  severity: 'error',
  reason: 'What stands in a plan stands in its history, in logs and in every report.',
  mistakes: [
    {
      pattern: /\bAuthorization:\s*(?:OAuth|Bearer|Basic)\s+(?!\$)[\w.~+/-]{6,}/i,
      message: 'A token stands in the plan',
      mend: 'Name it by reference, secret:NAME#key, in an http.request.',
    },
    {
      pattern: /\b(?:PGPASSWORD|MYSQL_PWD|AWS_SECRET_ACCESS_KEY)=(?!\$|"\$)\S+/,
      message: 'A password stands in the plan',
      mend: 'Name it by reference, secret:NAME#key.',
    },
    {
      pattern: /\s--(?:master-user-)?password[= ](?!\$|"\$)\S+/,
      message: 'A password stands in the plan',
      mend: 'Name it by reference, secret:NAME#key.',
    },
    {
      pattern: /--with-decryption\b[^;&]*>\s*\S+|--from-env-file=\/tmp\/\S+/,
      message: 'Decrypted secrets lie in a file on the machine of whoever types this',
      mend: 'Use k8s.create-secret, which passes them on in memory.',
    },
  ],
});
