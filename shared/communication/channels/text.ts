import type { Outgoing } from './contract.ts';

/** A message's text without the reference in its last line, for those to whom it means nothing. */
export function withoutReference({ text, key }: Pick<Outgoing, 'text' | 'key'>): string {
  return text.replace(`\n\nReference: ${key}\n`, '').trim();
}

/** Parts of a message's text: paragraphs, and lists of lines that begin with a hyphen. */
export type Part = { kind: 'paragraph' | 'list'; lines: string[] };

export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  for (const block of text.split(/\n{2,}/)) {
    let open: Part | undefined;
    for (const line of block.split('\n').filter(each => each.trim() !== '')) {
      const kind = line.startsWith('- ') ? 'list' : 'paragraph';
      if (open?.kind !== kind) {
        open = { kind, lines: [] };
        parts.push(open);
      }
      open.lines.push(kind === 'list' ? line.slice(2) : line);
    }
  }
  return parts;
}

/** A text of at most so many characters, cut at a word, with three dots where something is missing. */
export function shorten(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const kept = text.slice(0, longest - 3);
  const end = kept.lastIndexOf(' ');
  return `${kept.slice(0, end > longest / 2 ? end : undefined).trimEnd()}...`;
}

/** What the button with the link says. */
export function linkLabel(template: string): string {
  const labels: Record<string, string> = {
    escalation: 'I am on it',
    approval: 'Look and decide',
    'failed-step': 'Look and decide',
    task: 'Say that it is done',
    'follow-up-task': 'Say that it is done',
  };
  return labels[template] ?? 'Look and answer';
}
