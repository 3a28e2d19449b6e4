import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { errorOf, tableOf } from "../test-support.js";
import { rowCount, select, type TextTable, textKey } from "../text-table.js";
import { corrupt } from "./corrupt.js";
import { duplicateRows } from "./duplicate-rows.js";
import type { Corrupted } from "./planted.js";
import { swapLabels } from "./swap-labels.js";
import { unrelatedInputs } from "./unrelated-inputs.js";

/** Tables of single texts or pairs, some with lines and weights, in which texts may repeat. */
const tables = fc
  .record({
    rows: fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 2 })), {
      minLength: 1,
      maxLength: 60,
    }),
    classes: fc.integer({ min: 3, max: 5 }),
    pairs: fc.boolean(),
    extras: fc.boolean(),
  })
  .map(({ rows, classes, pairs, extras }): TextTable => {
    const table = tableOf(
      rows.map(([text, label]) => [`text ${text}`, label]),
      classes,
    );
    return {
      ...table,
      ...(pairs ? { textPair: rows.map(([text]) => `second ${text % 7}`) } : {}),
      ...(extras
        ? { line: table.row.map((row) => row + 1), weight: Float32Array.from(table.row) }
        : {}),
    };
  });
const shares = fc.double({ min: 0, max: 1, noNaN: true });
const seeds = fc.integer({ min: 0, max: 1000 });
const foreign = tableOf(Array.from({ length: 300 }, (_, i) => [`foreign ${i}`, i % 2]));
const sources = fc.constantFrom("word-salad" as const, foreign);

/** Each planted row is what its record says of the original, and every other row is the original's. */
function checkPlanted(original: TextTable, { table, planted }: Corrupted): void {
  const rows = rowCount(original);
  const indices = planted.map(({ index }) => index);
  expect(indices).toEqual([...new Set(indices)].sort((a, b) => a - b));
  const plantedRows = new Set(indices);
  const kept = Array.from({ length: rows }, (_, i) => i).filter((index) => !plantedRows.has(index));
  expect(select(table, kept)).toEqual(select(original, kept));
  expect(rowCount(table)).toBe(rows + planted.filter(({ kind }) => kind === "duplicate").length);
  for (const row of planted) {
    const { index } = row;
    if (row.kind === "duplicate") {
      expect(index).toBeGreaterThanOrEqual(rows);
      expect(row.source).toBeLessThan(rows);
      expect(plantedRows.has(row.source)).toBe(false);
      expect(select(table, [index])).toEqual(select(original, [row.source]));
      continue;
    }
    expect(index).toBeLessThan(rows);
    if (row.kind === "swapped-label") {
      expect(row.originalLabel).toBe(original.label[index]);
      expect(table.label[index]).not.toBe(original.label[index]);
      expect(table.label[index]).toBeLessThan(table.labelNames.length);
      expect(table.label[index]).toBeGreaterThanOrEqual(0);
      expect(textKey(table, index)).toBe(textKey(original, index));
    } else {
      expect(row.originalText).toBe(original.text[index]);
      expect(row.originalTextPair).toBe(original.textPair?.[index]);
      expect(original.text).not.toContain(table.text[index]);
      if (original.textPair !== undefined) {
        expect(original.textPair).not.toContain(table.textPair?.[index]);
        expect(table.textPair?.[index]).not.toBe(table.text[index]);
      }
      expect(table.label[index]).toBe(original.label[index]);
    }
    expect(table.row[index]).toBe(original.row[index]);
    expect(table.line?.[index]).toBe(original.line?.[index]);
    expect(table.weight?.[index]).toBe(original.weight?.[index]);
  }
}

