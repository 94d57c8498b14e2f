import { commandRule } from '../commands.ts';

export const shellState = commandRule({
  id: 'shell-state',
  severity: 'error',
  reason:
    'It sets something on the machine of whoever types it, for the commands that follow; the same command on another machine hits another region or another cluster.',
  mistakes: [
    {
      pattern: /^\s*export\s+\w+=|\bset\s+-gx\s/,
      message: 'A variable of a shell is no part of a plan',
      mend: 'Say the region with the component; values for a build go into the "environment" of codebuild.run.',
    },
    {
      pattern:
        /\bkubectl\s+config\s+(?:use|set)-context\b|\bkubectl\b[^|;&]*\s--(?:context|kubeconfig)[= ]|\bKUBECONFIG=|\b(?:kubectx|kubens)\s+\S|\baws\s+eks\s+update-kubeconfig\b/,
      message: 'Which cluster the next command reaches depends on the machine that it is typed on',
      mend: 'Name the cluster as a component: each k8s step goes to the one of its deployment. eks.connect shows that it answers.',
    },
    {
      pattern: /\baws\b[^|;&]*\s--profile[= ]|\bAWS_PROFILE=/,
      message: 'Which account and role this uses depends on the machine that it is typed on',
      mend: 'Use the action for it, whose function has a role of its own; for what has none, ssm.automation or codebuild.run.',
    },
    {
      pattern: /^\s*(?:cd|pushd)\s+\S+\s*$/,
      message: 'Where the next command runs depends on the machine that it is typed on',
      mend: 'Give codebuild.run a source that is pinned; its buildspec says in which folder it works.',
    },
    {
      pattern: /\b(?:terraform|tofu)\s+workspace\s+select\b/,
      message: 'Which state is changed depends on what was selected before',
      mend: 'Give codebuild.run a source and an environment of its own for each workspace.',
    },
  ],
});
