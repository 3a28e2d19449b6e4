import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { at, randomStream } from "@counterweight/base";
import {
  buildClassifier,
  initialiseParameters,
  matchParameters,
  maxTokens,
  packBatch,
  parseConfig,
  randomConfig,
  readSafetensors,
  wordEmbeddingNameOf,
} from "@counterweight/bert";
import { program } from "@counterweight/graph";
import { lossByName } from "@counterweight/losses";
import { onnxRuntime } from "@counterweight/runtime";
import { describe, expect, test } from "vitest";
import { collect, toyRequest, toySettings } from "./toy.fixture.js";
import type { TrainRequest } from "./train-request.js";
import { createTrainingSession } from "./training-session.js";

/** `scripts/golden/architectures.py` says what is in these files; float64 is tested in `bert`. */
const goldenPath = (name: string): string =>
  fileURLToPath(new URL(`../../bert/src/architectures/golden/${name}`, import.meta.url));

interface Golden {
  readonly rows: readonly (readonly number[])[];
  readonly types: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly cases: readonly {
    readonly name: string;
    readonly weights: string;
    readonly pooling: "cls" | "mean";
    readonly config: Readonly<Record<string, unknown>>;
    readonly loss: number;
    readonly logits: readonly (readonly number[])[];
  }[];
}
const golden: Golden = JSON.parse(readFileSync(goldenPath("models.json"), "utf8"));
const rows = golden.rows.map((_, row) => row);
let end = 0;
const encoded = {
  offsets: Int32Array.of(0, ...golden.rows.map((row) => (end += row.length))),
  tokenIds: Int32Array.from(golden.rows.flat()),
  typeIds: Uint8Array.from(golden.types.flat()),
};
const runtime = onnxRuntime();

describe.each(golden.cases)("$name against Transformers, through ONNX Runtime", (item) => {
  const config = {
    ...parseConfig(item.config, item.name),
    pooling: item.pooling,
    hiddenDropout: 0,
    attentionDropout: 0,
    classifierDropout: 0,
  };
  const load = async () => {
    const source = goldenPath(`${item.weights}.safetensors`);
    return matchParameters(config, await readSafetensors(source), { seed: 0, source }).parameters;
  };

  test("logits are within 1e-5", async () => {
    const { logits } = buildClassifier(config);
    const executable = await runtime.compile(program("logits", { logits }));
    const parameters = [...(await load())].map(
      ([name, { shape, values }]) => [name, { shape, data: values }] as const,
    );
    const result = await executable.run({
      ...Object.fromEntries(parameters),
      ...packBatch(encoded, rows).values,
    });
    item.logits.flat().forEach((value, cell) => {
      expect(Math.abs(at(result.logits?.data ?? [], cell) - value)).toBeLessThan(1e-5);
    });
    await executable.release();
  });

  test("a training step has the gradient of every parameter within 1e-4, and follows it", async () => {
    const initial = await load();
    const wordEmbedding = wordEmbeddingNameOf(config);
    const before = initial.get(wordEmbedding)?.values.slice() ?? new Float32Array();
    const labelled = { encoded, labels: Int32Array.from(golden.labels) };
    const request: TrainRequest = {
      runtime,
      config,
      initial,
      train: labelled,
      validation: labelled,
      loss: lossByName("ce"),
      gamma: 1,
      settings: { ...toySettings, optimizer: "sgd", clipNorm: null },
    };
    const session = await createTrainingSession(request, end);
    const { loss } = await session.step(rows, 0, 1);
    expect(Math.abs(loss - item.loss)).toBeLessThan(1e-5);

    const wanted = await readSafetensors(goldenPath(`${item.name}.gradients.safetensors`));
    for (const [name, { values: theirs }] of wanted.tensors) {
      const found = session.gradients[name]?.data ?? [];
      const largest = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      let ours: ArrayLike<number> = found;
      if (name === wordEmbedding) {
        // A row a token, summed into the first token of each vocabulary id.
        const width = config.hiddenSize;
        const table = new Float64Array(theirs.length);
        encoded.tokenIds.forEach((id, token) => {
          if (encoded.tokenIds.indexOf(id) !== token) return;
          for (let k = 0; k < width; k++) table[id * width + k] = at(found, token * width + k);
        });
        ours = table;
      }
      // Key biases: the true gradient is zero, what is found is rounding.
      const scale = /(key|k_lin)\.bias$/.test(name) ? 1 : largest;
      theirs.forEach((value, cell) => {
        const difference = Math.abs(at(ours, cell) - value);
        if (!(difference <= 1e-4 * scale)) {
          expect.fail(`${name}[${cell}]: ${at(ours, cell)}, Transformers says ${value}`);
        }
      });
    }
    const gradient = wanted.tensors.get(wordEmbedding)?.values ?? new Float32Array();
    const after = session.parameters[wordEmbedding]?.data ?? [];
    expect(gradient.some((value) => Math.abs(value) > 1e-2)).toBe(true);
    gradient.forEach((value, cell) => {
      const target = at(before, cell) - value;
      if (!(Math.abs(at(after, cell) - target) < 1e-5)) {
        expect.fail(`${wordEmbedding}[${cell}]: ${at(after, cell)} after a step, needed ${target}`);
      }
    });
    await session.release();
  });
});

describe("a fresh model learns the toy world", () => {
  test.each([
    { architecture: "roberta", pooling: "cls" },
    { architecture: "distilbert", pooling: "mean" },
  ] as const)("$architecture, $pooling", async ({ architecture, pooling }) => {
    const toy = toyRequest({ epochs: 2 });
    const config = randomConfig({
      architecture,
      pooling,
      vocabularySize: toy.config.vocabularySize,
      hiddenSize: 32,
      heads: 2,
      maxPositions: 16,
    });
    expect(maxTokens(config)).toBe(16);
    const events = await collect({ ...toy, config, initial: initialiseParameters(config, 0) });
    const losses = events.flatMap((event) => (event.type === "epoch" ? [event.trainLoss] : []));
    expect(at(losses, 1)).toBeLessThan(at(losses, 0));
    const last = events.at(-1);
    expect(last?.type === "end" && last.reason).toBe("completed");
  });
});

test("RoBERTa takes rows as long as its positions allow, and no position is counted twice", async () => {
  const config = randomConfig({
    architecture: "roberta",
    vocabularySize: 30,
    hiddenSize: 16,
    heads: 2,
    maxPositions: 12,
    padTokenId: 3,
  });
  expect([config.maxPositions, maxTokens(config)]).toEqual([16, 12]);
  const random = randomStream("roberta positions");
  const texts = {
    offsets: Int32Array.of(0, 12),
    tokenIds: Int32Array.from({ length: 12 }, () => random.integer(30)),
    typeIds: new Uint8Array(12),
  };
  const labels = Int32Array.of(1);
  const session = await createTrainingSession(
    toyRequest(
      {},
      { config, initial: initialiseParameters(config, 0), train: { encoded: texts, labels } },
    ),
    12,
  );
  await session.step([0], 0, 1e-3);
  const table = session.gradients["roberta.embeddings.position_embeddings.weight"]?.data ?? [];
  const used = Array.from({ length: 16 }, (_, row) =>
    Array.from(table.slice(row * 16, (row + 1) * 16)).some((value) => value !== 0),
  );
  expect(used).toEqual(Array.from({ length: 16 }, (_, row) => row > 3));
  await session.release();
});
