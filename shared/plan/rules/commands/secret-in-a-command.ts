import { objectOrEmpty } from '../../../json.ts';
import { hasExpression } from '../../expression.ts';
import type { CheckContext, LintRule } from '../../lint-rule.ts';
import { commandRule } from '../commands.ts';

const inCommands = commandRule({
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
      pattern: /(?:-H|--header)[= ]*["']?X-[\w-]*(?:key|token|secret)\w*:\s*(?![$<])[\w.~+/-]{8,}/i,
      message: 'A key stands in the plan',
      mend: 'Name it by reference, secret:NAME#key, in an http.request.',
    },
    {
      // By what they begin with: AWS, GitHub, Stripe, Slack.
      pattern: /\b(?:AKIA[A-Z0-9]{16}|gh[opsu]_\w{30,}|sk_live_\w{10,}|xox[abps]-[\w-]{10,})/,
      message: 'A key stands in the plan, and is to be taken for known',
      mend: 'Replace it at its issuer, keep the new one in Secrets Manager, and name it by reference.',
    },
    {
      pattern:
        /\b(?:[A-Z][A-Z0-9_]*_)?(?:API_?KEY|SECRET(?:_KEY)?|TOKEN|PASSWORD|PASSWD)=(?!["']?[$<])["']?(?!your\b|(?:secret|ssm|arn):)[^\s"']{8,}/,
      message: 'A secret stands in the plan',
      mend: 'Name it by reference, secret:NAME#key.',
    },
    {
      pattern: /--from-literal[= ]["']?[\w.-]*(?:pass|pwd|secret|token|key)[\w.-]*=(?!["']?\$)\S+/i,
      message: 'A secret stands in the plan',
      mend: 'Use k8s.create-secret, which takes the present values from Secrets Manager in memory.',
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
      pattern:
        /(?:--with-decryption\b|\bget-secret-value\b)[^;&]*>\s*(?!\/dev\/null)\S+|--from-env-file=\/tmp\/\S+|\bkubectl\s+get\s+secrets?\b[^|;&]*\s-o\s*(?:yaml|json)\b[^|;&]*>\s*\S+/,
      message: 'Decrypted secrets lie in a file on the machine of whoever types this',
      mend: 'Use k8s.create-secret, which passes them on in memory.',
    },
  ],
});

export const secretInACommand: LintRule = {
  ...inCommands,
  check: context => [...inCommands.check(context), ...headers(context)],
};

/** Headers that carry a credential, with the value itself. */
function headers({ scenarios }: CheckContext) {
  return scenarios.flatMap(({ steps }) =>
    steps.flatMap(({ step, path }) => {
      const given = step.do === 'http.request' ? step.with.headers : undefined;
      return Object.entries(objectOrEmpty(given)).flatMap(([name, value]) => {
        const secret = /^(?:authorization|cookie)$|api-?key|token|secret/i.test(name);
        if (!secret || typeof value !== 'string' || hasExpression(value)) return [];
        return [
          {
            rule: 'secret-in-a-command',
            severity: 'error' as const,
            path: [...path, 'with', 'headers', name],
            message: `The value of the header ${name} stands in the plan`,
            mend: 'Name it by reference: { secret: secret:NAME#key }, with "prefix" for a word before it.',
          },
        ];
      });
    }),
  );
}
