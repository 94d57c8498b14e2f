import { escapeHtml } from '../page.ts';
import type { Outgoing } from './contract.ts';
import { linkLabel, type Part, partsOf, withoutReference } from './text.ts';

/** For mail programs that know dark mode and a style sheet; the others show the inline colours, which are light. */
const dark = `@media (prefers-color-scheme: dark) {
.page { background-color: #14181f !important }
.card { background-color: #1f2630 !important; border-left-color: #3a4452 !important; border-right-color: #3a4452 !important; border-bottom-color: #3a4452 !important }
.card, .card h1, .card p, .card li { color: #e8ebef !important }
.card a, .quiet a { color: #9cc3ff !important }
.card .button { background-color: #2f6fc4 !important; color: #ffffff !important }
.card .drill { color: #ffb864 !important }
.quiet, .card .quiet { color: #aab3bf !important }
}`;

/**
 * A message as HTML mail: one column, inline styles (many mail programs drop the others), no picture and nothing to
 * load. It says what the text form says.
 */
export function htmlMail(message: Outgoing): string {
  const { subject, key, link, mode, template } = message;
  const parts = partsOf(withoutReference(message));
  const body = parts.map(({ kind, lines }, index) =>
    kind === 'list'
      ? `<ul style="margin:0 0 16px;padding-left:20px">${lines.map(line => `<li style="margin:4px 0">${linked(line)}</li>`).join('')}</ul>`
      : `<p style="margin:0 0 ${announces(parts, index) ? 4 : 16}px">${lines
          .filter(line => line !== link)
          .map(linked)
          .join('<br>')}</p>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>${escapeHtml(subject)}</title><style>${dark}</style></head>
<body class="page" style="margin:0;padding:0;background-color:#f3f4f6">
<div style="max-width:600px;margin:0 auto;padding:16px;font:16px/1.5 -apple-system,Segoe UI,Roboto,Arial,sans-serif;color:#14181f">
<div class="card" style="background-color:#ffffff;border:1px solid #d3d8df;border-top:6px solid ${colour(message)};border-radius:8px;padding:24px">
${mode === 'drill' ? '<p class="drill" style="margin:0 0 12px;font-weight:bold;color:#8a4b00">DRILL</p>' : ''}
<h1 style="margin:0 0 16px;font-size:20px;line-height:1.3">${escapeHtml(subject)}</h1>
${body.join('\n')}
${link ? button(link, linkLabel(template)) : ''}
</div>
<p class="quiet" style="margin:12px 0 0;font-size:12px;color:#4b5563">Reference: ${escapeHtml(key)}</p>
</div></body></html>
`;
}

/** Whether these lines say what the list behind them is. */
const announces = (parts: readonly Part[], index: number) =>
  parts[index + 1]?.kind === 'list' && parts[index]?.lines.at(-1)?.endsWith(':') === true;

function colour({ mode, stage }: Outgoing): string {
  if (mode === 'drill') return '#8a4b00';
  return stage === 'resolved' ? '#0d6b38' : '#a11219';
}

function button(link: string, label: string): string {
  const href = escapeHtml(link);
  return `<p style="margin:8px 0 16px"><a class="button" href="${href}" style="display:inline-block;padding:12px 20px;border-radius:8px;background-color:#1d4f91;color:#ffffff;font-weight:bold;text-decoration:none">${escapeHtml(label)}</a></p>
<p class="quiet" style="margin:0;font-size:13px;color:#4b5563;word-break:break-all">${href}</p>`;
}

/** Addresses in a line become links. */
function linked(line: string): string {
  return escapeHtml(line).replace(
    /https:\/\/[^\s<>]+[^\s<>.,;:)]/g,
    url => `<a href="${url}" style="color:#1d4f91">${url}</a>`,
  );
}
