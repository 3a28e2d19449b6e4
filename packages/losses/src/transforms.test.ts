import { at } from "@counterweight/base";
import { evaluate, input, program, type TensorValue, tensorValue } from "@counterweight/graph";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crossEntropy } from "./cross-entropy.js";
import { focal } from "./focal.js";
import { type LossBatch, runLoss, softmaxOf } from "./losses.fixture.js";
import { losses } from "./registry.js";
import { checkTransforms, transformWeights, type WeightTransform } from "./transforms.js";

const real = (min: number, max: number): fc.Arbitrary<number> =>
  fc.double({ min, max, noNaN: true });

const transform: fc.Arbitrary<WeightTransform> = fc.oneof(
  fc.record({ kind: fc.constant("temper" as const), exponent: real(0, 2) }),
  fc.tuple(real(0, 1), real(1, 5)).map(([minimum, maximum]) => ({
    kind: "clip" as const,
    minimum,
    maximum,
  })),
  real(0.01, 5).map((maximum) => ({ kind: "clip" as const, maximum })),
  real(0.01, 5).map((minimum) => ({ kind: "clip" as const, minimum })),
  fc.constant({ kind: "normalise" as const }),
);
const chains = fc.array(transform, { maxLength: 4 });

const batches: fc.Arbitrary<LossBatch> = fc.integer({ min: 1, max: 6 }).chain((rows) => {
  const perRow = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
    fc.array(value, { minLength: rows, maxLength: rows });
  return fc.record({
    logits: perRow(fc.tuple(real(-4, 4), real(-4, 4), real(-4, 4))),
    labels: perRow(fc.nat(2)),
    quality: perRow(real(1e-3, 1)),
    diversity: perRow(real(1e-3, 1)),
  });
});

/** The transforms as their definitions read, on plain weights. */
function applied(weights: readonly number[], chain: readonly WeightTransform[]): readonly number[] {
  return chain.reduce<readonly number[]>((before, each) => {
    if (each.kind === "temper") return before.map((weight) => weight ** each.exponent);
    if (each.kind === "clip") {
      const { minimum = 0, maximum = Number.POSITIVE_INFINITY } = each;
      return before.map((weight) => Math.min(Math.max(weight, minimum), maximum));
    }
    const mean = before.reduce((sum, weight) => sum + weight, 0) / before.length;
    return before.map((weight) => weight / mean);
  }, weights);
}

function expectClose(actual: readonly number[], wanted: readonly number[]): void {
  expect(actual.length).toBe(wanted.length);
  wanted.forEach((value, index) => {
    expect(Math.abs(at(actual, index) - value)).toBeLessThanOrEqual(1e-11 * (1 + Math.abs(value)));
  });
}

const weightedLosses = losses.filter(({ weighted }) => weighted);

test("the losses that ask for scores are those that weight", () => {
  expect(weightedLosses.map(({ name }) => name)).toEqual(["imp", "imp-no-diversity", "dimp"]);
  for (const { needs, weighted } of losses) expect(weighted).toBe(needs.length > 0);
});

describe.each(weightedLosses)("$name", (loss) => {
  test("weights are the transforms' definitions in their order; none carries gradient", () => {
    fc.assert(
      fc.property(batches, chains, real(0, 2), (batch, chain, gamma) => {
        const outcome = runLoss(loss, gamma, batch, chain);
        const weight = applied(runLoss(loss, gamma, batch).weight, chain);
        expectClose(outcome.weight, weight);
        expectClose(
          outcome.loss,
          weight.map((value, row) => -value * at(outcome.logProbability, row)),
        );
        const rows = batch.labels.length;
        expectClose(
          outcome.gradient,
          batch.logits.flatMap((row, index) =>
            softmaxOf(row).map(
              (p, label) =>
                (at(weight, index) * (p - (label === at(batch.labels, index) ? 1 : 0))) / rows,
            ),
          ),
        );
      }),
      { numRuns: 150 },
    );
  });

  test("transforms that ask for nothing change no bit", () => {
    const nothing: readonly WeightTransform[] = [
      { kind: "temper", exponent: 1 },
      { kind: "clip", minimum: 0, maximum: Number.POSITIVE_INFINITY },
      { kind: "clip" },
    ];
    fc.assert(
      fc.property(batches, fc.shuffledSubarray([...nothing]), (batch, chain) => {
        expect(runLoss(loss, 1, batch, chain)).toEqual(runLoss(loss, 1, batch));
      }),
      { numRuns: 40 },
    );
  });

  test("temper is gamma, and by 0 it is cross-entropy", () => {
    fc.assert(
      fc.property(batches, real(0.1, 2), real(0.1, 2), (batch, gamma, exponent) => {
        const tempered = runLoss(loss, gamma, batch, [{ kind: "temper", exponent }]);
        expectClose(tempered.weight, runLoss(loss, gamma * exponent, batch).weight);
        expectClose(
          runLoss(loss, gamma, batch, [{ kind: "temper", exponent: 0 }]).gradient,
          runLoss(crossEntropy, 1, batch).gradient,
        );
      }),
      { numRuns: 60 },
    );
  });
});

test.each([crossEntropy, focal])("$name ignores transforms", (loss) => {
  fc.assert(
    fc.property(batches, chains, (batch, chain) => {
      expect(runLoss(loss, 1, batch, chain)).toEqual(runLoss(loss, 1, batch));
    }),
    { numRuns: 30 },
  );
});

describe("where weights are beyond every float", () => {
  const weights = (logs: readonly number[], chain: readonly WeightTransform[]): number[] => {
    const column: TensorValue = tensorValue(Float64Array.from(logs), [logs.length]);
    const made = transformWeights(input("logs", "float32", ["rows"]), chain);
    return [...(evaluate(program("weights", { made }), { logs: column }).made?.data ?? [])];
  };

  test("a clip gives its bound exactly", () => {
    fc.assert(
      fc.property(real(1e-3, 100), (maximum) => {
        expect(weights([2000, -2000, 0], [{ kind: "clip", maximum, minimum: 1e-4 }])).toEqual([
          maximum,
          1e-4,
          Math.min(1, maximum),
        ]);
      }),
    );
    // One more transform after it: no infinity comes in between.
    const chain: readonly WeightTransform[] = [
      { kind: "clip", maximum: 4 },
      { kind: "temper", exponent: 0.5 },
    ];
    expectClose(weights([2000, 0], chain), [2, 1]);
  });

  test("normalised weights have mean 1, also where all overflow or all vanish", () => {
    const logs = fc.array(real(-3000, 3000), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(logs, (values) => {
        const made = weights(values, [{ kind: "normalise" }]);
        const mean = made.reduce((sum, weight) => sum + weight, 0) / made.length;
        expect(Math.abs(mean - 1)).toBeLessThan(1e-9);
      }),
    );
    expect(weights([-5000, -5000], [{ kind: "normalise" }])).toEqual([1, 1]);
  });
});

test.each<[WeightTransform, RegExp]>([
  [{ kind: "temper", exponent: -1 }, /weight transform 2: the exponent is -1\./],
  [{ kind: "temper", exponent: Number.NaN }, /the exponent is NaN\./],
  [{ kind: "clip", minimum: -1 }, /the smallest weight is -1\./],
  [{ kind: "clip", maximum: 0 }, /the largest weight is 0\./],
  [{ kind: "clip", minimum: 2, maximum: 1 }, /the smallest weight, 2, is above the largest, 1\./],
])("%o is refused", (wrong, message) => {
  expect(() => checkTransforms([{ kind: "normalise" }, wrong])).toThrow(message);
});
