import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstRows, sampleRows, stratifiedFraction, stratifiedSplit } from "./splits.js";
import { errorOf, tableOf } from "./test-support.js";
import { classCounts, rowCount, select, type TextTable } from "./text-table.js";

/** Tables with three classes; small numbers of texts give repeats. */
const tables = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 2 })), {
    minLength: 1,
    maxLength: 120,
  })
  .map((rows) =>
    tableOf(
      rows.map(([text, label]) => [`t${text}-${label}`, label]),
      3,
    ),
  );
const seeds = fc.integer({ min: 0, max: 1000 });
const rows = (table: TextTable): number[] => [...table.row];

describe("stratifiedSplit", () => {
  const shares = { train: 0.7, validation: 0.1, test: 0.2 };

  it("puts every row in one part, no text in two, and keeps classes in proportion", () => {
    const property = fc.property(tables, seeds, (table, seed) => {
      const distinct = [0, 1, 2].map(
        (label) => new Set(table.text.filter((_, row) => table.label[row] === label)).size,
      );
      fc.pre(distinct.every((count) => count === 0 || count >= 3));
      const parts = Object.values(stratifiedSplit(table, { shares, seed }));
      expect(parts.flatMap(rows).sort((a, b) => a - b)).toEqual(rows(table));
      const texts = parts.map((part) => new Set(part.text));
      const total = texts.reduce((sum, set) => sum + set.size, 0);
      expect(total).toBe(new Set(table.text).size);
      for (const part of parts) {
        expect(rows(part)).toEqual(rows(part).sort((a, b) => a - b));
        classCounts(part).forEach((count, label) => {
          expect(count > 0).toBe((distinct[label] ?? 0) > 0);
        });
      }
      expect(stratifiedSplit(table, { shares, seed })).toEqual(
        Object.fromEntries(["train", "validation", "test"].map((name, i) => [name, parts[i]])),
      );
    });
    fc.assert(property);
  });

  it("is within one row of each share and class where texts do not repeat", () => {
    const property = fc.property(seeds, fc.integer({ min: 10, max: 90 }), (seed, size) => {
      const table = tableOf(
        Array.from({ length: size * 3 }, (_, i) => [`t${i}`, i % 3]),
        3,
      );
      const parts = stratifiedSplit(table, { shares, seed });
      for (const [name, share] of Object.entries(shares)) {
        const part = Object.entries(parts).find(([part]) => part === name)?.[1] ?? table;
        for (const count of classCounts(part)) {
          expect(Math.abs(count - share * size)).toBeLessThanOrEqual(1);
        }
      }
    });
    fc.assert(property);
  });

  it("refuses shares that do not sum to 1 and classes that are too small", () => {
    const table = tableOf([
      ["a", 0],
      ["b", 1],
      ["c", 1],
    ]);
    const bad = errorOf(() => stratifiedSplit(table, { shares: { a: 0.5, b: 0.6 }, seed: 0 }));
    expect(bad.message).toContain("a: 0.5, b: 0.6");
    const small = errorOf(() => stratifiedSplit(table, { shares: { a: 0.5, b: 0.5 }, seed: 0 }));
    expect(small.message).toContain('class "class0" has 1 distinct text');
  });
});

describe("stratifiedFraction", () => {
  it("is nested, keeps every class, and has the size it says", () => {
    const fraction = fc.double({ min: 0.001, max: 1, noNaN: true });
    const property = fc.property(tables, seeds, fraction, fraction, (table, seed, one, other) => {
      const [low, high] = one < other ? [one, other] : [other, one];
      const [small, large] = [low, high].map((part) => stratifiedFraction(table, part, seed));
      if (small === undefined || large === undefined) throw new Error("unreachable");
      const classes = new Set(table.label).size;
      expect(rowCount(small)).toBe(Math.max(classes, Math.round(low * rowCount(table))));
      expect(new Set(small.label).size).toBe(classes);
      expect(rows(large)).toEqual(expect.arrayContaining(rows(small)));
    });
    fc.assert(property);
  });

  it("keeps class proportions to a row, and all rows at 1", () => {
    const property = fc.property(seeds, fc.integer({ min: 1, max: 60 }), (seed, unit) => {
      const table = tableOf(
        Array.from({ length: unit * 10 }, (_, i) => [`t${i}`, i % 10 < 7 ? 0 : 1]),
      );
      const counts = classCounts(stratifiedFraction(table, 0.5, seed));
      expect(Math.abs((counts[0] ?? 0) - 3.5 * unit)).toBeLessThanOrEqual(1);
      expect(stratifiedFraction(table, 1, seed)).toEqual(table);
    });
    fc.assert(property);
    const other = [0, 1].map((seed) => rows(stratifiedFraction(tableOf(manyRows), 0.1, seed)));
    expect(other[0]).not.toEqual(other[1]);
  });

  it.each([0, -1, 1.01, Number.NaN])("refuses the fraction %d", (fraction) => {
    expect(errorOf(() => stratifiedFraction(tableOf(manyRows), fraction, 0)).kind).toBe("data");
  });
});

const manyRows = Array.from({ length: 100 }, (_, i) => [`t${i}`, i % 2] as const);

describe("firstRows and sampleRows", () => {
  it("take the first rows, or a nested sample in file order", () => {
    const table = tableOf(manyRows);
    expect(rows(firstRows(table, 3))).toEqual([1, 2, 3]);
    const property = fc.property(
      seeds,
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 100 }),
      (seed, one, other) => {
        const small = rows(sampleRows(table, Math.min(one, other), seed));
        const large = rows(sampleRows(table, Math.max(one, other), seed));
        expect(new Set(small).size).toBe(Math.min(one, other));
        expect(small).toEqual([...small].sort((a, b) => a - b));
        expect(large).toEqual(expect.arrayContaining(small));
      },
    );
    fc.assert(property);
    expect(errorOf(() => sampleRows(table, 101, 0)).message).toContain("asked for 101 of 100 rows");
    expect(errorOf(() => firstRows(table, 0)).kind).toBe("data");
  });

  it("draws every row equally often", () => {
    const table = tableOf(manyRows.slice(0, 10));
    const counts = new Int32Array(11);
    for (let seed = 0; seed < 2000; seed++) {
      for (const row of rows(sampleRows(table, 3, seed))) counts[row] = (counts[row] ?? 0) + 1;
    }
    // Binomial(2000, 0.3): mean 600, standard deviation 20.5
    for (const count of counts.slice(1)) expect(Math.abs(count - 600)).toBeLessThan(5 * 20.5);
  });
});

describe("select", () => {
  it("keeps columns together and refuses rows outside", () => {
    const table = { ...tableOf(manyRows), textPair: manyRows.map(([text]) => `${text}'`) };
    const chosen = select(table, [5, 5, 0]);
    expect(chosen.text).toEqual(["t5", "t5", "t0"]);
    expect(chosen.textPair).toEqual(["t5'", "t5'", "t0'"]);
    expect([...chosen.label]).toEqual([1, 1, 0]);
    expect(rows(chosen)).toEqual([6, 6, 1]);
    for (const index of [-1, 100, 0.5]) {
      expect(errorOf(() => select(table, [index])).kind).toBe("internal");
    }
  });
});
