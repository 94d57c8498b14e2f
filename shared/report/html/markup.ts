/** Markup that is safe to put into a page as it is. Only `html` and `trusted` make it. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Value = string | number | Markup | null | undefined | false | readonly Value[];

/** A template whose values are escaped unless they are markup already; null, undefined and false are left out. */
export function html(strings: TemplateStringsArray, ...values: Value[]): Markup {
  return new Markup(strings.reduce((text, part, index) => text + render(values[index - 1]) + part));
}

/** Text of our own that is markup: styles and the like. Never for anything from a plan or a ledger. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

/** What no text of a page may hold as it is. Most text has none of it, and reports have a great deal of text. */
const toEscape = /[&<>"']|(?![\t\n\r])\p{Cc}/u;

/** Escapes for text and for quoted attributes; control characters, which no page may hold, are replaced. */
export function escapeHtml(text: string): string {
  if (!toEscape.test(text)) return text;
  return text
    .replace(/(?![\t\n\r])\p{Cc}/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function render(value: Value): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(render).join('');
  return escapeHtml(String(value));
}
