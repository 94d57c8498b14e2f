/** Text for XML: escaped, and without the control characters that XML does not allow at all. */
export function escapeXml(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Size in pixels, and whether it is bold. */
export type Font = { size: number; bold?: boolean };

/**
 * Width of a text in pixels, as much as the widest of the common system fonts needs (DejaVu Sans and Verdana). The
 * drawing is made without a font, so it has to leave room.
 */
export function widthOf(text: string, font: Font): number {
  let em = 0;
  for (const character of text) em += widthInEm(character);
  return em * font.size * (font.bold ? 1.12 : 1);
}

function widthInEm(character: string): number {
  if (/[iljtfrI.,:;'|!()[\] ]/.test(character)) return 0.37;
  if (/[mwMW@%—]/.test(character)) return 0.96;
  if (/[A-Z]/.test(character)) return 0.7;
  return (character.codePointAt(0) ?? 0) > 0x2e80 ? 1.05 : 0.62;
}

/** Breaks a text into lines that fit; the last of `most` lines ends in an ellipsis when there is more. */
export function wrapText(text: string, font: Font, width: number, most: number): string[] {
  const lines: string[] = [];
  let line = '';
  const words = text
    .trim()
    .split(/\s+/)
    .flatMap(word => breakWord(word, font, width));
  for (const word of words) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (widthOf(longer, font) <= width) {
      line = longer;
      continue;
    }
    lines.push(line);
    line = word;
  }
  lines.push(line);
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), shorten(lines.slice(most - 1).join(' '), font, width)];
}

/** A word that is too long for a line, in pieces. */
function breakWord(word: string, font: Font, width: number): string[] {
  if (widthOf(word, font) <= width) return [word];
  const pieces: string[] = [];
  let piece = '';
  for (const character of word) {
    if (piece !== '' && widthOf(piece + character, font) > width) {
      pieces.push(piece);
      piece = '';
    }
    piece += character;
  }
  return [...pieces, piece];
}

function shorten(text: string, font: Font, width: number): string {
  const characters = [...text];
  while (characters.length > 0 && widthOf(`${characters.join('')}…`, font) > width) characters.pop();
  return `${characters.join('').trimEnd()}…`;
}
