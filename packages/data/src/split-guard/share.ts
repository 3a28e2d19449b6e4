import {
  type DistinctTexts,
  joinLabels,
  mixedLabels,
  noLabel,
  roleCount,
} from "./distinct-texts.js";
import type { LinkList } from "./links.js";
import type { Pairs } from "./pairs.js";

/** Numbers of one pair of roles at one level; see `SharedTexts`. */
export interface SharedCounts {
  readonly texts: readonly [number, number];
  readonly rows: readonly [number, number];
  readonly conflicts: number;
  readonly highest: number;
}

/** Roles by their index. */
export type Sides = readonly [number, number];

/** Counts texts that stand exactly equal on both sides, or twice on one, and links their rows. */
export function shareExact(
  { repeated, exactOf, firstRow, rows, label }: DistinctTexts,
  [left, right]: Sides,
  links: LinkList,
): SharedCounts {
  let shared = 0;
  let leftRows = 0;
  let rightRows = 0;
  let conflicts = 0;
  const within = left === right;
  for (const text of repeated) {
    const [here, there] = [text * roleCount + left, text * roleCount + right];
    const [leftCount, rightCount] = [rows[here] ?? 0, rows[there] ?? 0];
    if (within ? leftCount < 2 : leftCount === 0 || rightCount === 0) continue;
    shared++;
    leftRows += leftCount;
    rightRows += rightCount;
    if (joinLabels(label[here] ?? noLabel, label[there] ?? noLabel) === mixedLabels) conflicts++;
    if (!within) links.add(firstRow[here] ?? 0, firstRow[there] ?? 0, 1);
  }
  if (within) {
    exactOf[left]?.forEach((text, row) => {
      const first = firstRow[text * roleCount + left] ?? 0;
      if (first !== row) links.add(first, row, 1);
    });
  }
  return { texts: [shared, shared], rows: [leftRows, rightRows], conflicts, highest: 1 };
}

/** Counts texts that are equal only when normalised, and links the first rows of each. */
export function shareNormalised(
  texts: DistinctTexts,
  [left, right]: Sides,
  links: LinkList,
): SharedCounts {
  const { varied, groupStart, members, firstRow, rows, label } = texts;
  const cell = (text: number, role: number): number => text * roleCount + role;
  const counts = { texts: 0, left: 0, right: 0, conflicts: 0 };
  const within = left === right;
  for (const group of varied) {
    const all = members.subarray(groupStart[group] ?? 0, groupStart[group + 1] ?? 0);
    const present = (role: number): Uint32Array =>
      all.filter((text) => (rows[cell(text, role)] ?? 0) > 0);
    const ours = present(left);
    const theirs = present(right);
    /** The first text of the other side that is not this very text. */
    const partner = (side: Uint32Array, text: number): number | undefined =>
      side[0] === text ? side[1] : side[0];
    let joined = noLabel;
    let involved = 0;
    for (const text of ours) {
      const other = partner(theirs, text);
      if (other === undefined) continue;
      involved++;
      counts.left += rows[cell(text, left)] ?? 0;
      joined = joinLabels(joined, label[cell(text, left)] ?? noLabel);
      // Within one role the first text links to all others; its own link is the second's.
      if (within && text === ours[0]) continue;
      links.add(...inOrder(firstRow[cell(text, left)], firstRow[cell(other, right)], within), 1);
    }
    if (involved === 0) continue;
    counts.texts++;
    for (const text of theirs) {
      const other = partner(ours, text);
      if (other === undefined) continue;
      counts.right += rows[cell(text, right)] ?? 0;
      joined = joinLabels(joined, label[cell(text, right)] ?? noLabel);
      if (within || partner(theirs, other) === text) continue;
      links.add(firstRow[cell(other, left)] ?? 0, firstRow[cell(text, right)] ?? 0, 1);
    }
    if (joined === mixedLabels) counts.conflicts++;
  }
  return {
    texts: [counts.texts, counts.texts],
    rows: [counts.left, counts.right],
    conflicts: counts.conflicts,
    highest: 1,
  };
}

/** Within one role the earlier row is the left one. */
function inOrder(
  left: number | undefined,
  right: number | undefined,
  within: boolean,
): [number, number] {
  const [one, other] = [left ?? 0, right ?? 0];
  return within && one > other ? [other, one] : [one, other];
}

/** Counts the groups of two roles that found pairs connect, and links their first rows. */
export function shareNear(
  texts: DistinctTexts,
  pairs: Pairs,
  [left, right]: Sides,
  links: LinkList,
): SharedCounts {
  const { groups, groupStart, members, roleMask, firstRow, rows, label } = texts;
  const within = left === right;
  /** Bits: 1 near on the left side, 2 on the right, 4 with another label. */
  const flags = new Uint8Array(groups);
  let highest = 0;
  const has = (group: number, role: number): boolean => ((roleMask[group] ?? 0) >>> role) % 2 === 1;
  const summary = (group: number, role: number): { first: number; rows: number; label: number } => {
    const result = { first: -1, rows: 0, label: noLabel };
    for (const text of members.subarray(groupStart[group] ?? 0, groupStart[group + 1] ?? 0)) {
      const cell = text * roleCount + role;
      const row = firstRow[cell] ?? -1;
      if (row < 0) continue;
      if (result.first < 0 || row < result.first) result.first = row;
      result.rows += rows[cell] ?? 0;
      result.label = joinLabels(result.label, label[cell] ?? noLabel);
    }
    return result;
  };
  const link = (one: number, other: number, similarity: number): void => {
    if (!has(one, left) || !has(other, right)) return;
    const [here, there] = [summary(one, left), summary(other, right)];
    const conflict = joinLabels(here.label, there.label) === mixedLabels;
    flags[one] = (flags[one] ?? 0) | 1 | (conflict ? 4 : 0);
    flags[other] = (flags[other] ?? 0) | 2 | (within && conflict ? 4 : 0);
    highest = Math.max(highest, similarity);
    links.add(...inOrder(here.first, there.first, within), similarity);
  };
  for (let index = 0; index < pairs.left.length; index++) {
    const [one, other] = [pairs.left[index] ?? 0, pairs.right[index] ?? 0];
    const similarity = pairs.similarity[index] ?? 0;
    link(one, other, similarity);
    if (!within) link(other, one, similarity);
  }
  const counts = { left: 0, right: 0, leftRows: 0, rightRows: 0, conflicts: 0 };
  flags.forEach((flag, group) => {
    if (flag === 0) return;
    if (within || flag & 1) {
      counts.left++;
      counts.leftRows += summary(group, left).rows;
      if (flag & 4) counts.conflicts++;
    }
    if (within || flag & 2) {
      counts.right++;
      counts.rightRows += summary(group, right).rows;
    }
  });
  return {
    texts: [counts.left, counts.right],
    rows: [counts.leftRows, counts.rightRows],
    conflicts: counts.conflicts,
    highest,
  };
}
