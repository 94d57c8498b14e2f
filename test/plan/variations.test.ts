import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { checkPlan } from '../../shared/plan/check.ts';

type Group = Record<string, unknown>;
type Step = Group & { id: string };
type Item = Step | { parallel: Step[][] };
type Phase = Group & { id: string; steps: Item[] };
type Written = Group & { scenarios: Record<string, Group & { phases: Phase[] }> };

const reversed = (group: unknown) => Object.fromEntries(Object.entries(group as Group).reverse());
const read = (text: string): Written => parse(text, { maxAliasCount: -1 });
const write = (plan: unknown, options = {}) => stringify(plan, { lineWidth: 0, ...options });

/** The plan with each scenario's phases made anew. */
function withPhases(text: string, change: (phases: Phase[]) => Phase[]): string {
  const plan = structuredClone(read(text));
  for (const scenario of Object.values(plan.scenarios)) scenario.phases = change(scenario.phases);
  return write(plan);
}

/** Other ways of writing the same plan: none of them is a mistake. */
const variations: [name: string, vary: (text: string) => string][] = [
  ['with a comment in every line', text => read(text) && text.replaceAll(/^( *)- /gm, '$1# as agreed\n$1- ')],
  ['with other line ends', text => text.replaceAll('\n', '\r\n')],
  ['without comments, with anchors of its own', text => write(read(text))],
  ['without anchors', text => write(read(text), { aliasDuplicateObjects: false })],
  ['in double quotes', text => write(read(text), { defaultStringType: 'QUOTE_DOUBLE' })],
  ['as JSON', text => JSON.stringify(read(text), undefined, 2)],
  ['with its sections in another order', text => write(reversed(read(text)))],
  [
    'with its components, signals and scenarios in another order',
    text => {
      const plan = read(text);
      const { components, signals = {}, scenarios, people, audiences } = plan;
      const other = { components, signals, scenarios, people, audiences };
      const turned = Object.fromEntries(Object.entries(other).map(([key, group]) => [key, reversed(group)]));
      return write({ ...plan, ...turned });
    },
  ],
  [
    'with the branches of each group in another order',
    text =>
      withPhases(text, phases =>
        phases.map(phase => ({
          ...phase,
          steps: phase.steps.map(item =>
            'parallel' in item ? { parallel: (item.parallel as Step[][]).toReversed() } : item,
          ),
        })),
      ),
  ],
  [
    'with one step in each phase',
    text =>
      withPhases(text, phases =>
        phases.flatMap(({ steps, tiers, ...phase }, at) =>
          steps.map((item, index) => ({
            ...phase,
            id: `part-${at}-${index}`,
            steps: [item],
            // A tier is back with the last of them.
            ...(tiers !== undefined && index === steps.length - 1 && { tiers }),
          })),
        ),
      ),
  ],
  [
    'with other names of its steps',
    text => {
      const ids = [...new Set([...text.matchAll(/\bid: ([a-z][a-z0-9-]*)/g)].map(match => match[1] ?? ''))];
      const plan = read(text);
      const { estimates: _, ...rest } = plan;
      const renamed = new Map(ids.map((id, index) => [id, `step-${index}`]));
      const told = withPhases(write(rest), phases =>
        phases.map(phase => ({
          ...phase,
          steps: phase.steps.map(item =>
            'parallel' in item
              ? { parallel: (item.parallel as Step[][]).map(branch => branch.map(rename)) }
              : rename(item),
          ),
        })),
      );
      function rename(step: Step): Step {
        return { ...step, id: renamed.get(step.id) ?? step.id };
      }
      return told.replaceAll(/\$\{((?:failover\.)?steps)\.([a-z0-9-]+)/g, (whole, root, id) =>
        renamed.has(id) ? `\${${root}.${renamed.get(id)}` : whole,
      );
    },
  ],
];

const plans = ['plans', 'examples'].flatMap(folder =>
  readdirSync(folder, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => `${folder}/${entry.name}/plan.yml`),
);

/** The worked example in all ways, of each other one three, so that each way is that of some other plan as well. */
const waysOf = (file: string, index: number) =>
  file.includes('liquid-abt') ? variations : variations.filter((_, at) => at % 4 === index % 4);

it.each(plans.map((file, index) => ({ file, ways: waysOf(file, index) })))(
  '$file has no finding, however it is written',
  async ({ file, ways }) => {
    const text = readFileSync(file, 'utf8');
    for (const [name, vary] of ways) {
      const varied = vary(text);
      expect(varied, name).not.toBe(text);
      const { plan, findings } = await checkPlan({ text: varied, file });
      const open = findings.filter(({ waived }) => waived === undefined);
      expect(
        open.map(({ rule, message }) => `${rule}: ${message}`),
        name,
      ).toEqual([]);
      expect(plan, name).toBeDefined();
    }
  },
  60_000,
);
