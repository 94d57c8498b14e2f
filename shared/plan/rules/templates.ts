import type { Problem } from '../finding.ts';
import type { CheckContext } from '../lint-rule.ts';
import { expressionProblems } from './expressions.ts';
import { checkLookUp, oneOf } from './look-ups.ts';
import { fieldsOfTemplate } from './named-parameters.ts';

/** Fields of message templates have to exist: an empty place in a message is found out by those who read it. */
export function checkTemplates(context: CheckContext): Problem[] {
  return Object.entries(context.plan.templates).flatMap(([id, template]) => {
    const fields = fieldsOfTemplate(context, id);
    return (['subject', 'text', 'sms'] as const).flatMap(key =>
      expressionProblems(template[key] ?? '', ['templates', id, key], ([root = '', ...rest]) => {
        if (root === 'message') return oneOf(rest, fields, 'message');
        if (['run', 'incident', 'system', 'regions'].includes(root)) {
          return checkLookUp(context, undefined, [root, ...rest]);
        }
        return {
          message: `a template serves every scenario and knows nothing of "${root}"`,
          mend: 'Use message, incident, run, system or regions.',
        };
      }),
    );
  });
}
