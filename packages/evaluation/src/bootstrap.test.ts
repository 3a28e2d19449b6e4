import { at, randomStream } from "@counterweight/base";
import { accuracy, confusionMatrix, macroF1, matrixAccuracy } from "@counterweight/metrics";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bootstrapIntervals } from "./bootstrap.js";
import { bootstrapStream } from "./replicates.js";
import { mean, quantile } from "./statistics.js";

const scores = {
  accuracy: matrixAccuracy,
  macroF1: (matrix: Parameters<typeof macroF1>[0]) => macroF1(matrix),
};

/** The definition, word for word: draw rows, copy labels and predictions, score each seed, average. */
function slowly(
  gold: Int32Array,
  predictions: readonly Int32Array[],
  classes: number,
  resamples: number,
  level: number,
  seed: number,
): [number, number][] {
  const random = bootstrapStream(seed);
  const kept: { accuracy: number[]; macroF1: number[] } = { accuracy: [], macroF1: [] };
  for (let replicate = 0; replicate < resamples; replicate++) {
    const rows = Array.from(gold, () => random.integer(gold.length));
    const take = (values: Int32Array): Int32Array =>
      Int32Array.from(rows, (row) => at(values, row));
    const drawn = take(gold);
    kept.accuracy.push(mean(predictions.map((run) => accuracy(drawn, take(run)))));
    kept.macroF1.push(
      mean(predictions.map((run) => macroF1(confusionMatrix(drawn, take(run), classes)))),
    );
  }
  return [kept.accuracy, kept.macroF1].map((values) => {
    const ascending = values.sort((left, right) => left - right);
    return [quantile(ascending, (1 - level) / 2), quantile(ascending, (1 + level) / 2)];
  });
}

const setting = fc
  .record({ classes: fc.integer({ min: 1, max: 5 }), seeds: fc.integer({ min: 1, max: 4 }) })
  .chain(({ classes, seeds }) =>
    fc.record({
      classes: fc.constant(classes),
      seed: fc.nat({ max: 1000 }),
      resamples: fc.integer({ min: 1, max: 25 }),
      level: fc.constantFrom(0.5, 0.9, 0.95),
      rows: fc.array(
        fc.array(fc.nat({ max: classes - 1 }), { minLength: seeds + 1, maxLength: seeds + 1 }),
        {
          minLength: 1,
          maxLength: 40,
        },
      ),
    }),
  );

describe("bootstrapIntervals", () => {
  it("equals the slow definition with the same random numbers, to 1e-12", () => {
    fc.assert(
      fc.property(setting, ({ classes, seed, resamples, level, rows }) => {
        const column = (index: number): Int32Array =>
          Int32Array.from(rows, (row) => at(row, index));
        const predictions = Array.from({ length: at(rows, 0).length - 1 }, (_, run) =>
          column(run + 1),
        );
        const options = { resamples, level, seed };
        const ours = bootstrapIntervals(column(0), predictions, classes, scores, options);
        const theirs = slowly(column(0), predictions, classes, resamples, level, seed);
        [ours.accuracy, ours.macroF1].forEach((interval, index) => {
          const [low, high] = at(theirs, index);
          expect(Math.abs(interval.low - low)).toBeLessThan(1e-12);
          expect(Math.abs(interval.high - high)).toBeLessThan(1e-12);
          expect(interval).toMatchObject({
            ...options,
            resampled: "test rows, jointly across seeds",
          });
        });
      }),
      { numRuns: 60 },
    );
  });

  it("covers the true accuracy about as often as it says", () => {
    const rows = 200;
    const worlds = 300;
    const truth = 0.8;
    let covered = 0;
    for (let world = 0; world < worlds; world++) {
      const random = randomStream("coverage", world);
      // Rows differ in difficulty and seeds share it, as in life; the mean over rows is 0.8.
      const hard = Float64Array.from({ length: rows }, () => (random.float() < 0.5 ? 0.65 : 0.95));
      const predictions = [0, 1, 2].map(() =>
        Int32Array.from(hard, (share) => (random.float() < share ? 0 : 1)),
      );
      const gold = new Int32Array(rows);
      const { accuracy: interval } = bootstrapIntervals(gold, predictions, 2, scores, {
        resamples: 250,
        seed: world,
      });
      if (interval.low <= truth && truth <= interval.high) covered++;
    }
    // Binomial(300, 0.95): 3.5 standard deviations either side, and a little for the percentile method.
    expect(covered / worlds).toBeGreaterThan(0.9);
    expect(covered / worlds).toBeLessThan(0.99);
  }, 120_000);

  it("is wider where seeds agree: the joint draw keeps what they share", () => {
    const random = randomStream("joint");
    const rows = 300;
    const gold = new Int32Array(rows);
    const draw = (): Int32Array => Int32Array.from(gold, () => (random.float() < 0.75 ? 0 : 1));
    const one = draw();
    const width = (predictions: Int32Array[]): number => {
      const { accuracy: interval } = bootstrapIntervals(gold, predictions, 2, scores, {
        resamples: 2000,
      });
      return interval.high - interval.low;
    };
    const same = width([one, one, one, one]);
    const apart = width([draw(), draw(), draw(), draw()]);
    expect(same / apart).toBeGreaterThan(1.6);
    expect(same / apart).toBeLessThan(2.4);
  });

  it("gives the same bits twice, and others for another seed", () => {
    const gold = Int32Array.from({ length: 97 }, (_, row) => row % 3);
    const run = Int32Array.from({ length: 97 }, (_, row) => (row * 7) % 3);
    const once = bootstrapIntervals(gold, [run], 3, scores, { resamples: 500 });
    expect(bootstrapIntervals(gold, [run], 3, scores, { resamples: 500 })).toEqual(once);
    expect(
      bootstrapIntervals(gold, [run], 3, scores, { resamples: 500, seed: 1 }).macroF1,
    ).not.toEqual(once.macroF1);
  });

  it("refuses predictions of another length", () => {
    expect(() => bootstrapIntervals(new Int32Array(3), [new Int32Array(2)], 2, scores)).toThrow(
      /3 gold labels/,
    );
  });
});
