import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256 } from "@counterweight/base";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { withLabels } from "../checkpoint/config.js";
import { initialiseParameters } from "../checkpoint/initialise.js";
import { loadCheckpoint } from "../checkpoint/load-checkpoint.js";
import { randomConfig } from "../checkpoint/random-config.js";
import { loadTokenizer } from "../tokenizer/load-tokenizer.js";
import { wordPieceTokenizer } from "../tokenizer/word-piece.js";
import { type ModelFolder, saveModelFolder } from "./save-model-folder.js";
import { wordPieceTokenizerFiles } from "./tokenizer-files.js";

const words = ["what", "a", "day", "##s", "."];
const config = withLabels(randomConfig({ vocabularySize: 10, hiddenSize: 8, heads: 2 }), 2, [
  "no",
  "yes",
]);
const model: ModelFolder = {
  config,
  parameters: initialiseParameters(config, 3),
  tokenizer: { files: wordPieceTokenizerFiles(words) },
  maxLength: 20,
  card: "# A card\n",
};

let parent: string;
let folder: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "counterweight-save-"));
  folder = join(parent, "model");
});
afterEach(() => rm(parent, { recursive: true }));

const digests = async (): Promise<Record<string, string>> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Object.fromEntries(
    await Promise.all(
      files.map(async ({ parentPath, name }): Promise<[string, string]> => {
        return [name, sha256(await readFile(join(parentPath, name)))];
      }),
    ),
  );
};

describe("saveModelFolder", () => {
  test("what was saved loads as it was", async () => {
    const saved = await saveModelFolder(folder, model);
    expect(saved.map(({ name }) => name)).toEqual([
      "README.md",
      "config.json",
      "model.safetensors",
      "onnx/model.onnx",
      "onnx/model_quantized.onnx",
      "special_tokens_map.json",
      "tokenizer.json",
      "tokenizer_config.json",
      "vocab.txt",
    ]);
    const loaded = await loadCheckpoint(folder, { seed: 99 });
    expect(loaded.config.id2label).toEqual(["no", "yes"]);
    expect(loaded.report.missing).toEqual([]);
    expect(loaded.parameters).toEqual(model.parameters);
    const text = ["What a days!", "A DAY."] as const;
    expect((await loadTokenizer(folder)).encode(...text, { maxLength: 20 })).toEqual(
      wordPieceTokenizer(words).encode(...text, { maxLength: 20 }),
    );
  });

  test("the same model gives the same bytes, in place of the old folder", async () => {
    await saveModelFolder(folder, model);
    const first = await digests();
    await saveModelFolder(folder, model);
    expect(await digests()).toEqual(first);
    expect(await readdir(parent)).toEqual(["model"]);
  });

  test("a second saving leaves nothing of the first", async () => {
    await saveModelFolder(folder, model);
    const saved = await saveModelFolder(folder, { ...model, onnx: false });
    expect(saved.some(({ name }) => name.startsWith("onnx"))).toBe(false);
    expect(await readdir(folder)).not.toContain("onnx");
  });

  test("a folder of someone else's stays", async () => {
    await saveModelFolder(folder, model);
    await writeFile(join(folder, "notes.txt"), "mine");
    await expect(saveModelFolder(folder, model)).rejects.toThrow(/notes\.txt/);
    await writeFile(join(folder, "config.json"), "{}");
    await expect(saveModelFolder(folder, model)).rejects.toThrow(/not written by Counterweight/);
    expect(await readFile(join(folder, "notes.txt"), "utf8")).toBe("mine");
  });

  test("what fails half-way leaves the old folder and no other", async () => {
    await saveModelFolder(folder, model);
    const before = await digests();
    const incomplete = new Map(model.parameters);
    incomplete.delete("classifier.bias");
    await expect(saveModelFolder(folder, { ...model, parameters: incomplete })).rejects.toThrow(
      /classifier\.bias/,
    );
    expect(await digests()).toEqual(before);
    expect(await readdir(parent)).toEqual(["model"]);
  });

  test("class names that repeat and texts beyond the positions are refused", async () => {
    const twice = { ...config, id2label: ["yes", "yes"] };
    await expect(saveModelFolder(folder, { ...model, config: twice })).rejects.toThrow(/"yes"/);
    await expect(saveModelFolder(folder, { ...model, maxLength: 129 })).rejects.toThrow(/128/);
    expect(await readdir(parent)).toEqual([]);
  });

  test("a checkpoint with vocab.txt alone gives a whole tokenizer", async () => {
    const source = join(parent, "source");
    await saveModelFolder(source, model);
    for (const name of ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"]) {
      await rm(join(source, name));
    }
    const { maxLength: _, ...rest } = model;
    await saveModelFolder(folder, { ...rest, tokenizer: { folder: source } });
    const settings = JSON.parse(await readFile(join(folder, "tokenizer_config.json"), "utf8"));
    expect(settings).toMatchObject({ model_max_length: 128, pad_token: "[PAD]" });
    expect((await loadTokenizer(folder)).vocabularySize).toBe(10);
  });

  test("mean pooling brings its Python class and says so in config.json", async () => {
    await saveModelFolder(folder, { ...model, config: { ...config, pooling: "mean" } });
    const { auto_map } = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
    const [file, name] = auto_map.AutoModelForSequenceClassification.split(".");
    const code = await readFile(join(folder, `${file}.py`), "utf8");
    expect(code).toContain(`class ${name}(BertForSequenceClassification)`);
    expect((await loadCheckpoint(folder, { seed: 0 })).config.pooling).toBe("mean");
  });
});
