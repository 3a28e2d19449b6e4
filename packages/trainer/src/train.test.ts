import { sha256 } from "@counterweight/base";
import { logScores, lossByName } from "@counterweight/losses";
import { onnxRuntime, type Runtime } from "@counterweight/runtime";
import { describe, expect, test } from "vitest";
import { epochBatches, largestBatchTokens } from "./batches.js";
import type { EndEvent, EpochEvent, StepEvent, TrainingEvent } from "./events.js";
import { collect, toy, toyRequest } from "./toy.fixture.js";
import { train } from "./train.js";
import { predict, type TrainedModel } from "./trained-model.js";

const stepsOf = (events: readonly TrainingEvent[]): StepEvent[] =>
  events.filter((event) => event.type === "step");
const epochsOf = (events: readonly TrainingEvent[]): EpochEvent[] =>
  events.filter((event) => event.type === "epoch");

function endOf(events: readonly TrainingEvent[]): EndEvent {
  const last = events.at(-1);
  if (last?.type !== "end") throw new Error("the stream did not close with its end event");
  return last;
}

function digest({ parameters }: TrainedModel): string {
  return Object.keys(parameters)
    .sort()
    .map((name) => {
      const { buffer, byteOffset, byteLength } = parameters[name]?.data ?? new Float32Array();
      return sha256(new Uint8Array(buffer, byteOffset, byteLength));
    })
    .join();
}

