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
      pattern: /\b[a-z][a-z0-9+.]*:\/\/[^\s:/@"'$]*:(?!\$|<)[^\s:/@"'$]+@/i,
      message: 'A password stands in an address in the plan',
      mend: 'Keep the whole address in a secret that the application reads, and write it with secrets.put-value.',
    },
    {
      pattern:
        /\bkubectl\s+(?:apply|create|replace)\b[^|;&]*\s(?:-f|--filename)[= ]\S*secret\S*\.(?:ya?ml|json)\b/,
      message: 'Secrets come from a file, where they lie in clear, as old as the file is',
      mend: 'Use k8s.create-secret, which takes the present values from Secrets Manager in memory.',
    },
    {
      pattern: /--with-decryption\b[^;&]*>\s*\S+|--from-env-file=\/tmp\/\S+/,
      message: 'Decrypted secrets lie in a file on the machine of whoever types this',
      mend: 'Use k8s.create-secret, which passes them on in memory.',
    },
  ],
});