describe("single corruptions", () => {
  const each = [
    ["swapLabels", swapLabels],
    ["duplicateRows", duplicateRows],
    ["unrelatedInputs", unrelatedInputs],
  ] as const;

  it.each(each)("%s plants round(share x rows), tells which, leaves the rest", (_, plant) => {
    const property = fc.property(tables, shares, seeds, (table, share, seed) => {
      const before = structuredClone(table);
      const done = plant(table, { share, seed });
      expect(done.planted).toHaveLength(Math.round(share * rowCount(table)));
      checkPlanted(table, done);
      expect(table).toEqual(before);
      expect(plant(table, { share, seed })).toEqual(done);
    });
    fc.assert(property);
  });

  it.each(each)("%s avoids the rows that it is told", (_, plant) => {
    const property = fc.property(tables, seeds, fc.func(fc.boolean()), (table, seed, drawn) => {
      const avoid = new Set([...table.label.keys()].filter((index) => drawn(index)));
      const share = (rowCount(table) - avoid.size) / rowCount(table);
      const { planted } = plant(table, { share, seed, avoid });
      const touched = planted.map((row) => (row.kind === "duplicate" ? row.source : row.index));
      const free = [...table.label.keys()].filter((index) => !avoid.has(index));
      expect(touched.sort((a, b) => a - b)).toEqual(free);
      if (avoid.size > 0) {
        const error = errorOf(() => plant(table, { share: 1, seed, avoid }));
        expect(error.message).toContain("untouched");
      }
    });
    fc.assert(property);
  });

  it.each(each)(
    "%s is nested: a larger share changes the same rows equally, and more",
    (_, plant) => {
      const property = fc.property(tables, shares, shares, seeds, (table, left, right, seed) => {
        const few = plant(table, { share: Math.min(left, right), seed });
        const many = plant(table, { share: Math.max(left, right), seed });
        expect(many.planted).toEqual(expect.arrayContaining([...few.planted]));
        const same = few.planted.map(({ index }) => index);
        expect(select(many.table, same)).toEqual(select(few.table, same));
      });
      fc.assert(property);
    },
  );

  it.each(each)("%s chooses other rows by another seed", (_, plant) => {
    const table = tableOf(Array.from({ length: 100 }, (_, i) => [`t${i}`, i % 2]));
    const chosen = (seed: number): string =>
      JSON.stringify(plant(table, { share: 0.3, seed }).planted);
    expect(new Set(Array.from({ length: 20 }, (_, seed) => chosen(seed))).size).toBe(20);
  });

  it.each(each)("%s refuses shares outside [0, 1]", (_, plant) => {
    for (const share of [-0.1, 1.1, Number.NaN]) {
      const error = errorOf(() => plant(foreign, { share, seed: 0 }));
      expect(error.message).toContain("a share must be from 0 to 1");
    }
  });

  it("labels swap evenly to the other classes", () => {
    const table = tableOf(
      Array.from({ length: 9000 }, (_, i) => [`t${i}`, i % 3]),
      3,
    );
    const { table: swapped } = swapLabels(table, { share: 1, seed: 7 });
    const shifts = swapped.label.map((label, i) => (label - (table.label[i] ?? 0) + 3) % 3);
    const ones = shifts.filter((shift) => shift === 1).length;
    // 9000 fair draws: standard deviation 47; five of them
    expect(Math.abs(ones - 4500)).toBeLessThan(240);
  });

  it("unrelated inputs from a table: distinct, of that table, and of no row of ours", () => {
    const property = fc.property(tables, shares, seeds, (table, share, seed) => {
      const mixed = { ...foreign, text: [...foreign.text.slice(0, 280), ...table.text] };
      const done = unrelatedInputs(table, { share, seed, source: mixed });
      checkPlanted(table, done);
      const used = done.planted.flatMap(({ index }) => [
        done.table.text[index],
        ...(table.textPair === undefined ? [] : [done.table.textPair?.[index]]),
      ]);
      expect(new Set(used).size).toBe(used.length);
      expect(used.every((text) => foreign.text.includes(text ?? ""))).toBe(true);
    });
    fc.assert(property);
    const error = errorOf(() =>
      unrelatedInputs(foreign, { share: 0.5, seed: 0, source: tableOf([["one", 0]]) }),
    );
    expect(error.message).toContain("needed 150 unrelated texts, but table has only 1");
  });

  it("duplicates as often as asked, and refuses half copies", () => {
    const { planted } = duplicateRows(foreign, { share: 0.1, seed: 1, copies: 3 });
    expect(planted).toHaveLength(90);
    const bySource = new Map<number, number>();
    for (const row of planted) {
      if (row.kind === "duplicate") bySource.set(row.source, (bySource.get(row.source) ?? 0) + 1);
    }
    expect([...bySource.values()]).toEqual(new Array(30).fill(3));
    const error = errorOf(() => duplicateRows(foreign, { share: 0.1, seed: 1, copies: 1.5 }));
    expect(error.message).toContain("needed 1 copy of a row or more");
  });

  it("a table of one class has no label to swap to", () => {
    const error = errorOf(() => swapLabels(tableOf([["a", 0]], 1), { share: 1, seed: 0 }));
    expect(error.message).toContain("one class only");
  });
});

describe("corrupt", () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant("swapped-label" as const) }),
      fc.record({
        kind: fc.constant("duplicate" as const),
        copies: fc.integer({ min: 1, max: 3 }),
      }),
      fc.record({ kind: fc.constant("unrelated-input" as const), source: sources }),
    ),
    { maxLength: 4 },
  );

  it("gives every planted row one fault, at the index it says, whatever the order of steps", () => {
    const property = fc.property(
      tables,
      steps,
      fc.double({ min: 0, max: 0.2, noNaN: true }),
      seeds,
      (table, kinds, share, seed) => {
        const plan = { steps: kinds.map((step) => ({ ...step, share })), seed };
        fc.pre(Math.round(share * rowCount(table)) * kinds.length <= rowCount(table));
        const done = corrupt(table, plan);
        checkPlanted(table, done);
        const count = Math.round(share * rowCount(table));
        const expected = kinds.reduce(
          (sum, step) => sum + count * (step.kind === "duplicate" ? step.copies : 1),
          0,
        );
        expect(done.planted).toHaveLength(expected);
        expect(corrupt(table, plan)).toEqual(done);
      },
    );
    fc.assert(property);
  });

  it("says so when the steps need more rows than there are", () => {
    const swap = { kind: "swapped-label", share: 0.6 } as const;
    const copy = { kind: "duplicate", share: 0.6 } as const;
    const error = errorOf(() => corrupt(foreign, { steps: [swap, copy], seed: 0 }));
    expect(error.message).toContain("asked to corrupt 180 rows, but only");
  });
});
