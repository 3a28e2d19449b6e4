/**
 * How many tokens of each text of a pair are kept so that both fit into `budget`: the rule
 * "longest first" of Python's tokenizers (`truncate_encodings`). The shorter text keeps all it
 * has while the longer is cut; where even two texts of the shorter's length do not fit, each gets
 * half, and an odd token goes to the longer one, of equals to the second.
 */
export function longestFirst(first: number, second: number, budget: number): [number, number] {
  if (first + second <= budget) return [first, second];
  const shorter = Math.min(first, second);
  // What the longer text may keep, but never less than the shorter one has.
  const longer = Math.max(shorter, budget - shorter);
  const [short, long] =
    shorter + longer <= budget
      ? [shorter, longer]
      : [Math.floor(budget / 2), Math.ceil(budget / 2)];
  return first > second ? [long, short] : [short, long];
}
