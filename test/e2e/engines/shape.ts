import type { Branch, State } from '../../../state-machines/asl.ts';

/**
 * What makes the phases of a runbook others for an engine: the order of nested executions and parallel branches on the
 * good way, between the calls that begin and end a phase. Several of the same in a row count once, and so do branches
 * that are alike.
 */
export const phaseShapes = (runbook: Branch): string[] => [...new Set(shapeOf(runbook).split(call))];

const call = 'lambda:invoke';

function shapeOf({ StartAt, States }: Branch): string {
  const shape: string[] = [];
  let name: string | undefined = StartAt;
  for (const seen = new Set<string>(); name !== undefined && !seen.has(name); ) {
    seen.add(name);
    const state: State = States[name] as State;
    const kind = kindOf(state);
    if (shape.at(-1) !== kind) shape.push(kind);
    name = goodWay(state);
  }
  return shape.join(' ');
}

function kindOf(state: State): string {
  if (state.Type === 'Parallel') return `(${[...new Set(state.Branches.map(shapeOf))].sort().join(' | ')})`;
  return state.Type === 'Task' ? (state.Resource.split(':::')[1] ?? '') : state.Type;
}

function goodWay(state: State): string | undefined {
  if (state.Type !== 'Choice') return 'Next' in state ? state.Next : undefined;
  const [first] = state.Choices;
  return first?.Variable === '$.group.stopped' ? state.Default : first?.Next;
}
