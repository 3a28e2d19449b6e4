import { at } from "@counterweight/base";
import {
  evaluate,
  gradients,
  input,
  logSoftmax,
  multiply,
  pick,
  program,
  reduceSum,
  tensorValue,
} from "@counterweight/graph";
import fc from "fast-check";
import { expect, test } from "vitest";
import { crossEntropy } from "./cross-entropy.js";
import { dimp } from "./dimp.js";
import { imp } from "./imp.js";
import { impNoDiversity } from "./imp-no-diversity.js";
import type { Loss } from "./loss.js";
import { softmaxOf } from "./losses.fixture.js";

/** One world: for each x, the label distributions of reality (P) and of the generator (Q). */
interface World {
  readonly real: readonly (readonly number[])[];
  readonly generated: readonly (readonly number[])[];
}

const normalised = (values: readonly number[]): number[] => {
  const total = values.reduce((sum, value) => sum + value, 0);
  return values.map((value) => value / total);
};

const worlds: fc.Arbitrary<World> = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 2, max: 4 }))
  .chain(([inputs, classes]) => {
    const distribution = fc
      .array(fc.double({ min: 0.1, max: 1, noNaN: true }), {
        minLength: classes,
        maxLength: classes,
      })
      .map(normalised);
    const table = fc.array(distribution, { minLength: inputs, maxLength: inputs });
    return fc.record({ real: table, generated: table });
  });

/**
 * Trains one free logit vector per x by gradient descent on the expected loss under Q, with perfect
 * checkers (P' = P, Q' = Q). Every pair (x, y) is one row; its share of the loss is Q(y|x), so the
 * gradient is the exact expectation.
 */
function train(loss: Loss, { real, generated }: World): number[][] {
  const classes = real[0]?.length ?? 0;
  const pairs = real.flatMap((_, x) => Array.from({ length: classes }, (_unused, y) => ({ x, y })));
  const column = (name: string) => input(name, "float32", ["pairs"]);
  const logits = input("logits", "float32", ["pairs", classes]);
  const logProbability = pick(logSoftmax(logits), input("labels", "int32", ["pairs"]));
  const inputs = {
    logProbability,
    ...(loss.needs.includes("quality") ? { logQuality: column("logQuality") } : {}),
    ...(loss.needs.includes("diversity") ? { logDiversity: column("logDiversity") } : {}),
  };
  const rows = loss.rowLoss(inputs, { gamma: 1 }).loss;
  const [gradient = rows] = gradients(reduceSum(multiply(rows, column("share")), [0]), [logits]);
  const step = program("fixed point", { gradient });
  const perPair = (value: (x: number, y: number) => number) =>
    tensorValue(
      Float64Array.from(pairs, ({ x, y }) => value(x, y)),
      [pairs.length],
    );
  const fixed = {
    labels: tensorValue(
      Int32Array.from(pairs, ({ y }) => y),
      [pairs.length],
    ),
    share: perPair((x, y) => at(at(generated, x), y)),
    logQuality: perPair((x, y) => Math.log(at(at(real, x), y))),
    logDiversity: perPair((x, y) => Math.log(at(at(generated, x), y))),
  };
  const table = real.map(() => new Array<number>(classes).fill(0));
  let largest = Number.POSITIVE_INFINITY;
  for (let iteration = 0; iteration < 5000 && largest > 1e-9; iteration++) {
    const values = Float64Array.from(pairs.flatMap(({ x }) => at(table, x)));
    const result = evaluate(step, {
      ...fixed,
      logits: tensorValue(values, [pairs.length, classes]),
    });
    // The rows of one x share its logits: their gradients add up.
    const slopes = table.map((row) => row.map(() => 0));
    pairs.forEach(({ x }, pair) => {
      const total = at(slopes, x);
      for (let k = 0; k < classes; k++) {
        total[k] = at(total, k) + (result.gradient?.data[pair * classes + k] ?? Number.NaN);
      }
    });
    slopes.forEach((row, x) => {
      const logitsOfX = at(table, x);
      for (let k = 0; k < classes; k++) logitsOfX[k] = at(logitsOfX, k) - at(row, k);
    });
    largest = Math.max(...slopes.flat().map(Math.abs));
  }
  return table.map(softmaxOf);
}

interface FixedPoint {
  readonly loss: Loss;
  readonly name: string;
  readonly point: string;
  /** Up to a factor; p = P(y|x), q = Q(y|x). */
  readonly pointOf: (p: number, q: number) => number;
}

const fixedPoints: readonly FixedPoint[] = [
  { loss: crossEntropy, point: "Q", pointOf: (_p: number, q: number) => q },
  { loss: imp, point: "P", pointOf: (p: number) => p },
  { loss: impNoDiversity, point: "Q P, normalised", pointOf: (p: number, q: number) => p * q },
  {
    loss: dimp,
    point: "sqrt(Q P), normalised",
    pointOf: (p: number, q: number) => Math.sqrt(p * q),
  },
].map((row) => ({ ...row, name: row.loss.name }));

test.each(fixedPoints)("$name converges to $point", ({ loss, pointOf }) => {
  fc.assert(
    fc.property(worlds, (world) => {
      const found = train(loss, world);
      world.real.forEach((real, x) => {
        const wanted = normalised(real.map((p, y) => pointOf(p, at(at(world.generated, x), y))));
        wanted.forEach((value, y) => {
          expect(Math.abs(at(at(found, x), y) - value)).toBeLessThan(1e-6);
        });
      });
    }),
    { numRuns: 8, endOnFailure: true },
  );
});
