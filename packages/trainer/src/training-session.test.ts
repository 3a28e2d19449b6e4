import { at } from "@counterweight/base";
import { buildClassifier, packBatch } from "@counterweight/bert";
import { sizesOf, type TensorValue } from "@counterweight/graph";
import { onnxRuntime, type Runtime } from "@counterweight/runtime";
import { describe, expect, test } from "vitest";
import { largestBatchTokens } from "./batches.js";
import { createDropoutMasks } from "./dropout.js";
import { createPredictor } from "./predictor.js";
import { toyRequest } from "./toy.fixture.js";
import { createTrainingSession } from "./training-session.js";

type Inputs = Readonly<Record<string, TensorValue>>;

const rows = [4, 0, 9, 2];

/** The inputs that the program saw in one step of a fresh session, after `before` other steps. */
async function inputsOfStep(
  seed: number,
  step: number,
  before: readonly number[],
): Promise<Inputs> {
  const native = onnxRuntime();
  let seen: Inputs = {};
  const runtime: Runtime = {
    name: "recording",
    async compile(program, options) {
      const executable = await native.compile(program, options);
      return {
        ...executable,
        run: (inputs, into) => {
          seen = inputs;
          return executable.run(inputs, into);
        },
      };
    },
  };
  const request = toyRequest({ seed }, { runtime });
  const session = await createTrainingSession(
    request,
    largestBatchTokens(request.train.encoded, 4),
  );
  for (const other of before) await session.step([7, 8], other, 1e-3);
  await session.step(rows, step, 1e-3);
  await session.release();
  return seen;
}

const { config, train } = toyRequest();
const { dropoutSites } = buildClassifier(config, { training: true });
const batch = packBatch(train.encoded, rows);
const sizes = new Map([
  ["rows", batch.rows],
  ["tokens", batch.tokens],
  ["longest", batch.longest],
]);

describe("dropout in a training step", () => {
  test("each site has its own mask, a function of seed, step and site alone", async () => {
    // Embeddings, the classifier, and attention and two outputs in each of two layers.
    expect(dropoutSites).toHaveLength(1 + 1 + 3 * 2);
    const keys = [
      { seed: 0, step: 0, before: [] },
      { seed: 0, step: 3, before: [] },
      { seed: 0, step: 3, before: [0, 1, 2] },
      { seed: 1, step: 3, before: [9] },
    ];
    const masks = new Set<string>();
    for (const { seed, step, before } of keys) {
      const inputs = await inputsOfStep(seed, step, before);
      dropoutSites.forEach(({ name, shape, rate }, site) => {
        const wanted = createDropoutMasks(seed).draw({
          step,
          site,
          rate,
          shape: sizesOf(shape, sizes),
        });
        expect(inputs[name]?.data, `seed ${seed}, step ${step}, ${name}`).toEqual(wanted);
        masks.add(wanted.join());
      });
    }
    // The second and the third key are one.
    expect(masks.size).toBe(3 * dropoutSites.length);
  });
});

test("the loss is the mean over the rows there are, also in a batch that is not full", async () => {
  const request = toyRequest();
  const plain = { ...config, hiddenDropout: 0, attentionDropout: 0, classifierDropout: 0 };
  const session = await createTrainingSession(
    { ...request, config: plain },
    largestBatchTokens(train.encoded, 4),
  );
  const predictor = await createPredictor(request.runtime, plain, session.parameters, 1);
  const logProbabilities = await predictor.predict(train.encoded);
  await predictor.release();
  expect(rows.length).toBeLessThan(request.settings.batchSize);
  const own = rows.map((row) => -at(logProbabilities, row * 2 + at(train.labels, row)));
  const { loss } = await session.step(rows, 0, 1e-3);
  await session.release();
  expect(loss).toBeCloseTo(own.reduce((sum, value) => sum + value, 0) / rows.length, 5);
});
