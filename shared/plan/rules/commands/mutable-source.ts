import { hasExpression } from '../../expression.ts';
import type { CheckContext, LintRule } from '../../lint-rule.ts';
import { commandRule } from '../commands.ts';
import { workingTexts } from '../texts.ts';

const mendImage = 'Name the digest: image@sha256:…, or at least a version that is never pushed again.';

const inCommands = commandRule({
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
      pattern: /\b(?:curl|wget)\b[^;&]*\bhttps?:\/\/[^;&]*\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b/,
      message: 'What is fetched here is carried out without anybody having seen it',
      mend: 'Put the script into a bucket of the recovery region, and run it with codebuild.run by its version.',
    },
    {
      pattern: /(?:--image[= ]|\bimage["']?:\s*["']?|\bdocker\s+pull\s+|=)[\w./-]+:latest\b[\w.-]*/,
      message: 'The tag "latest" stands for whatever was pushed last',
      mend: 'Name the digest: image@sha256:…',
    },
    {
      pattern: /--image[= ](?!\S*[:$<])[\w./-]+/,
      message: 'An image without a tag is "latest", whatever was pushed last',
      mend: 'Name the digest: image@sha256:…',
    },
    {
      pattern: /\bgit\s+(?:checkout|reset|revert)\b[^|;&]*\bHEAD(?:~|\^|@)/,
      message: 'What HEAD~1 is depends on who pushed last',
      mend: 'Name the commit that is known to be good.',
    },
    {
      pattern:
        /\bgit\s+(?:pull\b|(?:checkout|switch|clone\s+(?:-b|--branch))\s+(?:main|master|develop|production)\b)/,
      message: 'What a branch is depends on who pushed last, and it comes from where it may not be reached',
      mend: 'Name the commit that is known to be good, and have a copy in the recovery region.',
    },
    {
      pattern: /\bhelm\s+(?:install|upgrade)\b(?=[^|;&]*\s(?!charts?\/)[a-z0-9-]+\/[a-z0-9-]+(?:\s|$))/,
      unless: /--version[= ]|\s\.{0,2}\//,
      message: 'Without a version the chart is whatever was published last',
      mend: 'Name --version, and keep the chart in the recovery region.',
    },
  ],
});

export const mutableSource: LintRule = {
  ...inCommands,
  check: context => [...inCommands.check(context), ...images(context)],
};

/** Tags that are made to be moved. */
const moving = /:(?:latest|stable|main|master|prod(?:uction)?|staging|dev|edge|current)(?:-[\w.-]+)?$/;
/** A repository in a registry; without a registry it has no slash and a parameter says that it is one. */
const repository = /^[\w.-]+(?::\d+)?(?:\/[\w.-]+)+(?::[\w.-]+)?$/;

/** Images by a tag that moves, and those that are said to be an image by none at all. */
function images({ plan }: CheckContext) {
  return workingTexts(plan).flatMap(({ text, path }) => {
    const isImage = path.at(-1) === 'image' && /^[\w./:-]+$/.test(text);
    if (hasExpression(text) || text.includes('@sha256:') || !(isImage || repository.test(text))) return [];
    const untagged = isImage && !/:[\w.-]+$/.test(text);
    if (!untagged && !moving.test(text)) return [];
    return [
      {
        rule: 'mutable-source',
        severity: 'warning' as const,
        path,
        message: untagged
          ? 'An image without a tag is "latest", whatever was pushed last'
          : 'What this tag stands for changes with the next push',
        mend: mendImage,
      },
    ];
  });
}
