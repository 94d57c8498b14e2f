import type { Mode } from '../runbook/contract.ts';
import { style, styleHash } from './page-style.ts';

/** One thing that can be chosen on a page. */
export type PageChoice = {
  value: string;
  label: string;
  means: string;
  tone: 'yes' | 'no' | 'calm';
  /** Whether the form's reason has to be filled in for this one; false lets the browser send it without. */
  why?: boolean;
};

export type PageReason = { label: string; hint: string; required?: boolean };

export type PageContent = {
  system: string;
  /** Undefined for a link that leads nowhere: then nothing is said of any run. */
  mode: Mode | undefined;
  title: string;
  /** What was wrong with what was just sent; read out before anything else. */
  notice?: string;
  /** A line below the title: how much time is left, or what came of it. */
  lead?: string;
  sections: readonly { heading: string; lines: readonly string[] }[];
  /** Who was asked, and what each has said. */
  people?: readonly { name: string; state: string }[];
  peopleHeading?: string;
  /** `reason`: the label of a field for words of the person's own, and whether it has to be filled in. */
  form?: { heading?: string; token: string; choices: readonly PageChoice[]; reason?: PageReason };
  footer?: string;
};
export type PageResponse = { statusCode: number; headers: Record<string, string>; body: string };

const banners: Record<Mode, string> = {
  recover: 'Live recovery: what you decide here happens in production',
  planned: 'Planned move: what you decide here happens in production',
  drill: 'Drill: nothing in production is changed',
  'dry-run': 'Dry run: nothing is changed',
};

/** A page as an HTTP response, with headers that let it do nothing but be read and sent back. */
export function respond(statusCode: number, page: PageContent): PageResponse {
  return {
    statusCode,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': `default-src 'none'; style-src '${styleHash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'x-robots-tag': 'noindex, nofollow',
      'strict-transport-security': 'max-age=31536000',
    },
    body: render(page),
  };
}

/** The whole page, without a script, a font or an image to load. */
export function render(page: PageContent): string {
  const { system, mode, title, notice, lead, sections, people, form, footer } = page;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} - ${escapeHtml(system)}</title>
<style>${style}</style>
</head>
<body>
${mode ? `<header class="mode ${mode}">${banners[mode]}</header>` : ''}
<main>
<header>
<p class="system">${escapeHtml(system)}</p>
<h1>${escapeHtml(title)}</h1>
${notice ? `<p class="notice" role="alert">${escapeHtml(notice)}</p>` : ''}
${lead ? `<p class="left">${escapeHtml(lead)}</p>` : ''}
</header>
${sections.map(sectionHtml).join('\n')}
${form ? formHtml(form) : ''}
${people && people.length > 0 ? peopleHtml(people, page.peopleHeading ?? 'Who was asked') : ''}
${footer ? `<footer>${escapeHtml(footer)}</footer>` : ''}
</main>
</body>
</html>
`;
}

function sectionHtml({ heading, lines }: { heading: string; lines: readonly string[] }): string {
  const items = lines.map(line => `<li>${escapeHtml(line)}</li>`).join('');
  return `<section class="card"><h2>${escapeHtml(heading)}</h2><ul>${items}</ul></section>`;
}

function peopleHtml(people: readonly { name: string; state: string }[], heading: string): string {
  const items = people.map(
    ({ name, state }) => `<li>${escapeHtml(name)} <span>${escapeHtml(state)}</span></li>`,
  );
  return `<section class="card"><h2>${escapeHtml(heading)}</h2><ul class="people">${items.join('')}</ul></section>`;
}

function formHtml({
  heading = 'Your decision',
  token,
  choices,
  reason,
}: NonNullable<PageContent['form']>): string {
  return `<form class="card" method="post">
<h2>${escapeHtml(heading)}</h2>
<input type="hidden" name="t" value="${escapeHtml(token)}">
${reason ? reasonHtml(reason) : ''}
${choices.map(choiceHtml).join('\n')}
</form>`;
}

function reasonHtml({ label, hint, required }: PageReason): string {
  return `<label for="reason">${escapeHtml(label)} <span class="hint" id="hint">(${escapeHtml(hint)})</span></label>
<textarea id="reason" name="reason" maxlength="500" rows="3" aria-describedby="hint"${required ? ' required' : ''}></textarea>`;
}

function choiceHtml({ value, label, means, tone, why = true }: PageChoice): string {
  const id = `means-${escapeHtml(value)}`;
  return `<div class="choice"><button class="${tone}" name="value" value="${escapeHtml(value)}" aria-describedby="${id}"${why ? '' : ' formnovalidate'}>${escapeHtml(label)}</button><p id="${id}">${escapeHtml(means)}</p></div>`;
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text made safe for HTML content and for attribute values in quotes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => entities[character] ?? '');
}
