import { commandRule } from '../commands.ts';

export const interactiveCommand = commandRule({
  id: 'interactive-command',
  severity: 'error',
  reason:
    'A command that waits for a keyboard waits for ever in a recovery that nobody types in; a terminal also mangles what goes through it.',
  mistakes: [
    {
      // What stands behind "--" is for the program in the pod.
      pattern:
        /\b(?:kubectl|docker|podman|oc)\s+(?:exec|run)\b(?:(?!\s--\s)[^|;&])*\s(?:-(?:it|ti|t\s+-i|i\s+-t)\b|--tty\b(?!=false))/,
      message: 'This asks for a terminal, and there is none',
      mend: 'Leave out -t, or use k8s.exec, which takes the exit code from the API.',
    },
    {
      pattern: /\bdocker(?:-|\s+)compose\s+exec\b/,
      unless: /\s(?:-T|--no-TTY)\b/i,
      message: 'Compose asks for a terminal unless it is told otherwise, and there is none',
      mend: 'Say -T, or use k8s.exec or codebuild.run, which need no terminal.',
    },
    {
      pattern: /\baws\s+(?:ecs\s+execute-command|ssm\s+start-session)\b/,
      message: 'This opens a session for a person, and waits for what is typed',
      mend: 'Use ssm.automation or codebuild.run, which end by themselves and say how.',
    },
    {
      pattern: /\b(?:terraform|tofu)\s+(?:apply|destroy|import)\b/,
      unless: /-auto-approve|-input=false|\bplan\.tfplan|\.tfplan\b/,
      message: 'Terraform would ask for a "yes" here, and wait',
      mend: 'Apply a saved plan with -input=false, behind a people.approval.',
    },
    {
      pattern: /\bgpg2?\b[^|;&]*\s(?:--encrypt|--symmetric|-[a-z]*[ec][a-z]*)\b/,
      unless: /(?:\s-r|--recipient|--batch)\b/,
      message: 'gpg asks for a recipient or a passphrase here, and waits',
      mend: 'Name the recipient with --recipient and --batch, or let S3 encrypt with a KMS key.',
    },
  ],
});
