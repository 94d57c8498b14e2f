import type { Plan } from '../shared/plan/schema.ts';
import type { Actions } from './bake-step.ts';
import { compileRunbook } from './compile-runbook.ts';
import { drawMermaid } from './graph-mermaid.ts';
import { graphOf } from './graph-model.ts';
import { drawSvg } from './graph-svg.ts';

export const graphFormats = ['mermaid', 'svg', 'asl'] as const;
export type GraphFormat = (typeof graphFormats)[number];

/**
 * A scenario's runbook as text in the given format: a Mermaid flowchart, an SVG drawing, or the definition itself as
 * JSON with its ARNs open. Throws InvalidInputError as compileRunbook does.
 */
export function drawGraph(plan: Plan, scenarioId: string, actions: Actions, format: GraphFormat): string {
  const definition = compileRunbook(plan, scenarioId, actions);
  const scenario = plan.scenarios[scenarioId];
  if (format === 'asl' || !scenario) return `${JSON.stringify(definition, null, 2)}\n`;
  const graph = graphOf(plan, scenario, actions);
  return format === 'svg' ? drawSvg(graph) : drawMermaid(graph);
}
