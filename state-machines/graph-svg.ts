import type { Graph, GraphItem, GraphPhase, GraphStep } from './graph-model.ts';
import {
  drawArrow,
  drawBox,
  drawFork,
  drawJoin,
  drawLegend,
  drawPill,
  drawText,
  style,
} from './graph-shapes.ts';
import { escapeXml, widthOf, wrapText } from './graph-text.ts';

const fonts = {
  title: { size: 20, bold: true },
  facts: { size: 13 },
  phase: { size: 15, bold: true },
  phaseFact: { size: 12, bold: true },
  step: { size: 14, bold: true },
  stepFact: { size: 11 },
  pill: { size: 13, bold: true },
} as const;
/** Sizes in pixels. */
const page = { padding: 28, headHeight: 76, legendHeight: 44 };
const box = { width: 276, minHeight: 66, gap: 20, arrow: 22, inset: 16 };
const group = { padding: 18, head: 44 };

/**
 * A piece of the drawing: its size, and how it is drawn with its top centre at (x, y). What comes into an open piece
 * is a line that parts, not an arrow that arrives.
 */
type Piece = { width: number; height: number; open?: boolean; draw(x: number, y: number): string };

/**
 * The runbook as a self-contained SVG: phases from top to bottom, parallel branches side by side, light or dark as
 * the viewer prefers. Text is escaped; nothing is loaded from elsewhere.
 */
export function drawSvg(graph: Graph): string {
  const start = pill(graph.start);
  const phases = graph.phases.map(phasePiece);
  const end = pill(graph.end);
  const body = stack([start, ...phases, end]);
  const headWidth = Math.max(
    widthOf(graph.title, fonts.title),
    widthOf(graph.facts.join('  ·  '), fonts.facts),
  );
  const width = Math.ceil(Math.max(body.width, headWidth, 560)) + 2 * page.padding;
  const height = Math.ceil(page.padding + page.headHeight + body.height + page.legendHeight + page.padding);
  const content = [
    `<rect class="page" width="${width}" height="${height}"/>`,
    drawText(page.padding, page.padding + 20, graph.title, 'title'),
    drawText(page.padding, page.padding + 44, graph.facts.join('  ·  '), 'facts'),
    body.draw(width / 2, page.padding + page.headHeight),
    drawLegend(page.padding, height - page.padding - 6),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escapeXml(graph.title)}</title>
<style>${style}</style>
${content.join('\n')}
</svg>
`;
}

/** Pieces below each other, with an arrow between them. */
function stack(pieces: readonly Piece[]): Piece {
  return {
    width: Math.max(...pieces.map(piece => piece.width)),
    height: pieces.reduce((sum, piece) => sum + piece.height, 0) + (pieces.length - 1) * box.arrow,
    draw(x, y) {
      let top = y;
      return pieces
        .map((piece, index) => {
          const arrow = index === 0 ? '' : drawArrow(x, top - box.arrow, top, !piece.open);
          const drawn = piece.draw(x, top);
          top += piece.height + box.arrow;
          return arrow + drawn;
        })
        .join('\n');
    },
  };
}

function phasePiece(phase: GraphPhase): Piece {
  const inner = stack(phase.items.map(itemPiece));
  const headWidth = widthOf(phase.title, fonts.phase) + widthOf(phase.fact ?? '', fonts.phaseFact) + 150;
  const width = Math.max(inner.width + 2 * group.padding, headWidth, 520);
  const height = group.head + inner.height + group.padding;
  return {
    width,
    height,
    draw(x, y) {
      const left = x - width / 2;
      return [
        `<g class="stage-${escapeXml(phase.stage)}">`,
        `<rect class="phase" x="${left}" y="${y}" width="${width}" height="${height}" rx="12"/>`,
        drawText(left + group.padding, y + 27, phase.title, 'phase-title'),
        drawText(
          left + width - group.padding,
          y + 26,
          [phase.stage.toUpperCase(), phase.fact].filter(Boolean).join('  ·  '),
          'phase-fact',
        ),
        inner.draw(x, y + group.head),
        '</g>',
      ].join('\n');
    },
  };
}

function itemPiece(item: GraphItem): Piece {
  return 'step' in item ? stepPiece(item.step) : branchesPiece(item.branches);
}

function stepPiece(step: GraphStep): Piece {
  const textWidth = box.width - 2 * box.inset;
  const title = wrapText(step.title, fonts.step, textWidth, 3);
  const facts = step.facts.flatMap(text => wrapText(text, fonts.stepFact, textWidth, 2));
  const height = Math.max(box.minHeight, 22 + title.length * 18 + 15 + facts.length * 15);
  return {
    width: box.width,
    height,
    draw: (x, y) => drawBox({ x: x - box.width / 2, y, width: box.width, height }, step, title, facts),
  };
}

/** Columns between a line where they part and a line where they meet. */
function branchesPiece(branches: GraphStep[][]): Piece {
  const columns = branches.map(branch => stack(branch.map(stepPiece)));
  const width = columns.reduce((sum, column) => sum + column.width, 0) + (columns.length - 1) * box.gap;
  const tallest = Math.max(...columns.map(column => column.height));
  return {
    width,
    height: tallest + 2 * box.arrow,
    open: true,
    draw(x, y) {
      let left = x - width / 2;
      const centres = columns.map(column => {
        const centre = left + column.width / 2;
        left += column.width + box.gap;
        return centre;
      });
      const top = y + box.arrow;
      const bottom = top + tallest;
      return [
        drawFork(centres, y, top),
        ...columns.map((column, index) => column.draw(centres[index] ?? x, top)),
        drawJoin(
          centres.map((centre, index) => ({ x: centre, y: top + (columns[index]?.height ?? 0) })),
          bottom + box.arrow,
        ),
      ].join('\n');
    },
  };
}

function pill(texts: readonly string[]): Piece {
  const lines = texts.flatMap(text => wrapText(text, fonts.pill, 460, 3));
  const width = Math.max(...lines.map(line => widthOf(line, fonts.pill))) + 48;
  const height = 18 + lines.length * 18;
  return { width, height, draw: (x, y) => drawPill({ x: x - width / 2, y, width, height }, lines) };
}
