import type { TextProblem } from './yaml-problems.ts';

/** What Windows-1252 shows for the bytes 0x80 to 0x9F; five of them have no character and stay as they are. */
const windows1252 = new Map(
  [...'€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'].map((character, index) => [
    character,
    0x80 + index,
  ]),
);
const utf8 = new TextDecoder('utf-8', { fatal: true });
const suspicious = /[\u00c2-\u00f4](?:[\u0080-\u00bf]|[€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]){1,3}/g;
const mostFindings = 20;

/**
 * Finds text that was encoded twice: UTF-8 bytes that some program took for Windows-1252, such as "â€™" for "’".
 * A stretch counts only if its characters, taken as bytes, are valid UTF-8.
 */
export function findMojibake(text: string): TextProblem[] {
  const problems: TextProblem[] = [];
  for (const match of text.matchAll(suspicious)) {
    const meant = decodeTwice(match[0]);
    if (meant === undefined) continue;
    problems.push({
      rule: 'mojibake',
      offset: match.index,
      severity: 'warning',
      message: `"${match[0]}" was encoded twice`,
      mend: `Write "${meant}", and save the file as UTF-8.`,
    });
    if (problems.length === mostFindings) break;
  }
  return problems;
}

function decodeTwice(text: string): string | undefined {
  const bytes = [...text].map(character => windows1252.get(character) ?? character.charCodeAt(0));
  for (let length = bytes.length; length >= 2; length--) {
    try {
      const decoded = utf8.decode(Uint8Array.from(bytes.slice(0, length)));
      if ([...decoded].length === 1) return decoded;
    } catch {
      // Not UTF-8 at this length; a shorter stretch may be.
    }
  }
  return undefined;
}
