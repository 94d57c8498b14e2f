import { commandRule } from '../commands.ts';

export const mutableSource = commandRule({
  id: 'mutable-source',
  severity: 'warning',
  reason:
    'What a tag, a branch or an address stands for today may be something else, or nothing, when it is needed.',
  mistakes: [
    {
      pattern:
        /\b(?:kubectl|curl|wget|helm|git\s+clone|pip3?|npm)\b[^|;&]*?\bhttps?:\/\/(?:raw\.githubusercontent\.com|github\.com)\/\S+/,
      message: 'This is fetched from the internet in the middle of an outage',
      mend: 'Put the file into a bucket of the recovery region and name its version or its SHA-256.',
    },
    {
      pattern: /(?:--image[= ]|\bimage:\s*|\bdocker\s+pull\s+|=)[\w./-]+:latest\b/,
      message: 'The tag "latest" stands for whatever was pushed last',
      mend: 'Name the digest: image@sha256:…',
    },
    {
      pattern: /^[\w.-]+(?:\/[\w.-]+)+:(?:latest|stable|main|master|prod(?:uction)?|staging|dev)\b[\w.-]*$/,
      message: 'What this tag stands for changes with the next push',
      mend: 'Name the digest: image@sha256:…, or at least a version that is never pushed again.',
    },
    {
      pattern: /\bgit\s+(?:checkout|reset|revert)\b[^|;&]*\bHEAD~\d/,
      message: 'What HEAD~1 is depends on who pushed last',
      mend: 'Name the commit that is known to be good.',
    },
  ],
});
