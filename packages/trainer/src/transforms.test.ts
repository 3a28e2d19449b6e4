import { at, randomStream } from "@counterweight/base";
import { evaluate, input, program, type TensorValue } from "@counterweight/graph";
import { lossByName, type WeightTransform } from "@counterweight/losses";
import { onnxRuntime } from "@counterweight/runtime";
import { describe, expect, test } from "vitest";
import { toyRequest } from "./toy.fixture.js";
import { createTrainingSession } from "./training-session.js";

/** Weight transforms in float32 through ONNX Runtime, where most exponentials overflow. */
const rows = 64;
const random = randomStream("transforms");
const column = (scale: number): TensorValue => ({
  shape: [rows],
  data: Float32Array.from({ length: rows }, () => scale * random.normal()),
});

const chains: readonly (readonly WeightTransform[])[] = [
  [],
  [{ kind: "normalise" }],
  [{ kind: "temper", exponent: 0.5 }, { kind: "normalise" }],
  [{ kind: "clip", minimum: 0.1, maximum: 4 }],
  [{ kind: "clip", maximum: 4 }, { kind: "normalise" }, { kind: "clip", maximum: 1.5 }],
];

describe.each([3, 300])("log ratios of about %d", (scale) => {
  test.each(chains.map((chain) => [chain] as const))("%j", async (transforms) => {
    const names = ["logProbability", "logQuality", "logDiversity"] as const;
    const [logProbability, logQuality, logDiversity] = names.map((name) =>
      input(name, "float32", ["rows"]),
    );
    if (!logProbability || !logQuality || !logDiversity) throw new Error("three columns");
    const { weight } = lossByName("imp").rowLoss(
      { logProbability, logQuality, logDiversity },
      { gamma: 1, transforms },
    );
    const weights = program("weights", { weight });
    const inputs = { logQuality: column(scale), logDiversity: column(scale) };
    const executable = await onnxRuntime().compile(weights);
    const actual = [...((await executable.run(inputs)).weight?.data ?? [])];
    await executable.release();
    const wanted = [...(evaluate(weights, inputs).weight?.data ?? [])];
    const mean = actual.reduce((sum, value) => sum + value, 0) / rows;
    if (transforms.at(-1)?.kind === "normalise") expect(Math.abs(mean - 1)).toBeLessThan(1e-6);
    for (const [row, exact] of wanted.entries()) {
      const value = at(actual, row);
      if (exact > 3e38) expect(value).toBe(Number.POSITIVE_INFINITY);
      else expect(Math.abs(value - exact)).toBeLessThanOrEqual(2e-4 * exact + 1e-37);
    }
    const last = transforms.at(-1);
    if (last?.kind === "clip") {
      expect(Math.max(...actual)).toBe(last.maximum);
      if (last.minimum !== undefined) expect(Math.min(...actual)).toBe(Math.fround(last.minimum));
    }
  });
});

test("a training step takes its weights through the transforms", async () => {
  const request = toyRequest();
  const quality = Float32Array.from(request.train.labels, () => 3 * random.normal());
  const weightsOf = async (transforms: readonly WeightTransform[]): Promise<number[]> => {
    const session = await createTrainingSession(
      {
        ...request,
        loss: lossByName("imp-no-diversity"),
        transforms,
        train: { ...request.train, logScores: { quality } },
      },
      64,
    );
    const { weights } = await session.step([5, 3, 8], 0, 1e-3);
    await session.release();
    return [...weights];
  };
  const plain = await weightsOf([]);
  const mean = plain.reduce((sum, weight) => sum + weight, 0) / 3;
  (await weightsOf([{ kind: "normalise" }])).forEach((weight, position) => {
    expect(weight / (at(plain, position) / mean)).toBeCloseTo(1, 5);
  });
  expect(await weightsOf([{ kind: "temper", exponent: 1 }, { kind: "clip" }])).toEqual(plain);
});
