import { describe, expect, it } from 'vitest';
import { drawGraph } from '../../state-machines/graph.ts';
import { widthOf, wrapText } from '../../state-machines/graph-text.ts';
import { liquidAbt, planWith, step } from './support.ts';

const { plan, actions } = await liquidAbt();
const scenarios = Object.keys(plan.scenarios);
const nasty = `<script>alert("1")</script> & 'x' ]] --> ${String.fromCharCode(0, 27)}`;

function titles(scenarioId: string): string[] {
  return (plan.scenarios[scenarioId]?.phases ?? []).flatMap(phase =>
    phase.steps.flatMap(item =>
      ('parallel' in item ? item.parallel.flat() : [item]).map(({ title, id }) => title ?? id),
    ),
  );
}

describe('as SVG', () => {
  it.each(scenarios)('shows every phase and every step of %s', scenario => {
    const drawn = drawGraph(plan, scenario, actions, 'svg');
    for (const phase of plan.scenarios[scenario]?.phases ?? []) expect(drawn).toContain(`>${phase.title}<`);
    for (const title of titles(scenario)) expect(drawn).toContain(`: ${title}</title>`);
  });

  it('is one well-formed element that loads nothing', () => {
    const drawn = drawGraph(plan, scenarios[0] ?? '', actions, 'svg');
    expect(openElements(drawn)).toEqual([]);
    expect(drawn).not.toMatch(/href|<script|@import|url\(/);
    expect(drawn).toContain('prefers-color-scheme:dark');
  });

  it('says under which condition a step is carried out', () => {
    const items = [step('a'), step('b', { when: { value: '${steps.a.status}', is: 'failed' } })];
    for (const format of ['svg', 'mermaid'] as const) {
      expect(drawGraph(planWith(plan, items), 'test', actions, format)).toContain('if a.status is failed');
    }
  });

  it('escapes what a plan says', () => {
    const drawn = drawGraph(planWith(plan, [step('a', { title: nasty })]), 'test', actions, 'svg');
    expect(openElements(drawn)).toEqual([]);
    expect(drawn).not.toContain('<script');
    expect(drawn).toContain('&lt;script&gt;');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is left is what is tested
    expect(drawn).not.toMatch(/[\u0000-\u0008\u001b]/);
  });

  it('keeps boxes apart from each other and inside the page', () => {
    for (const scenario of scenarios) {
      const drawn = drawGraph(plan, scenario, actions, 'svg');
      const [, pageWidth, pageHeight] = /width="(\d+)" height="(\d+)"/.exec(drawn) ?? [];
      const boxes = [
        ...drawn.matchAll(/class="box" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g),
      ].map(([, x, y, width, height]) => ({
        x: Number(x),
        y: Number(y),
        right: Number(x) + Number(width),
        bottom: Number(y) + Number(height),
      }));
      expect(boxes).toHaveLength(titles(scenario).length);
      for (const [index, one] of boxes.entries()) {
        expect(one.right).toBeLessThanOrEqual(Number(pageWidth));
        expect(one.bottom).toBeLessThanOrEqual(Number(pageHeight));
        for (const other of boxes.slice(index + 1)) {
          const apart =
            one.right < other.x || other.right < one.x || one.bottom < other.y || other.bottom < one.y;
          expect(apart).toBe(true);
        }
      }
    }
  });
});

describe('as Mermaid', () => {
  it('has a node for each step and an arrow into each', () => {
    const drawn = drawGraph(plan, 'region-failure', actions, 'mermaid');
    const nodes = [...drawn.matchAll(/^ +(step\d+)\[/gm)].map(match => match[1]);
    expect(nodes).toHaveLength(titles('region-failure').length);
    for (const node of nodes) expect(drawn).toMatch(new RegExp(`--> ${node}$`, 'm'));
    expect(drawn.match(/subgraph/g)).toHaveLength(plan.scenarios['region-failure']?.phases.length ?? 0);
  });

  it('lets no text of a plan end a label or become markup', () => {
    const drawn = drawGraph(planWith(plan, [step('a', { title: nasty })]), 'test', actions, 'mermaid');
    const line = drawn.split('\n').find(text => text.includes('alert')) ?? '';
    expect(line.match(/"/g)).toHaveLength(2);
    expect(line).not.toContain('<script');
  });
});

describe('as ASL', () => {
  it('is the definition that is deployed', () => {
    expect(JSON.parse(drawGraph(plan, 'database-failure', actions, 'asl'))).toMatchObject({
      StartAt: 'Begin',
    });
  });
});

describe('wrapText', () => {
  it('keeps every line within the width, words of any length included', () => {
    const lines = wrapText(`a ${'long'.repeat(40)} word`, { size: 14 }, 100, 50);
    for (const line of lines) expect(widthOf(line, { size: 14 })).toBeLessThanOrEqual(100);
    expect(lines.join('').replaceAll(' ', '')).toBe(`a${'long'.repeat(40)}word`);
  });

  it('ends in an ellipsis when the text has more lines than fit', () => {
    const lines = wrapText('one two three four five six seven eight nine ten', { size: 14 }, 60, 2);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/…$/);
  });
});

/** Names of elements that are opened and not closed, or closed and not opened. */
function openElements(xml: string): string[] {
  const open: string[] = [];
  for (const [, close, name, selfClosing] of xml.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g)) {
    if (selfClosing) continue;
    if (!close) open.push(name ?? '');
    else if (open.pop() !== name) open.push(`/${name}`);
  }
  return open;
}
