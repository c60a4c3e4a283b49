/** At most this many suggestions are shown: more is no help. */
const maximumSuggestions = 3;

/**
 * The number of insertions, deletions, replacements and swaps of neighbours that turn one word into another;
 * anything above `limit` is reported as `limit + 1`.
 */
export function editDistance(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) > limit) {
    return limit + 1;
  }
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = from[row - 1] === to[column - 1] ? 0 : 1;
      let best = Math.min(
        (last[column] ?? limit) + 1,
        (current[column - 1] ?? limit) + 1,
        (last[column - 1] ?? limit) + replaced,
      );
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        best = Math.min(best, (beforeLast[column - 2] ?? limit) + 1);
      }
      current.push(best);
    }
    if (Math.min(...current) > limit) {
      return limit + 1;
    }
    beforeLast = last;
    last = current;
  }
  return Math.min(last[to.length] ?? limit + 1, limit + 1);
}

/** The candidates that `word` is probably a slip of, nearest first. Letter case and `-`, `_` do not count. */
export function suggestions(word: string, candidates: Iterable<string>): readonly string[] {
  const wanted = fold(word);
  // A long pasted text is no slip of a name, and comparing it would be slow.
  if (wanted.length === 0 || wanted.length > 80) {
    return [];
  }
  const limit = Math.min(4, Math.max(1, Math.floor(wanted.length * 0.4)));
  const ranked: { readonly candidate: string; readonly distance: number }[] = [];
  for (const candidate of new Set(candidates)) {
    const distance = editDistance(wanted, fold(candidate), limit);
    if (distance <= limit) {
      ranked.push({ candidate, distance });
    }
  }
  ranked.sort((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate, "en"));
  const nearest = ranked[0]?.distance ?? 0;
  // Beside a word that is one slip away, others only distract.
  const farthest = nearest <= 1 ? nearest : nearest + 1;
  return ranked
    .filter(({ distance }) => distance <= farthest)
    .slice(0, maximumSuggestions)
    .map(({ candidate }) => candidate);
}

/** A help text that names the likely words, or the whole list when it is short. */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  const likely = suggestions(word, candidates);
  if (likely.length > 0) {
    return `did you mean ${orList(likely)}?`;
  }
  return candidates.length > 0 && candidates.length <= 12 ? `use ${orList(candidates)}` : undefined;
}

/** `a`, `b` or `c`, each in backticks. */
export function orList(words: readonly string[]): string {
  const quoted = words.map((word) => `\`${word}\``);
  const last = quoted.pop() ?? "";
  return quoted.length === 0 ? last : `${quoted.join(", ")} or ${last}`;
}

function fold(word: string): string {
  return word.toLowerCase().replaceAll(/[-_]/g, "");
}
