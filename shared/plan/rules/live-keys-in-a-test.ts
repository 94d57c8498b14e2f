import type { CheckContext, LintRule } from '../lint-rule.ts';
import { componentsOf } from './step-facts.ts';
import { textsIn } from './texts.ts';

const test = /(?:^|[-_/])(?:test|testing|staging|drill|sandbox|dev|dr-test)(?:[-_/]|$)/i;
const live = /(?:^|[-_/])(?:prod|production|live)(?:[-_/#]|$)/i;

export const liveKeysInATest: LintRule = {
  id: 'live-keys-in-a-test',
  severity: 'error',
  reason: 'A test that has the keys of production trades, pays and sends for real.',
  check: context =>
    context.scenarios.flatMap(({ steps }) =>
      steps.flatMap(placed => {
        const { step, path } = placed;
        const where = testPlace(context, placed);
        if (where === undefined) return [];
        const { from, values, secrets, envFromSecrets } = step.with;
        const found = textsIn({ from, values, secrets, envFromSecrets } as object, [...path, 'with']).find(
          ({ text }) => live.test(text),
        );
        if (!found) return [];
        return [
          {
            rule: liveKeysInATest.id,
            severity: 'error' as const,
            path: found.path,
            message: `The step "${step.id}" gives "${found.text}" to ${where}`,
            mend: 'Keep keys of a sandbox under a name of their own, and name that one here.',
          },
        ];
      }),
    ),
};

/** The namespace that a step works in, if its name says that it is for tests. */
function testPlace(context: CheckContext, placed: Parameters<typeof componentsOf>[1]): string | undefined {
  const own = placed.step.with.namespace;
  const names = componentsOf(context, placed).flatMap(({ component }) =>
    'namespace' in component ? [component.namespace] : [],
  );
  const name = [...names, ...(typeof own === 'string' ? [own] : [])].find(each => test.test(each));
  return name === undefined ? undefined : `the namespace "${name}"`;
}
