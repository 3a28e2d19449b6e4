import { at } from "@counterweight/base";
import { type Benchmark, roles } from "../benchmark.js";
import { rowCount, type TextTable, textKey } from "../text-table.js";
import { combine, mix } from "./mixing.js";
import { type CodeBuffer, codeBuffer, createNormaliser, sameCodes } from "./normalise.js";
import { radixSort } from "./radix-sort.js";

/** In place of a label: no row of that role has the text, or its rows have different labels. */
export const noLabel = -1;
export const mixedLabels = -2;

/** The label of two sets of rows together. */
export function joinLabels(left: number, right: number): number {
  if (left === noLabel || left === right) return right;
  return right === noLabel ? left : mixedLabels;
}

/** Rows per role, as roles index `roles`: entry `id * roleCount + role`. */
export const roleCount = roles.length;

/**
 * All rows of a benchmark folded twice: rows with equal texts are one exact text, exact texts with
 * equal normalised forms are one group. Groups are numbered by a hash of their normalised text, so
 * their order does not depend on the order of rows.
 */
export interface DistinctTexts {
  /** By role, in the order of `roles`. */
  readonly tables: readonly TextTable[];
  /** Exact text of each row, by role. */
  readonly exactOf: readonly Uint32Array[];
  /** Number of exact texts; they are numbered as they first appear. */
  readonly exacts: number;
  /** First row (0-based) of an exact text in a role, -1 where none, `[exacts * roleCount]`. */
  readonly firstRow: Int32Array;
  /** Rows of an exact text in a role, `[exacts * roleCount]`. */
  readonly rows: Uint32Array;
  /** Their label, `noLabel` or `mixedLabels`, `[exacts * roleCount]`. */
  readonly label: Int32Array;
  /** Exact texts of two rows or more. */
  readonly repeated: Uint32Array;
  /** Number of groups. */
  readonly groups: number;
  /** Group g holds the exact texts `members[groupStart[g] .. groupStart[g + 1])`, ascending. */
  readonly groupStart: Uint32Array;
  readonly members: Uint32Array;
  /** Groups of two exact texts or more. */
  readonly varied: Uint32Array;
  /** Bit r is set where role r has a row of the group, `[groups]`. */
  readonly roleMask: Uint8Array;
  /** Writes a group's normalised text. */
  read(group: number, target: CodeBuffer): void;
}

/** Folds the rows of a benchmark; linear in the number of characters. */
export function distinctTexts(benchmark: Benchmark): DistinctTexts {
  const tables = roles.map((role) => benchmark[role]);
  const { exactOf, exacts } = numberExactTexts(tables);
  const firstRow = new Int32Array(exacts * roleCount).fill(-1);
  const rows = new Uint32Array(exacts * roleCount);
  const label = new Int32Array(exacts * roleCount).fill(noLabel);
  exactOf.forEach((ids, role) => {
    const labels = at(tables, role).label;
    for (let row = 0; row < ids.length; row++) {
      const cell = (ids[row] ?? 0) * roleCount + role;
      if (firstRow[cell] === -1) firstRow[cell] = row;
      rows[cell] = (rows[cell] ?? 0) + 1;
      label[cell] = joinLabels(label[cell] ?? noLabel, labels[row] ?? noLabel);
    }
  });

  const normalise = createNormaliser();
  const readExact = (exact: number, target: CodeBuffer): void => {
    for (let role = 0; role < roleCount; role++) {
      const row = firstRow[exact * roleCount + role] ?? -1;
      if (row < 0) continue;
      const table = at(tables, role);
      normalise(target, at(table.text, row), table.textPair?.[row]);
      return;
    }
  };
  const { groupOf, groups } = groupByNormalised(exacts, readExact);

  const groupStart = new Uint32Array(groups + 1);
  const roleMask = new Uint8Array(groups);
  for (let exact = 0; exact < exacts; exact++) {
    const group = groupOf[exact] ?? 0;
    groupStart[group + 1] = (groupStart[group + 1] ?? 0) + 1;
    for (let role = 0; role < roleCount; role++) {
      if ((rows[exact * roleCount + role] ?? 0) === 0) continue;
      roleMask[group] = (roleMask[group] ?? 0) | (1 << role);
    }
  }
  for (let group = 0; group < groups; group++) {
    groupStart[group + 1] = (groupStart[group + 1] ?? 0) + (groupStart[group] ?? 0);
  }
  const next = groupStart.slice(0, groups);
  const members = new Uint32Array(exacts);
  for (let exact = 0; exact < exacts; exact++) {
    const group = groupOf[exact] ?? 0;
    const place = next[group] ?? 0;
    members[place] = exact;
    next[group] = place + 1;
  }
  return {
    tables,
    exactOf,
    exacts,
    repeated: numbersBelow(exacts, (exact) => {
      let count = 0;
      for (let role = 0; role < roleCount; role++) count += rows[exact * roleCount + role] ?? 0;
      return count > 1;
    }),
    varied: numbersBelow(
      groups,
      (group) => (groupStart[group + 1] ?? 0) - (groupStart[group] ?? 0) > 1,
    ),
    firstRow,
    rows,
    label,
    groups,
    groupStart,
    members,
    roleMask,
    read: (group, target) => readExact(members[groupStart[group] ?? 0] ?? 0, target),
  };
}

