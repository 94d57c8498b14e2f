import type { Graph, GraphItem, GraphStep } from './graph-model.ts';

/** The runbook as a Mermaid flowchart, as GitHub and most wikis draw it. */
export function drawMermaid(graph: Graph): string {
  const lines: string[] = [`---`, `title: ${quoteYaml(graph.title)}`, `---`, 'flowchart TD'];
  let count = 0;
  const fresh = (prefix: string) => `${prefix}${++count}`;

  lines.push(`  start([${label(graph.start)}])`);
  let last = ['start'];
  for (const phase of graph.phases) {
    lines.push(
      `  subgraph ${fresh('phase')} [${label([phase.title, phase.fact ?? phase.stage])}]`,
      '    direction TB',
    );
    for (const item of phase.items) last = drawItem(item, last);
    lines.push('  end');
  }
  lines.push(`  finish([${label(graph.end)}])`, ...last.map(id => `  ${id} --> finish`));
  lines.push(
    '  classDef person fill:#fde68a,stroke:#b45309,color:#1f2937',
    '  classDef change fill:#bfdbfe,stroke:#1d4ed8,color:#1f2937',
    '  classDef look fill:#e5e7eb,stroke:#6b7280,color:#1f2937',
    '  classDef message fill:#ddd6fe,stroke:#6d28d9,color:#1f2937',
  );
  return `${lines.join('\n')}\n`;

  /** Draws an item after the given nodes; returns the nodes that the next one comes after. */
  function drawItem(item: GraphItem, after: string[]): string[] {
    if ('step' in item) return [drawStep(item.step, after)];
    const ends = item.branches.map(branch =>
      branch.reduce((previous, step) => [drawStep(step, previous)], after),
    );
    const join = fresh('join');
    lines.push(`    ${join}((" "))`, ...ends.flat().map(id => `    ${id} --> ${join}`));
    return [join];
  }

  function drawStep(step: GraphStep, after: string[]): string {
    const id = fresh('step');
    lines.push(`    ${id}[${label([step.title, step.kind, step.facts.join(' · ')])}]:::${step.look}`);
    lines.push(...after.map(previous => `    ${previous} --> ${id}`));
    return id;
  }
}

function label(texts: readonly string[]): string {
  return `"${texts.map(escapeText).join('<br/>')}"`;
}

/** Mermaid ends a label at a quote and reads HTML; its own entities have a number sign and no ampersand. */
function escapeText(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[#&<>"`\\{}[\]|]/g, character => `#${character.codePointAt(0)};`);
}

function quoteYaml(text: string): string {
  return JSON.stringify(text.replaceAll(/\s+/g, ' '));
}
