import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { initialiseParameters } from "@counterweight/bert";
import { type LossSettings, losses } from "@counterweight/losses";
import { onnxRuntime } from "@counterweight/runtime";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EpochEvent } from "../events.js";
import { collect, toy, toyRequest, toySettings } from "../toy.fixture.js";
import { train } from "../train.js";
import type { TrainRequest } from "../train-request.js";
import { lineOf } from "./event-log.fixture.js";
import { latestCheckpoint, writeCheckpoint } from "./folder.js";
import { copyCheckpoint, type TrainingCheckpoint } from "./training-checkpoint.js";

const rows = 50;
const { config, train: generated, validation } = toy(rows);
const column = (slope: number) => Float32Array.from({ length: rows }, (_, row) => slope * row);

const settings = fc.record({
  ...Object.fromEntries(
    Object.entries(toySettings).map(([key, value]) => [key, fc.constant(value)]),
  ),
  batchSize: fc.integer({ min: 8, max: 20 }),
  optimizer: fc.constantFrom("adamw" as const, "sgd" as const),
  momentum: fc.constantFrom(0, 0.9),
  weightDecay: fc.constantFrom(0, 0.01),
  selectBy: fc.constantFrom("accuracy" as const, "macro-f1" as const, "last" as const),
  learningRate: fc.constantFrom(1e-3, 1e-2),
  seed: fc.nat(1000),
});

const transforms: fc.Arbitrary<NonNullable<LossSettings["transforms"]>> = fc.constantFrom(
  [],
  [{ kind: "clip" as const, maximum: 1.5 }, { kind: "normalise" as const }],
);

interface Run {
  readonly lines: readonly string[];
  readonly resumes: number;
}

/** Runs a training that is cut off after each number of events, and taken up where it can be. */
async function interrupted(
  request: TrainRequest,
  cuts: readonly number[],
  keep: (state: TrainingCheckpoint) => Promise<void>,
  last: () => Promise<TrainingCheckpoint | undefined>,
): Promise<Run> {
  const lines: string[] = [];
  let safe = 0;
  let resumes = 0;
  for (const cut of [...cuts, Number.POSITIVE_INFINITY]) {
    lines.length = safe;
    const resume = await last();
    if (resume !== undefined) resumes += 1;
    let count = 0;
    for await (const event of train({ ...request, ...(resume === undefined ? {} : { resume }) })) {
      const line = lineOf(event);
      if (line !== null) lines.push(line);
      if (event.type === "checkpoint") {
        await keep(event.state);
        safe = lines.length;
      }
      count += 1;
      if (count >= cut) break;
    }
  }
  return { lines, resumes };
}

describe.each(losses)("a training with $name, taken up again", (loss) => {
  test.each(["memory", "disk"])("from %s, is the undisturbed one bit for bit", async (where) => {
    await fc.assert(
      fc.asyncProperty(
        settings,
        transforms,
        // From the fifth event on there is a checkpoint, whatever the settings.
        fc.array(fc.integer({ min: 5, max: 14 }), { minLength: 1, maxLength: 3 }),
        fc.constantFrom(1, 2, 3),
        fc.boolean(),
        async (chosen, chain, cuts, everySteps, weighted) => {
          const request: TrainRequest = {
            runtime: onnxRuntime(),
            config,
            initial: initialiseParameters(config, 0),
            train: {
              ...generated,
              logScores: { quality: column(-0.02), diversity: column(-0.01) },
              ...(weighted ? { rowWeights: column(0.1).map((weight) => weight + 0.1) } : {}),
            },
            validation,
            loss,
            gamma: 1,
            transforms: chain,
            settings: { ...toySettings, ...chosen },
            checkpoint: { everySteps, everyEpoch: true },
          };
          const { checkpoint, ...undisturbed } = request;
          const wanted = (await collect(undisturbed)).map(lineOf);
          const folder = await mkdtemp(join(tmpdir(), "resume-"));
          try {
            let kept: TrainingCheckpoint | undefined;
            const actual = await interrupted(
              request,
              cuts,
              async (state) => {
                if (where === "memory") kept = copyCheckpoint(state);
                else await writeCheckpoint(folder, { key: "k", state, extra: null });
              },
              async () => {
                if (where === "memory") return kept;
                const found = await latestCheckpoint(folder, "k");
                return found.kind === "found" ? found.checkpoint.state : undefined;
              },
            );
            expect(actual.lines).toEqual(wanted);
            expect(actual.resumes).toBeGreaterThan(0);
          } finally {
            await rm(folder, { recursive: true, force: true });
          }
        },
      ),
      { numRuns: 3 },
    );
  });
});