function numbersBelow(limit: number, wanted: (number: number) => boolean): Uint32Array {
  const result = new Uint32Array(limit);
  let count = 0;
  for (let number = 0; number < limit; number++) if (wanted(number)) result[count++] = number;
  return result.slice(0, count);
}

function numberExactTexts(tables: readonly TextTable[]): {
  exactOf: Uint32Array[];
  exacts: number;
} {
  const numbers = new Map<string, number>();
  const exactOf = tables.map((table) => {
    const ids = new Uint32Array(rowCount(table));
    for (let row = 0; row < ids.length; row++) {
      const key = textKey(table, row);
      const known = numbers.get(key);
      ids[row] = known ?? numbers.size;
      if (known === undefined) numbers.set(key, numbers.size);
    }
    return ids;
  });
  return { exactOf, exacts: numbers.size };
}

/** Groups exact texts by their normalised form: by a 64-bit hash, then by the form itself. */
function groupByNormalised(
  exacts: number,
  readExact: (exact: number, target: CodeBuffer) => void,
): { groupOf: Uint32Array; groups: number } {
  let capacity = 64;
  while (capacity < exacts * 2) capacity *= 2;
  /** 1 + group, 0 where free. */
  const slots = new Uint32Array(capacity);
  const high = new Uint32Array(exacts);
  const low = new Uint32Array(exacts);
  const example = new Uint32Array(exacts);
  const foundGroup = new Uint32Array(exacts);
  let groups = 0;
  const current = codeBuffer();
  const other = codeBuffer();
  for (let exact = 0; exact < exacts; exact++) {
    readExact(exact, current);
    let first = current.length;
    let second = ~current.length;
    for (let index = 0; index < current.length; index++) {
      const code = current.codes[index] ?? 0;
      first = combine(first, code);
      second = Math.imul(second ^ code, 0x01000193);
    }
    first = mix(first);
    second = mix(second);
    let slot = first & (capacity - 1);
    for (;;) {
      const taken = slots[slot] ?? 0;
      if (taken === 0) {
        slots[slot] = groups + 1;
        high[groups] = first;
        low[groups] = second;
        example[groups] = exact;
        foundGroup[exact] = groups;
        groups++;
        break;
      }
      const group = taken - 1;
      if (high[group] === first && low[group] === second) {
        readExact(example[group] ?? 0, other);
        if (sameCodes(current, other)) {
          foundGroup[exact] = group;
          break;
        }
      }
      slot = (slot + 1) & (capacity - 1);
    }
  }
  // Numbered by content: what follows may depend on the texts, never on the order of rows.
  const order = Uint32Array.from({ length: groups }, (_, group) => group);
  const scratch = new Uint32Array(groups);
  radixSort(order, low, scratch);
  radixSort(order, high, scratch);
  order.forEach((group, rank) => {
    scratch[group] = rank;
  });
  return { groupOf: foundGroup.map((group) => scratch[group] ?? 0), groups };
}
