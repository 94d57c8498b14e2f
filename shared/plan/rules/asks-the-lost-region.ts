import type { LintRule } from '../lint-rule.ts';
import type { Plan } from '../schema.ts';
import { componentsOf, lostRegion } from './step-facts.ts';
import { textsIn } from './texts.ts';

/** What a region's side of it is called by, and which is answered from elsewhere. */
const global = new Set([
  'dns-name',
  'dns-record',
  'health-check',
  'routing-control',
  'accelerator',
  'cloudfront-distribution',
]);

export const asksTheLostRegion: LintRule = {
  id: 'asks-the-lost-region',
  severity: 'warning',
  reason:
    'A step that needs an answer from the region that is lost waits for its time-out, and then the recovery stands.',
  check: context =>
    context.scenarios.flatMap(view => {
      const lost = lostRegion(context.plan, view);
      if (lost === undefined) return [];
      return view.steps.flatMap(placed => {
        const { step, traits, path, modes } = placed;
        if (traits.includes('expects-silence') || step.onFailure === 'continue' || !modes.includes('recover'))
          return [];
        const there = componentsOf(context, placed).find(
          ({ component }) => component.region === lost && !global.has(component.type),
        );
        const literal = textsIn(step.with, [...path, 'with']).find(
          ({ text, path: place }) =>
            namesRegion(text, lost) ||
            (text === lost && place.at(-1) === 'region') ||
            namesComponent(context.plan, text, lost),
        );
        const found = there
          ? { path: [...path, 'with', there.parameter], what: `"${there.id}"` }
          : literal && { path: literal.path, what: `"${literal.text.slice(0, 60)}"` };
        if (!found) return [];
        return [
          {
            rule: asksTheLostRegion.id,
            severity: 'warning' as const,
            path: found.path,
            message: `The step "${step.id}" needs ${found.what} in ${lost}, the region that is lost in this scenario`,
            mend: 'Take what is in the recovery region, copied there beforehand; or let the run go on with "onFailure: continue".',
          },
        ];
      });
    }),
};

/** An address of a component there, such as `${components.front.url}`. */
function namesComponent({ components }: Plan, text: string, lost: string): boolean {
  return [...text.matchAll(/\$\{components\.([\w-]+)\.(?:url|host|endpoint|dnsName|arn)\b/g)].some(
    ([, id = '']) => {
      const component = Object.hasOwn(components, id) ? components[id] : undefined;
      return component?.region === lost && !global.has(component.type);
    },
  );
}

/** An ARN, a registry or a bucket of that region. */
function namesRegion(text: string, region: string): boolean {
  return (
    text.includes(`.dkr.ecr.${region}.`) ||
    new RegExp(`arn:aws[\\w-]*:[a-z0-9-]+:${region}:`).test(text) ||
    new RegExp(`\\bs3[.-]${region}\\b|--region[= ]${region}\\b`).test(text)
  );
}
