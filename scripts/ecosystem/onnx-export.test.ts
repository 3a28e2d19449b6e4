import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomStream } from "@counterweight/base";
import {
  type ArchitectureName,
  buildClassifier,
  type EncodedTexts,
  initialiseParameters,
  type Pooling,
  packBatch,
  randomConfig,
  saveModelFolder,
  wordPieceTokenizerFiles,
} from "@counterweight/bert";
import { evaluate, program } from "@counterweight/graph";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const words = Array.from({ length: 20 }, (_, index) => `word${index}`);
const padding = { bert: 0, distilbert: 0, roberta: 1 };
const lengths = [1, 7, 3, 12];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-onnx-"));
});
afterAll(() => rm(folder, { recursive: true }));

const cases = (["bert", "distilbert", "roberta"] as const).flatMap((architecture) =>
  (["cls", "mean"] as const).map((pooling) => ({ architecture, pooling })),
);

describe.each(cases)("ONNX of $architecture, pooling $pooling", ({ architecture, pooling }) => {
  test("padded rows have the logits of the packed model in float64; int8 comes near", async () => {
    const { config, parameters, encoded } = wideModel(architecture, pooling);
    const place = join(folder, `${architecture}-${pooling}`);
    const tokenizer = { files: wordPieceTokenizerFiles(words) };
    await saveModelFolder(place, { config, parameters, tokenizer, card: "# test\n" });

    const rows = lengths.map((_, row) => row);
    const { logits } = evaluate(program("logits", { logits: buildClassifier(config).logits }), {
      ...Object.fromEntries(
        [...parameters].map(([name, { shape, values }]) => [name, { shape, data: values }]),
      ),
      ...packBatch(encoded, rows).values,
    });
    const expected = [...(logits?.data ?? [])];
    const spread = Math.max(...expected) - Math.min(...expected);
    expect(spread).toBeGreaterThan(0.5);
    const exact = await runOnnx(join(place, "onnx/model.onnx"), encoded, padding[architecture]);
    const rounded = await runOnnx(
      join(place, "onnx/model_quantized.onnx"),
      encoded,
      padding[architecture],
    );
    expect(furthest(expected, exact)).toBeLessThan(1e-5 * Math.max(1, spread));
    expect(furthest(expected, rounded)).toBeGreaterThan(0);
    expect(furthest(expected, rounded)).toBeLessThan(0.1 * spread);
  });
});

/** A model whose weights are wide enough that its logits differ, and rows of random tokens. */
function wideModel(architecture: ArchitectureName, pooling: Pooling) {
  const config = randomConfig({
    architecture,
    pooling,
    vocabularySize: 25,
    hiddenSize: 16,
    heads: 2,
    maxPositions: 12,
    numLabels: 3,
    padTokenId: padding[architecture],
  });
  const parameters = new Map(
    [...initialiseParameters(config, 1)].map(([name, { shape, values }]) => {
      const random = randomStream("onnx export", name);
      return [name, { shape, values: values.map((value) => value + 0.3 * random.normal()) }];
    }),
  );
  const random = randomStream("onnx export", "tokens");
  const offsets = Int32Array.of(0, ...lengths);
  for (let row = 1; row < offsets.length; row++) {
    offsets[row] = (offsets[row] ?? 0) + (offsets[row - 1] ?? 0);
  }
  const tokens = offsets.at(-1) ?? 0;
  const encoded: EncodedTexts = {
    offsets,
    tokenIds: Int32Array.from({ length: tokens }, () => 2 + random.integer(23)),
    typeIds: Uint8Array.from({ length: tokens }, () => random.integer(2)),
  };
  return { config, parameters, encoded };
}

/** The logits of a saved model for rows padded to the longest. */
async function runOnnx(path: string, encoded: EncodedTexts, pad: number): Promise<number[]> {
  const session = await InferenceSession.create(path, { intraOpNumThreads: 1 });
  const longest = Math.max(...lengths);
  const padded = (values: ArrayLike<number>, filling: number): Tensor => {
    const cells = lengths.flatMap((length, row) => {
      const start = encoded.offsets[row] ?? 0;
      return Array.from({ length: longest }, (_, position) =>
        position < length ? (values[start + position] ?? 0) : filling,
      );
    });
    return new Tensor("int64", BigInt64Array.from(cells, BigInt), [lengths.length, longest]);
  };
  const all: Record<string, Tensor> = {
    input_ids: padded(encoded.tokenIds, pad),
    attention_mask: padded(new Uint8Array(encoded.tokenIds.length).fill(1), 0),
    token_type_ids: padded(encoded.typeIds, 0),
  };
  const feeds = Object.fromEntries(
    Object.entries(all).filter(([name]) => session.inputNames.includes(name)),
  );
  const { logits } = await session.run(feeds);
  await session.release();
  return logits?.data instanceof Float32Array ? [...logits.data] : [];
}

function furthest(left: readonly number[], right: readonly number[]): number {
  if (left.length !== right.length) return Number.POSITIVE_INFINITY;
  return left.reduce(
    (most, value, cell) => Math.max(most, Math.abs(value - (right[cell] ?? 0))),
    0,
  );
}
