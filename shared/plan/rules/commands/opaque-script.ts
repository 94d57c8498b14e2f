import { commandRule } from '../commands.ts';

export const opaqueScript = commandRule({
  id: 'opaque-script',
  severity: 'warning',
  reason:
    'What a script does is seen by nobody who reads the plan, and it may be another one, or gone, when it is needed.',
  // A build has its source and its commit beside the script's name.
  about: ({ placed }) => placed?.step.do !== 'codebuild.run',
  mistakes: [
    {
      pattern: /^\s*(?:bash\s+|sh\s+)?(?:\.{0,2}\/)?(?:[\w.-]+\/)+[\w.-]+\.sh\b/,
      message: 'A script is run from wherever it lies on that day',
      mend: 'Say with actions what it does, or run it with codebuild.run from a source that is pinned and lies in the recovery region.',
    },
    {
      // In a pod it is part of an image, whose digest says which one it is.
      about: ({ placed }) => placed?.step.do !== 'k8s.exec' && placed?.step.do !== 'k8s.run',
      pattern:
        /^\s*(?:(?:python3?|node|ruby|perl|pwsh)\s+(?:-\w+\s+)*[\w./-]+\.(?:py|[cm]?[jt]s|rb|pl|ps1)\b|make\s+(?!sure\b|it\b)[a-z][\w-]*(?:\s+[A-Z_]+=\S+)*\s*$|ansible-playbook\s+\S+)/,
      message: 'What this does is not in the plan, and it is run from wherever it lies on that day',
      mend: 'Say with actions what it does, or run it with codebuild.run from a source that is pinned and lies in the recovery region.',
    },
    {
      pattern: /^\s*ssh\s+(?:-\S+\s+)*[\w@.-]+\s+\S/,
      message: 'What this does is known to one machine only, which may be the one that is lost',
      mend: 'Use ssm.automation, which keeps what was done, or codebuild.run in the recovery region.',
    },
  ],
});
