/** Optimal string alignment distance: insertions, deletions, changes and swaps of neighbours. */
function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const row = [i];
    for (let j = 1; j <= right.length; j++) {
      const change = left[i - 1] === right[j - 1] ? 0 : 1;
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + change);
      if (i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]) {
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[right.length] ?? 0;
}

/**
 * The candidate a person most likely meant by `word`, the first of equals, or undefined when none is
 * close: one slip in short words, one more for every three letters.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  // Case, hyphens, underscores and spaces cost nothing: learning_rate is learningRate.
  const normalise = (text: string): string => text.toLowerCase().replace(/[-_\s]/g, "");
  let best: string | undefined;
  const typed = normalise(word);
  let bestDistance = Math.max(1, Math.floor((typed.length + 1) / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(typed, normalise(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}
