/** Longer words are not compared: nobody mistypes 65 characters, and the cost grows with the square. */
const longestWord = 64;
/** With more than this a suggestion is luck, and looking for one takes time. */
const mostCandidates = 500;

/**
 * The candidate that a person most likely meant, or undefined when none is close. Close means at most one edit in
 * three characters; an edit is an insertion, a deletion, a replacement or two neighbours swapped.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > longestWord) return undefined;
  const wanted = word.toLowerCase();
  const others = [...candidates]
    .slice(0, mostCandidates)
    .filter(each => each !== word && each.length <= longestWord);
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of others) {
    const limit = Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3));
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance <= limit && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best ?? samePrefix(wanted, others) ?? sameParts(wanted, others);
}

/** `planned` for `plan`: one is the beginning of the other. */
function samePrefix(wanted: string, candidates: readonly string[]): string | undefined {
  if (wanted.length < 3) return undefined;
  for (const candidate of candidates) {
    const other = candidate.toLowerCase();
    if (other.startsWith(wanted) || (other.length > 3 && wanted.startsWith(other))) return candidate;
  }
  return undefined;
}

/** `app-cluster` for `cluster-app`, `restore` for `rds.restore`: the same words in another order or number. */
function sameParts(wanted: string, candidates: readonly string[]): string | undefined {
  const parts = wanted.split(/[^a-z0-9]+/).filter(part => part.length > 2);
  if (parts.length === 0) return undefined;
  for (const candidate of candidates) {
    const other = new Set(candidate.toLowerCase().split(/[^a-z0-9]+/));
    if (parts.every(part => other.has(part))) return candidate;
  }
  return undefined;
}

/** Damerau-Levenshtein distance (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let value = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        value = Math.min(value, at(beforeLast, j - 2) + 1);
      }
      row.push(value);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
