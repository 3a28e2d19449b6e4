import { at } from "@counterweight/base";
import { lossByName } from "@counterweight/losses";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { largestBatchTokens } from "./batches.js";
import { collect, toyRequest } from "./toy.fixture.js";
import { createTrainingSession } from "./training-session.js";

const plain = { hiddenDropout: 0, attentionDropout: 0, classifierDropout: 0 };

/** Runs `use` with loss and all gradients of a batch as a function of its rows' weights. */
async function withGradients(
  use: (
    of: (rows: readonly number[], weights: (position: number) => number) => Promise<Float64Array>,
  ) => Promise<void>,
): Promise<void> {
  const request = toyRequest();
  const rowWeights = new Float32Array(200);
  const session = await createTrainingSession(
    {
      ...request,
      config: { ...request.config, ...plain },
      // A rate of 0 moves nothing, so that every step has the same parameters.
      settings: { ...request.settings, optimizer: "sgd", threads: 1 },
      train: { ...request.train, rowWeights },
    },
    largestBatchTokens(request.train.encoded, 8),
  );
  try {
    await use(async (rows, weights) => {
      rows.forEach((row, position) => {
        rowWeights[row] = weights(position);
      });
      for (const { data } of Object.values(session.gradients)) data.fill(0);
      const { loss } = await session.step(rows, 0, 0);
      return Float64Array.of(
        loss,
        ...Object.values(session.gradients).flatMap(({ data }) => [...data]),
      );
    });
  } finally {
    await session.release();
  }
}

const largest = (values: Float64Array): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe("row weights", () => {
  test("the gradient is the sum of each row's own, times its weight, over the batch size", async () => {
    const draws = fc.array(fc.double({ min: 0.01, max: 8, noNaN: true }), {
      minLength: 5,
      maxLength: 5,
    });
    const rowsOf = fc.uniqueArray(fc.nat(199), { minLength: 2, maxLength: 5 });
    await withGradients(async (gradientsOf) => {
      await fc.assert(
        fc.asyncProperty(rowsOf, draws, async (rows, weights) => {
          const whole = await gradientsOf(rows, (each) => at(weights, each));
          const sum = new Float64Array(whole.length);
          for (const own of rows.keys()) {
            const part = await gradientsOf(rows, (each) => (each === own ? 1 : 1e-30));
            for (const [cell, value] of part.entries()) {
              sum[cell] = at(sum, cell) + at(weights, own) * value;
            }
          }
          const tolerance = 2e-5 * Math.max(1, largest(whole));
          expect(largest(whole.map((value, cell) => value - at(sum, cell)))).toBeLessThan(
            tolerance,
          );
        }),
        { numRuns: 10 },
      );
    });
  });

  test("a row alone with weight 2 has exactly twice the loss and gradient", async () => {
    await withGradients(async (gradientsOf) => {
      const [once, twice] = [await gradientsOf([17], () => 1), await gradientsOf([17], () => 2)];
      expect(largest(once)).toBeGreaterThan(0);
      expect(twice).toEqual(once.map((value) => 2 * value));
    });
  });

  test("all 1 is none, bit for bit, and events keep the loss's own weights", async () => {
    const quality = Float32Array.from({ length: 200 }, (_, row) => -0.01 * row);
    const request = toyRequest({ epochs: 2 }, { loss: lossByName("dimp") });
    const run = (rowWeights?: Float32Array) =>
      collect({
        ...request,
        train: {
          ...request.train,
          logScores: { quality },
          ...(rowWeights === undefined ? {} : { rowWeights }),
        },
      }).then((events) =>
        JSON.stringify(events, (key, value) => (key === "milliseconds" ? 0 : value)),
      );
    expect(await run(new Float32Array(200).fill(1))).toBe(await run());
    const events = await collect({
      ...request,
      loss: lossByName("ce"),
      train: { ...request.train, rowWeights: new Float32Array(200).fill(3) },
    });
    for (const event of events) {
      if (event.type === "epoch") expect(new Set(event.weights)).toEqual(new Set([1]));
    }
  });

  test.each([
    [0, /row weight of row 3 is 0; .* Leave rows of weight 0 out\./],
    [-1, /row weight of row 3 is -1; it must be finite and above 0/],
    [Number.NaN, /row weight of row 3 is NaN/],
    [Number.POSITIVE_INFINITY, /row weight of row 3 is Infinity/],
  ])("refuses a weight of %d", async (weight, message) => {
    const { train } = toyRequest();
    const rowWeights = new Float32Array(200).fill(1);
    rowWeights[3] = weight;
    const request = toyRequest({}, { train: { ...train, rowWeights } });
    await expect(collect(request)).rejects.toThrow(message);
    const few = toyRequest({}, { train: { ...train, rowWeights: new Float32Array(3) } });
    await expect(collect(few)).rejects.toThrow(/3 row weights for 200 rows/);
  });
});
