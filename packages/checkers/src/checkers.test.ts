import { initialiseParameters, randomConfig, wordPieceTokenizer } from "@counterweight/bert";
import { quickstartWorld, sampleBenchmark, type TextTable, vocabulary } from "@counterweight/data";
import { lossByName } from "@counterweight/losses";
import { accuracy } from "@counterweight/metrics";
import { onnxRuntime } from "@counterweight/runtime";
import {
  type LogScores,
  mostLikely,
  paperSettings,
  predict,
  type TrainedModel,
  type TrainRequest,
  train,
} from "@counterweight/trainer";
import { describe, expect, test } from "vitest";
import { scoreRows, trainChecker } from "./checker.js";
import { scoresOfLabels } from "./score.js";

const runtime = onnxRuntime();
const world = quickstartWorld();
const tokenizer = wordPieceTokenizer(vocabulary(world));
const encode = (table: TextTable) => tokenizer.encodeAll(table.text, undefined, { maxLength: 16 });

/** All that one seed's trainings share; a few hundred rows and a model of seconds. */
function setUp(seed: number) {
  const rows = sampleBenchmark(world, {
    generatedRows: 800,
    realRows: 400,
    validationRows: 200,
    testRows: 500,
    seed,
  });
  const config = randomConfig({
    vocabularySize: tokenizer.vocabularySize,
    hiddenSize: 64,
    layers: 2,
    heads: 2,
    maxPositions: 16,
    dropout: 0,
    numLabels: 2,
  });
  const request = (
    table: TextTable,
    logScores?: LogScores,
  ): Omit<TrainRequest, "loss" | "gamma"> => ({
    runtime,
    config,
    initial: initialiseParameters(config, seed),
    train: { encoded: encode(table), labels: table.label, ...(logScores ? { logScores } : {}) },
    validation: { encoded: encode(rows.validation), labels: rows.validation.label },
    settings: {
      ...paperSettings,
      epochs: 6,
      learningRate: 1e-3,
      // Accuracy is perfect long before probabilities are: the last epoch has the better scores.
      selectBy: "last",
      seed,
    },
  });
  return { rows, request };
}

async function last(stream: ReturnType<typeof train>): Promise<TrainedModel> {
  for await (const event of stream) if (event.type === "end") return event.model;
  throw new Error("the stream did not close with its end event");
}

async function testAccuracy(model: TrainedModel, table: TextTable): Promise<number> {
  return accuracy(table.label, mostLikely(await predict(runtime, model, encode(table), 2), 2));
}

describe("checkers", () => {
  test("on the toy world IMP and DIMP end above CE, paired over five seeds", async () => {
    const gains: Record<"imp" | "dimp", number[]> = { imp: [], dimp: [] };
    for (const seed of [0, 1, 2, 3, 4]) {
      const { rows, request } = setUp(seed);
      const qualityChecker = await last(trainChecker(request(rows.train)));
      // The CE baseline is the diversity checker: one training serves both.
      const diversityChecker = await last(trainChecker(request(rows.generated)));
      const score = (model: TrainedModel, role: "quality" | "diversity") =>
        scoreRows(runtime, model, role, rows.generated, encode(rows.generated), 2);
      const logScores = {
        quality: await score(qualityChecker, "quality"),
        diversity: await score(diversityChecker, "diversity"),
      };
      const baseline = await testAccuracy(diversityChecker, rows.test);
      for (const name of ["imp", "dimp"] as const) {
        const model = await last(
          train({ ...request(rows.generated, logScores), loss: lossByName(name), gamma: 1 }),
        );
        gains[name].push((await testAccuracy(model, rows.test)) - baseline);
      }
    }
    for (const [name, values] of Object.entries(gains)) {
      // The closed forms are 0.725 and 0.95; every seed gains, and most of that distance on average.
      expect(Math.min(...values), `${name}: ${values}`).toBeGreaterThan(0);
      expect(
        values.reduce((sum, value) => sum + value, 0) / values.length,
        `${name}: ${values}`,
      ).toBeGreaterThan(0.1);
    }
  }, 180_000);

  test("a score is the log-probability of the given label, row for row", async () => {
    const { rows, request } = setUp(0);
    const few = request(rows.train);
    const checker = await last(trainChecker({ ...few, settings: { ...few.settings, epochs: 1 } }));
    const scores = await scoreRows(
      runtime,
      checker,
      "quality",
      rows.generated,
      encode(rows.generated),
      2,
    );
    const all = await predict(runtime, checker, encode(rows.generated), 2);
    expect(scores).toHaveLength(800);
    rows.generated.label.forEach((label, row) => {
      expect(scores[row]).toBe(all[row * 2 + label]);
      expect(Math.exp(all[row * 2] ?? 0) + Math.exp(all[row * 2 + 1] ?? 0)).toBeCloseTo(1, 5);
    });
  });

  test("a score that is no finite logarithm names its row", () => {
    const { rows } = setUp(0);
    const logProbabilities = new Float32Array(1600).fill(-0.7);
    logProbabilities[14 * 2 + (rows.generated.label[14] ?? 0)] = Number.NEGATIVE_INFINITY;
    expect(() => scoresOfLabels(logProbabilities, rows.generated, "the quality checker")).toThrow(
      /row 15: the quality checker gives the log-probability -Infinity/,
    );
  });
});
