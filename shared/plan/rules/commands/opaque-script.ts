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
  ],
});
