import { describe, expect, it } from 'vitest';
import { graph } from '../../../cli/commands/graph.ts';

const plan = 'plans/liquid-abt/plan.yml';

async function run(args: { plan: string; scenario: string; format: string }) {
  const io = { out: '', err: '' };
  const code = await graph(args, {
    out: text => {
      io.out += text;
    },
    err: text => {
      io.err += text;
    },
    colour: false,
  });
  return { code, ...io };
}

describe('lifeboat graph', () => {
  it.each([
    ['mermaid', /^---\ntitle: "LIQUID ABT/],
    ['svg', /^<svg /],
    ['asl', /^\{\n {2}"Comment": "LIQUID ABT/],
  ])('prints the runbook as %s and exits with 0', async (format, beginning) => {
    const { code, out, err } = await run({ plan, scenario: 'region-failure', format });
    expect(code).toBe(0);
    expect(out).toMatch(beginning);
    expect(err).toBe('');
  });

  it.each([
    ['no plan', { plan: '', scenario: 'x', format: 'svg' }, /Name a plan/],
    [
      'a plan that is not there',
      { plan: 'plans/none.yml', scenario: 'x', format: 'svg' },
      /plans\/none\.yml/,
    ],
    ['no scenario', { plan, scenario: '', format: 'svg' }, /Which scenario\?.*region-failure/],
    [
      'an unknown scenario',
      { plan, scenario: 'region-failur', format: 'svg' },
      /Did you mean "region-failure"/,
    ],
    ['an unknown format', { plan, scenario: 'region-failure', format: 'png' }, /mermaid, svg, asl/],
  ])('says what is missing and exits with 2 for %s', async (_, args, message) => {
    const { code, out, err } = await run(args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(message);
  });
});
