import { at } from "@counterweight/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crossEntropy } from "./cross-entropy.js";
import { dimp } from "./dimp.js";
import { focal } from "./focal.js";
import { imp } from "./imp.js";
import { impNoDiversity } from "./imp-no-diversity.js";
import type { Loss } from "./loss.js";
import { type LossBatch, runLoss, softmaxOf } from "./losses.fixture.js";
import { losses } from "./registry.js";

const real = (min: number, max: number): fc.Arbitrary<number> =>
  fc.double({ min, max, noNaN: true });

/** Exponents from none to more than twice the paper's. */
const gammas: fc.Arbitrary<number> = fc.oneof(fc.constantFrom(0, 0.5, 1, 2), real(0.05, 2.5));

/** Random batches; logits within `reach` of 0. */
const batches = (reach = 4): fc.Arbitrary<LossBatch> =>
  fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 2, max: 4 }))
    .chain(([rows, classes]) => {
      const perRow = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
        fc.array(value, { minLength: rows, maxLength: rows });
      const row = fc.array(real(-reach, reach), { minLength: classes, maxLength: classes });
      return fc.record({
        logits: perRow(row),
        labels: perRow(fc.nat(classes - 1)),
        quality: perRow(real(1e-4, 1)),
        diversity: perRow(real(1e-4, 1)),
      });
    });

function expectClose(actual: readonly number[], wanted: readonly number[], what: string): void {
  expect(actual.length, what).toBe(wanted.length);
  const size = Math.max(1, ...wanted.map(Math.abs));
  wanted.forEach((value, index) => {
    const got = at(actual, index);
    expect(Math.abs(got - value) <= 1e-11 * size, `${what}[${index}]: ${got}, not ${value}`).toBe(
      true,
    );
  });
}

const property = (check: (batch: LossBatch, gamma: number) => void): void =>
  fc.assert(fc.property(batches(), gammas, check), { numRuns: 150 });

/** p of the given label of each row. */
const givenProbability = ({ logits, labels }: LossBatch): number[] =>
  logits.map((row, index) => at(softmaxOf(row), at(labels, index)));

/** `w (softmax - onehot) / rows` of each row: the gradient of a loss whose weight carries none. */
const weightedGradient = ({ logits, labels }: LossBatch, weight: readonly number[]): number[] =>
  logits.flatMap((row, index) =>
    softmaxOf(row).map(
      (p, label) =>
        (at(weight, index) * (p - (label === at(labels, index) ? 1 : 0))) / logits.length,
    ),
  );

const power = (base: readonly number[], gamma: number): number[] =>
  base.map((value) => value ** gamma);
const ratio = (above: readonly number[], below: readonly number[]): number[] =>
  above.map((value, index) => value / at(below, index));

/** The weight of each loss as method.md writes it. */
const definitions: Readonly<Record<string, (batch: LossBatch, gamma: number) => number[]>> = {
  ce: ({ labels }) => labels.map(() => 1),
  focal: (batch, gamma) =>
    power(
      givenProbability(batch).map((p) => 1 - p),
      gamma,
    ),
  imp: ({ quality, diversity }, gamma) => power(ratio(quality, diversity), gamma),
  "imp-no-diversity": ({ quality }, gamma) => power(quality, gamma),
  dimp: (batch, gamma) => power(ratio(batch.quality, givenProbability(batch)), gamma),
};

describe.each(losses)("$name", (loss) => {
  test("weight is its definition, and the row loss is -weight log p", () => {
    property((batch, gamma) => {
      const outcome = runLoss(loss, gamma, batch);
      const weight = definitions[loss.name]?.(batch, gamma) ?? [];
      expectClose(outcome.weight, weight, "weight");
      const p = givenProbability(batch);
      expectClose(
        outcome.loss,
        weight.map((value, index) => -value * Math.log(at(p, index))),
        "loss",
      );
    });
  });

  test("gamma 0 is cross-entropy: loss, weight and gradient", () => {
    property((batch) => {
      const [actual, wanted] = [runLoss(loss, 0, batch), runLoss(crossEntropy, 1, batch)];
      expectClose(actual.loss, wanted.loss, "loss");
      expectClose(actual.weight, wanted.weight, "weight");
      expectClose(actual.gradient, wanted.gradient, "gradient");
    });
  });
});

