import { commandRule } from '../commands.ts';

export const cleanUpByCommand = commandRule({
  id: 'clean-up-by-command',
  severity: 'warning',
  reason:
    'A clean-up at the end of a list is reached only if everything before it went well, and nothing looks what it deletes.',
  mistakes: [
    {
      pattern: /\baws\s+rds\s+delete-db-(?:instance|cluster)\b/,
      message: 'A database is deleted by its name, whoever made it',
      mend: "Let a drill or a backup's verify tear down what it made: that happens always, and by the run's tag only.",
    },
    {
      pattern: /\bkubectl\s+delete\s+(?:namespaces?|ns)[\s/]/,
      message: 'A namespace is deleted by its name, with all that is in it',
      mend: 'Let a drill tear down what it made: that happens always.',
    },
    {
      pattern: /\bhelm\s+(?:uninstall|delete)\b/,
      message: 'A release is deleted by its name, whoever made it',
      mend: 'Let a drill tear down what it made: that happens always.',
    },
    {
      pattern:
        /\b(?:terraform|tofu|pulumi|cdk)\s+destroy\b|\baws\s+cloudformation\s+delete-stack\b|\bterraform\s+apply\b[^|;&]*-destroy\b/,
      message: 'Whatever the state names is destroyed, volumes included',
      mend: 'Build beside it, and destroy nothing before a verified backup is younger than the RPO and a person has approved.',
    },
  ],
});
