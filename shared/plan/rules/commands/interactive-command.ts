import { commandRule } from '../commands.ts';

export const interactiveCommand = commandRule({
  id: 'interactive-command',
  severity: 'error',
  reason:
    'A command that waits for a keyboard waits for ever in a recovery that nobody types in; a terminal also mangles what goes through it.',
  mistakes: [
    {
      pattern: /\b(?:kubectl|docker|podman|oc)\s+(?:exec|run)\b[^|;&]*\s-(?:it|ti|t\s+-i|i\s+-t)\b/,
      message: 'This asks for a terminal, and there is none',
      mend: 'Leave out -t, or use k8s.exec, which takes the exit code from the API.',
    },
    {
      pattern: /\bterraform\s+(?:apply|destroy|import)\b/,
      unless: /-auto-approve|-input=false|\bplan\.tfplan|\.tfplan\b/,
      message: 'Terraform would ask for a "yes" here, and wait',
      mend: 'Apply a saved plan with -input=false, behind a people.approval.',
    },
    {
      pattern: /\bgpg\b[^|;&]*--encrypt\b/,
      unless: /(?:\s-r|--recipient|--batch)\b/,
      message: 'gpg asks for a recipient here, and waits',
      mend: 'Name the recipient with --recipient and --batch, or let S3 encrypt with a KMS key.',
    },
  ],
});
