import { CounterweightError } from "@counterweight/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accuracy, classScores, confusionMatrix, logLoss, macroF1 } from "./index.js";

const labelled = fc.integer({ min: 1, max: 6 }).chain((classes) =>
  fc.record({
    classes: fc.constant(classes),
    rows: fc.array(fc.tuple(fc.nat({ max: classes - 1 }), fc.nat({ max: classes - 1 })), {
      minLength: 1,
      maxLength: 50,
    }),
  }),
);

const columns = (rows: readonly (readonly [number, number])[]): [Int32Array, Int32Array] => [
  Int32Array.from(rows, ([gold]) => gold),
  Int32Array.from(rows, ([, predicted]) => predicted),
];

describe("metrics, for any labels", () => {
  it("do not depend on the order of rows", () => {
    fc.assert(
      fc.property(labelled, fc.nat(), ({ classes, rows }, turn) => {
        const cut = turn % rows.length;
        const turned = [...rows.slice(cut), ...rows.slice(0, cut)].reverse();
        const here = confusionMatrix(...columns(rows), classes);
        const there = confusionMatrix(...columns(turned), classes);
        expect(there).toEqual(here);
      }),
    );
  });

  it("do not depend on which class has which number", () => {
    fc.assert(
      fc.property(labelled, ({ classes, rows }) => {
        const flipped = rows.map(([gold, predicted]): [number, number] => [
          classes - 1 - gold,
          classes - 1 - predicted,
        ]);
        const [gold, predicted] = columns(flipped);
        expect(accuracy(gold, predicted)).toBe(accuracy(...columns(rows)));
        expect(macroF1(confusionMatrix(gold, predicted, classes))).toBeCloseTo(
          macroF1(confusionMatrix(...columns(rows), classes)),
          14,
        );
      }),
    );
  });

  it("precision and recall change places when gold and predictions do", () => {
    fc.assert(
      fc.property(labelled, ({ classes, rows }) => {
        const [gold, predicted] = columns(rows);
        const here = classScores(confusionMatrix(gold, predicted, classes));
        const there = classScores(confusionMatrix(predicted, gold, classes));
        expect(there.map(({ precision }) => precision)).toEqual(here.map(({ recall }) => recall));
        expect(there.map(({ f1 }) => f1)).toEqual(here.map(({ f1 }) => f1));
      }),
    );
  });

  it("gold taken as the prediction scores 1 everywhere", () => {
    fc.assert(
      fc.property(labelled, ({ classes, rows }) => {
        const [gold] = columns(rows);
        expect(accuracy(gold, gold)).toBe(1);
        expect(macroF1(confusionMatrix(gold, gold, classes))).toBe(1);
      }),
    );
  });

  it("log-loss of even odds is log of the number of classes", () => {
    fc.assert(
      fc.property(labelled, ({ classes, rows }) => {
        const [gold] = columns(rows);
        const even = new Float64Array(rows.length * classes).fill(-Math.log(classes));
        expect(logLoss(gold, even, classes)).toBeCloseTo(Math.log(classes), 12);
      }),
    );
  });
});

describe("metrics refuse", () => {
  const none = new Int32Array();
  const two = Int32Array.of(0, 1);

  it("no rows, as the user's matter", () => {
    expect(() => accuracy(none, none)).toThrow(/at least one row/);
    expect(() => confusionMatrix(none, none, 2)).toThrow(CounterweightError);
  });

  it("columns of unlike length, as ours", () => {
    const kind = (): string => {
      try {
        accuracy(two, Int32Array.of(0));
      } catch (error) {
        if (error instanceof CounterweightError) return error.kind;
      }
      return "nothing thrown";
    };
    expect(kind()).toBe("internal");
  });

  it("a label outside the set, naming its place", () => {
    expect(() => confusionMatrix(two, Int32Array.of(0, -1), 2)).toThrow(
      /prediction -1 at position 1/,
    );
    expect(() => confusionMatrix(Int32Array.of(0, 2), two, 2)).toThrow(
      /gold label 2 at position 1/,
    );
  });

  it("probabilities or NaN where log-probabilities belong", () => {
    expect(() => logLoss(two, Float64Array.of(0.9, 0.1, 0.2, 0.8), 2)).toThrow(/0 or less/);
    expect(() => logLoss(two, Float64Array.of(Number.NaN, -1, -1, -1), 2)).toThrow(/position 0/);
  });
});