describe("train", () => {
  test("reports every step and epoch", async () => {
    const events = await collect(toyRequest());
    const steps = stepsOf(events);
    expect(steps.map(({ step }) => step)).toEqual(
      Array.from({ length: 21 }, (_, index) => index + 1),
    );
    // Step k of K, from 0, uses lr (1 - k / K).
    steps.forEach(({ learningRate }, index) => {
      expect(learningRate).toBeCloseTo(1e-3 * (1 - index / 21), 12);
    });
    expect(steps.reduce((rows, step) => rows + step.rows, 0)).toBe(3 * 200);
    expect(epochsOf(events).map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(endOf(events).reason).toBe("completed");
  });

  test("learns", async () => {
    const losses = epochsOf(await collect(toyRequest({ epochs: 12, learningRate: 3e-3 })));
    expect(losses.at(-1)?.trainLoss).toBeLessThan(0.9 * (losses[0]?.trainLoss ?? 0));
  });

  test.each([1, 2])(
    "on %d threads equal requests give equal bits, another seed others",
    async (threads) => {
      const [first, again, other] = [
        endOf(await collect(toyRequest({ threads }))),
        endOf(await collect(toyRequest({ threads }))),
        endOf(await collect(toyRequest({ threads, seed: 1 }))),
      ];
      expect(digest(again.model)).toBe(digest(first.model));
      expect(digest(other.model)).not.toBe(digest(first.model));
    },
  );

  test("keeps the earliest of the best epochs, and its parameters", async () => {
    for (const seed of [0, 1, 2]) {
      const request = toyRequest({ epochs: 5, seed, learningRate: 3e-3 });
      const events = await collect(request);
      const accuracies = epochsOf(events).map(({ validation }) => validation.accuracy);
      const end = endOf(events);
      expect(end.bestEpoch).toBe(accuracies.indexOf(Math.max(...accuracies)) + 1);
      const logProbabilities = await predict(
        request.runtime,
        end.model,
        request.validation.encoded,
        1,
      );
      const right = [...request.validation.labels].filter((label, row) => {
        const other = logProbabilities[row * 2 + 1 - label] ?? 0;
        const own = logProbabilities[row * 2 + label] ?? 0;
        return own > other || (own === other && label === 0);
      });
      expect(right.length / request.validation.labels.length).toBe(Math.max(...accuracies));
    }
  });

  test("`last` keeps the last epoch", async () => {
    expect(endOf(await collect(toyRequest({ selectBy: "last" }))).bestEpoch).toBe(3);
  });

  test("macro-F1 chooses by macro-F1", async () => {
    const events = await collect(
      toyRequest({ selectBy: "macro-f1", epochs: 4, learningRate: 3e-3 }),
    );
    const scores = epochsOf(events).map(({ validation }) => validation.macroF1);
    expect(endOf(events).bestEpoch).toBe(scores.indexOf(Math.max(...scores)) + 1);
  });

  test("a loss that is not finite ends the training with the last good state", async () => {
    const events = await collect(toyRequest({ learningRate: 1e30, clipNorm: null }));
    const end = endOf(events);
    expect(end.reason).toBe("not-finite");
    expect(end.message).toMatch(/step \d+ .*learning rate.*Lower the learning rate/);
    for (const [name, { data }] of Object.entries(end.model.parameters)) {
      expect(data.every(Number.isFinite), name).toBe(true);
    }
  });

  test("after a good epoch, a loss that is not finite leaves that epoch's model", async () => {
    const good = endOf(await collect(toyRequest({ epochs: 1, schedule: "constant" })));
    const request = toyRequest({ epochs: 2, schedule: "constant" });
    // From the second epoch on the quality of one row makes its weight infinite.
    const quality = logScores("quality", new Float32Array(200).fill(1));
    const stream = train({
      ...request,
      loss: lossByName("imp-no-diversity"),
      train: { ...request.train, logScores: { quality } },
    });
    let end: EndEvent | undefined;
    for await (const event of stream) {
      if (event.type === "epoch") quality[17] = Number.POSITIVE_INFINITY;
      if (event.type === "end") end = event;
    }
    expect(end).toMatchObject({ reason: "not-finite", bestEpoch: 1 });
    expect(end && digest(end.model)).toBe(digest(good.model));
  });

  test("a loss that overflows where its gradient does not reaches no parameter", async () => {
    // Weights of e^86: a loss of 60 e^86 is beyond float32, the gradient e^86 is not.
    const request = toyRequest({ learningRate: 1, clipNorm: 1 });
    const initial = new Map(request.initial);
    initial.set("classifier.bias", { shape: [2], values: Float32Array.of(30, -30) });
    const events = await collect({
      ...request,
      initial,
      loss: lossByName("imp-no-diversity"),
      train: { ...request.train, logScores: { quality: new Float32Array(200).fill(86) } },
    });
    const end = endOf(events);
    expect(end).toMatchObject({ reason: "not-finite", bestEpoch: 0 });
    expect(end.message).toMatch(/the loss is Infinity .* at step 1 /);
    for (const [name, { values }] of initial) {
      expect(end.model.parameters[name]?.data, name).toEqual(values);
    }
  });

  test("a model that the epoch's last step spoilt ends the training, not the process", async () => {
    const events = await collect(
      toyRequest({ epochs: 2, batchSize: 200, learningRate: 1e30, clipNorm: null }),
    );
    expect(stepsOf(events)).toHaveLength(1);
    expect(endOf(events)).toMatchObject({ reason: "not-finite", bestEpoch: 0 });
    expect(endOf(events).message).toMatch(/validation rows are not finite after epoch 1; no epoch/);
  });

  test("refuses labels outside the classes, and a training without validation rows", async () => {
    const request = toyRequest();
    const labels = request.train.labels.slice();
    labels[5] = -1;
    await expect(collect({ ...request, train: { ...request.train, labels } })).rejects.toThrow(
      /label -1 of row 5 is not in 0\.\.1/,
    );
    const none = { encoded: request.validation.encoded, labels: new Int32Array(0) };
    await expect(collect(toyRequest({ selectBy: "last" }, { validation: none }))).rejects.toThrow(
      /no validation rows/,
    );
  });

  test("stops after the step it is in when told to, and keeps what it has", async () => {
    const control = new AbortController();
    const events: TrainingEvent[] = [];
    for await (const event of train(toyRequest({}, { signal: control.signal }))) {
      events.push(event);
      if (event.type === "step" && event.step === 5) control.abort();
    }
    expect(stepsOf(events)).toHaveLength(5);
    expect(endOf(events)).toMatchObject({ reason: "aborted", bestEpoch: 0 });
  });

  test("frees what it compiled, whether it ends, is left early or fails", async () => {
    const native = onnxRuntime();
    let open = 0;
    let failing = false;
    const runtime: Runtime = {
      name: "counting",
      async compile(program, options) {
        if (failing && program.name === "predict") throw new Error("no memory");
        const executable = await native.compile(program, options);
        open += 1;
        return {
          ...executable,
          release: () => {
            open -= 1;
            return executable.release();
          },
        };
      },
    };
    await collect(toyRequest({ epochs: 1 }, { runtime }));
    expect(open).toBe(0);
    for await (const event of train(toyRequest({}, { runtime }))) {
      expect(open).toBe(2);
      if (event.type === "step") break;
    }
    expect(open).toBe(0);
    failing = true;
    await expect(collect(toyRequest({}, { runtime }))).rejects.toThrow("no memory");
    expect(open).toBe(0);
  });

  test("refuses a loss without its scores, and scores of other rows", async () => {
    const loss = lossByName("imp");
    await expect(collect(toyRequest({}, { loss }))).rejects.toThrow(
      /imp: the loss needs quality scores/,
    );
    const request = toyRequest({}, { loss });
    const logScoresOfFew = { quality: new Float32Array(3), diversity: new Float32Array(3) };
    await expect(
      collect({ ...request, train: { ...request.train, logScores: logScoresOfFew } }),
    ).rejects.toThrow(/3 quality scores for 200 rows/);
  });

  test("weights of the rows are those of the loss and its gamma", async () => {
    const request = toyRequest({ epochs: 1 });
    const quality = Float32Array.from({ length: 200 }, (_, row) => -0.01 * row);
    const diversity = Float32Array.from({ length: 200 }, (_, row) => -1 / (row + 1));
    const events = await collect({
      ...request,
      loss: lossByName("imp"),
      gamma: 0.5,
      train: { ...request.train, logScores: { quality, diversity } },
    });
    const [{ weights } = { weights: [] }] = epochsOf(events);
    expect(weights).toHaveLength(200);
    weights.forEach((weight, row) => {
      expect(weight).toBeCloseTo(Math.exp(0.5 * (-0.01 * row + 1 / (row + 1))), 4);
    });
  });
});

describe("batches", () => {
  test("an epoch has every row once, in an order of seed and epoch", () => {
    const batches = [...epochBatches(70, 32, 3, 1)];
    expect(batches.map((batch) => batch.length)).toEqual([32, 32, 6]);
    expect(batches.flat().sort((a, b) => a - b)).toEqual(
      Array.from({ length: 70 }, (_, row) => row),
    );
    expect([...epochBatches(70, 32, 3, 2)]).not.toEqual(batches);
    expect([...epochBatches(70, 32, 4, 1)]).not.toEqual(batches);
    expect([...epochBatches(70, 32, 3, 1)]).toEqual(batches);
  });

  test("the largest batch is that of the longest rows", () => {
    const { encoded, labels } = toy().train;
    const lengths = [...labels].map(
      (_, row) => (encoded.offsets[row + 1] ?? 0) - (encoded.offsets[row] ?? 0),
    );
    const longest = lengths.sort((a, b) => b - a).slice(0, 7);
    expect(largestBatchTokens(encoded, 7)).toBe(
      longest.reduce((total, length) => total + length, 0),
    );
  });
});