describe("checkpoints in the stream", () => {
  const placesOf = async (checkpoint: NonNullable<TrainRequest["checkpoint"]>) =>
    (await collect(toyRequest({ batchSize: 50 }, { checkpoint }))).flatMap((event) =>
      event.type === "checkpoint" ? [`${event.step} of epoch ${event.epoch}`] : [],
    );

  test("come every n steps and after epochs, each step once", async () => {
    expect(await placesOf({ everyEpoch: true })).toEqual([
      "4 of epoch 1",
      "8 of epoch 2",
      "12 of epoch 3",
    ]);
    expect(await placesOf({ everyEpoch: false, everySteps: 5 })).toEqual([
      "5 of epoch 2",
      "10 of epoch 3",
    ]);
    expect(await placesOf({ everyEpoch: true, everySteps: 2 })).toEqual(
      [2, 4, 6, 8, 10, 12].map((step) => `${step} of epoch ${Math.ceil(step / 4)}`),
    );
    expect(await placesOf({ everyEpoch: false })).toEqual([]);
  });

  test("one more comes before the end of a training that is told to stop", async () => {
    const control = new AbortController();
    const request = toyRequest({}, { checkpoint: { everyEpoch: true } });
    const types: string[] = [];
    let kept: TrainingCheckpoint | undefined;
    const lines: (string | null)[] = [];
    for await (const event of train({ ...request, signal: control.signal })) {
      types.push(event.type);
      if (event.type === "checkpoint") kept = copyCheckpoint(event.state);
      if (event.type === "step") lines.push(lineOf(event));
      if (event.type === "step" && event.step === 3) control.abort();
    }
    expect(types).toEqual(["step", "step", "step", "checkpoint", "end"]);
    if (kept === undefined) throw new Error("a checkpoint came");
    const rest = await collect({ ...request, resume: kept });
    lines.push(...rest.filter(({ type }) => type !== "checkpoint").map(lineOf));
    expect(lines).toEqual((await collect(toyRequest())).map(lineOf));
  });

  test("the log-probability of an epoch is that of each row as last seen", async () => {
    const quality = column(-0.02);
    const request = toyRequest({}, { train: { ...generated, logScores: { quality } } });
    const dimp = losses.find(({ name }) => name === "dimp");
    if (dimp === undefined) throw new Error("DIMP is a loss");
    const epochs = (await collect({ ...request, loss: dimp })).filter(
      (event): event is EpochEvent => event.type === "epoch",
    );
    expect(epochs).toHaveLength(3);
    // DIMP's weight is exp(log P' - log p), so each says what the other was.
    for (const { weights, logProbability } of epochs) {
      logProbability.forEach((value, row) => {
        expect(value).toBeLessThan(0);
        expect(Math.exp(-0.02 * row - value) / (weights[row] ?? 0)).toBeCloseTo(1, 4);
      });
    }
  });

  test("one of other rows, steps or models is refused", async () => {
    const request = toyRequest({ epochs: 1 }, { checkpoint: { everyEpoch: true } });
    let kept: TrainingCheckpoint | undefined;
    for await (const event of train(request)) {
      if (event.type === "checkpoint") kept = copyCheckpoint(event.state);
    }
    if (kept === undefined) throw new Error("a checkpoint came");
    const resumed = (resume: TrainingCheckpoint) => collect({ ...request, resume });
    await expect(resumed({ ...kept, step: 8 })).rejects.toThrow(/at step 8 of 7/);
    await expect(resumed({ ...kept, step: 0.5 })).rejects.toThrow(/at step 0.5 of 7/);
    await expect(resumed({ ...kept, step: 3 })).rejects.toThrow(/after 0 epochs .* is 1/);
    await expect(resumed({ ...kept, best: null })).rejects.toThrow(/after 1 epochs .* is 0/);
    await expect(resumed({ ...kept, weights: new Float32Array(3) })).rejects.toThrow(
      /of 3 rows, the training of 200/,
    );
    const { optimizer } = kept;
    await expect(
      resumed({ ...kept, optimizer: { ...optimizer, parameters: optimizer.parameters.slice(1) } }),
    ).rejects.toThrow(/training state: it has/);
    await expect(
      collect({ ...request, checkpoint: { everyEpoch: true, everySteps: 0 } }),
    ).rejects.toThrow(/every 0 steps/);
  });
});