test.each([crossEntropy, imp, impNoDiversity, dimp])(
  "$name: the gradient in the logits is weight (softmax - onehot) / rows",
  (loss) => {
    property((batch, gamma) => {
      const weight = definitions[loss.name]?.(batch, gamma) ?? [];
      expectClose(
        runLoss(loss, gamma, batch).gradient,
        weightedGradient(batch, weight),
        "gradient",
      );
    });
  },
);

test("DIMP with the current model as quality checker has cross-entropy's gradient", () => {
  property((batch, gamma) => {
    const own = { ...batch, quality: givenProbability(batch) };
    expectClose(
      runLoss(dimp, gamma, own).gradient,
      runLoss(crossEntropy, 1, own).gradient,
      "gradient",
    );
  });
});

test("IMP with equal checkers is cross-entropy", () => {
  property((batch, gamma) => {
    const equal = { ...batch, diversity: batch.quality };
    const [actual, wanted] = [runLoss(imp, gamma, equal), runLoss(crossEntropy, 1, equal)];
    expectClose(actual.loss, wanted.loss, "loss");
    expectClose(actual.gradient, wanted.gradient, "gradient");
  });
});

test("IMP with a diversity checker that is sure of everything is IMP without one", () => {
  property((batch, gamma) => {
    const sure = { ...batch, diversity: batch.labels.map(() => 1) };
    expectClose(
      runLoss(imp, gamma, sure).gradient,
      runLoss(impNoDiversity, gamma, sure).gradient,
      "gradient",
    );
  });
});

/** Central differences of the mean of `-weight log p`, with the weights as given by `weightOf`. */
function differences(
  batch: LossBatch,
  weightOf: (shifted: LossBatch) => readonly number[],
): number[] {
  const step = 1e-5;
  const mean = (row: number, label: number, shift: number): number => {
    const logits = batch.logits.map((values, index) =>
      values.map((value, k) => (index === row && k === label ? value + shift : value)),
    );
    const shifted = { ...batch, logits };
    const weight = weightOf(shifted);
    const terms = givenProbability(shifted).map((p, index) => -at(weight, index) * Math.log(p));
    return terms.reduce((sum, term) => sum + term, 0) / logits.length;
  };
  return batch.logits.flatMap((values, row) =>
    values.map((_, label) => (mean(row, label, step) - mean(row, label, -step)) / (2 * step)),
  );
}

function expectNear(actual: readonly number[], wanted: readonly number[]): void {
  const size = Math.max(1, ...wanted.map(Math.abs));
  for (const [index, value] of wanted.entries()) {
    expect(Math.abs(at(actual, index) - value) / size).toBeLessThan(1e-7);
  }
}

describe("what carries gradient, against central differences", () => {
  const moderate = batches(2);
  const check = (loss: Loss, frozen: boolean): void => {
    const weightOf = definitions[loss.name];
    fc.assert(
      fc.property(moderate, fc.double({ min: 0.5, max: 2, noNaN: true }), (batch, gamma) => {
        const still = weightOf?.(batch, gamma) ?? [];
        const wanted = differences(batch, (shifted) =>
          frozen ? still : (weightOf?.(shifted, gamma) ?? []),
        );
        expectNear(runLoss(loss, gamma, batch).gradient, wanted);
      }),
      { numRuns: 60 },
    );
  };

  test.each([crossEntropy, imp, impNoDiversity, dimp])("$name: weights frozen", (loss) => {
    check(loss, true);
  });

  test("focal: its factor moves with the logits", () => {
    check(focal, false);
    expect(() => check(focal, true)).toThrow();
  });

  test("DIMP's weight would matter if it were not frozen", () => {
    expect(() => check(dimp, false)).toThrow();
  });
});
