import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BertConfig, configToJson, parseConfig, readConfig, withLabels } from "./config.js";
import { readGolden } from "./golden.fixture.js";
import { initialiseParameter, initialiseParameters } from "./initialise.js";
import { type LoadOptions, loadCheckpoint } from "./load-checkpoint.js";
import { renderLoadReport } from "./load-report.js";
import { bertParameterShapes, parameterCount } from "./parameter-shapes.js";
import { randomConfig } from "./random-config.js";
import type { ParameterTensor } from "./read-safetensors.js";
import { writeSafetensors } from "./write-safetensors.js";

const assets = process.env.COUNTERWEIGHT_ASSETS;
let base = "";
let folders = 0;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "checkpoint-"));
});
afterAll(async () => rm(base, { recursive: true }));

const config = randomConfig({
  vocabularySize: 20,
  hiddenSize: 8,
  heads: 2,
  maxPositions: 16,
  numLabels: 3,
});

/** A model folder whose tensors are `change`d from those of seed 1. */
async function folderOf(
  change: (name: string, tensor: ParameterTensor) => Iterable<readonly [string, ParameterTensor]>,
  settings: BertConfig = config,
): Promise<string> {
  const folder = join(base, String(folders++));
  await mkdir(folder);
  await writeFile(join(folder, "config.json"), JSON.stringify(configToJson(settings)));
  const tensors = new Map(
    [...initialiseParameters(settings, 1)].flatMap(([name, tensor]) => [...change(name, tensor)]),
  );
  await writeSafetensors(join(folder, "model.safetensors"), tensors);
  return folder;
}
const load = (folder: string, options: Partial<LoadOptions> = {}) =>
  loadCheckpoint(folder, { seed: 2, ...options });

describe("BertConfig", () => {
  it("gives the parameters of Transformers' model, in its order", () => {
    for (const { config: json, parameters } of readGolden().models) {
      expect([...bertParameterShapes(parseConfig(json, "golden"))]).toEqual(parameters);
    }
  });

  it("comes back from its own JSON, unknown keys included", () => {
    const json = { ...configToJson(config), pruned_heads: {}, note: ["kept"] };
    const read = parseConfig(json, "test");
    expect(read).toEqual({
      ...config,
      other: { ...config.other, pruned_heads: {}, note: ["kept"] },
    });
    expect(configToJson(read)).toEqual(json);
  });

  it("takes the head's size and names from id2label", () => {
    const read = parseConfig({ model_type: "bert", id2label: { 1: "yes", 0: "no" } }, "test");
    expect([read.numLabels, read.id2label]).toEqual([2, ["no", "yes"]]);
    expect(withLabels(read, 4).id2label).toEqual(["LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3"]);
  });

  it.each([
    [{ model_type: "gpt2" }, /config.json: model_type: needed one of "bert".*, got "gpt2"/],
    [{ model_type: undefined }, /model_type: needed one of "bert".*, got absent/],
    [{ hidden_act: "silu" }, /hidden_act: needed one of "gelu", .*"relu", got "silu"/],
    [{ num_attention_heads: 5 }, /num_attention_heads 5 does not divide hidden_size 768/],
    [{ hidden_size: "768" }, /hidden_size: needed a whole number of at least 1, got "768"/],
    [{ num_hidden_layers: 0 }, /num_hidden_layers/],
    [{ hidden_dropout_prob: 1 }, /hidden_dropout_prob: needed a probability/],
    [{ layer_norm_eps: 0 }, /layer_norm_eps/],
    [{ position_embedding_type: "relative_key" }, /needed "absolute"/],
    [{ is_decoder: true }, /decoder/],
    [{ id2label: { 0: "a", 2: "b" } }, /id2label\["1"\]: needed a class name/],
    [{ pad_token_id: 30522 }, /pad_token_id: needed an id below vocab_size 30522/],
  ])("refuses %j", (change, message) => {
    expect(() => parseConfig({ model_type: "bert", ...change }, "config.json")).toThrow(message);
  });

  it("says what a folder lacks", async () => {
    await expect(readConfig(join(base, "nowhere"))).rejects.toThrow(
      /no config.json\. Give a Hugging Face/,
    );
    const folder = join(base, "bare");
    await mkdir(folder);
    await writeFile(join(folder, "config.json"), "{");
    await expect(readConfig(folder)).rejects.toThrow(/config.json: Not JSON/);
    await writeFile(join(folder, "config.json"), '{"model_type":"bert"}');
    await expect(load(folder)).rejects.toThrow(/bare: There is no model.safetensors\. Give/);
    await writeFile(join(folder, "pytorch_model.bin"), "");
    await expect(load(folder)).rejects.toThrow(/pickle and is not read\. Convert it/);
    await writeFile(join(folder, "model.safetensors.index.json"), "");
    await expect(load(folder)).rejects.toThrow(/index.json: Not JSON/);
  });
});

describe("initialiseParameters", () => {
  it("starts as Transformers does: N(0, 0.02), zeros, ones, a zero row for padding", () => {
    const wide = randomConfig({ vocabularySize: 5000, hiddenSize: 64 });
    const values = (name: string): Float32Array => initialiseParameter(wide, name, 7).values;
    const words = values("bert.embeddings.word_embeddings.weight");
    expect(words.subarray(0, 64).every((value) => value === 0)).toBe(true);
    const drawn = words.subarray(64);
    const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
    const moment = (power: number): number =>
      drawn.reduce((sum, value) => sum + (value / 0.02) ** power, 0) / drawn.length;
    // Five standard errors of 320,000 draws.
    expect(Math.abs(mean / 0.02)).toBeLessThan(0.009);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.0125);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.09);
    expect(new Set(values("bert.encoder.layer.0.output.LayerNorm.weight"))).toEqual(new Set([1]));
    expect(new Set(values("bert.encoder.layer.0.output.LayerNorm.bias"))).toEqual(new Set([0]));
    expect(new Set(values("bert.encoder.layer.0.output.dense.bias"))).toEqual(new Set([0]));
  });

  it("depends on seed and name, and on nothing else", () => {
    const deeper = { ...config, layers: 5 };
    const name = "bert.encoder.layer.1.output.dense.weight";
    expect(initialiseParameters(deeper, 3).get(name)).toEqual(
      initialiseParameters(config, 3).get(name),
    );
    expect(initialiseParameter(config, name, 4)).not.toEqual(initialiseParameter(config, name, 3));
    expect([...initialiseParameters(config, 3).keys()]).toEqual([
      ...bertParameterShapes(config).keys(),
    ]);
  });
});

describe("loadCheckpoint", () => {
  it("loads a whole model with nothing to report", async () => {
    const { parameters, report } = await load(await folderOf((name, tensor) => [[name, tensor]]));
    expect(parameters).toEqual(initialiseParameters(config, 1));
    expect(renderLoadReport(report)).toBe("");
    expect(report.loaded).toEqual([...bertParameterShapes(config).keys()]);
  });

  it("loads a bare encoder with gamma and beta, and lists what it started anew", async () => {
    const folder = await folderOf((name, tensor) => {
      if (/classifier|pooler/.test(name)) return [];
      const old = name
        .replace("LayerNorm.weight", "LayerNorm.gamma")
        .replace("LayerNorm.bias", "LayerNorm.beta");
      return [[old.replace(/^bert\./, ""), tensor]];
    });
    const { parameters, report } = await load(folder);
    const missing = [
      "bert.pooler.dense.weight",
      "bert.pooler.dense.bias",
      "classifier.weight",
      "classifier.bias",
    ];
    expect(report.missing).toEqual(missing);
    const [first, second] = [initialiseParameters(config, 1), initialiseParameters(config, 2)];
    for (const [name, tensor] of parameters) {
      expect(tensor).toEqual((missing.includes(name) ? second : first).get(name));
    }
    expect(renderLoadReport(report)).toMatch(
      /^Some weights of BertForSequenceClassification were not initialized .* are newly initialized: \['bert.pooler.dense.weight'.*\]\nYou should probably TRAIN/,
    );
  });

  it("lists tensors it has no use for", async () => {
    const folder = await folderOf((name, tensor) =>
      name === "classifier.bias"
        ? [
            [name, tensor],
            ["cls.predictions.bias", tensor],
          ]
        : [[name, tensor]],
    );
    const { report } = await load(folder);
    expect(report.unexpected).toEqual(["cls.predictions.bias"]);
    expect(renderLoadReport(report)).toContain("were not used when initializing");
  });

  it("starts the head anew for another number of classes, and only the head", async () => {
    const folder = await folderOf((name, tensor) => [[name, tensor]]);
    const { config: read, parameters, report } = await load(folder, { labelNames: ["a", "b"] });
    expect(read.id2label).toEqual(["a", "b"]);
    expect(report.mismatched).toEqual([
      { name: "classifier.weight", inFile: [3, 8], inModel: [2, 8] },
      { name: "classifier.bias", inFile: [3], inModel: [2] },
    ]);
    expect(parameters.get("classifier.weight")?.shape).toEqual([2, 8]);
    expect(renderLoadReport(report)).toContain(
      "- classifier.bias: found shape [3] in the checkpoint and [2]",
    );
    await writeFile(
      join(folder, "config.json"),
      JSON.stringify({ ...configToJson(config), vocab_size: 21 }),
    );
    await expect(load(folder)).rejects.toThrow(
      /word_embeddings.weight is \[20, 8\], needed \[21, 8\]/,
    );
  });

  it("refuses files of another architecture, and a tensor given twice", async () => {
    const other = await folderOf((name, tensor) => [[name.replace("bert.", "roberta."), tensor]]);
    await expect(load(other)).rejects.toThrow(
      /None of the file's tensors is a BERT encoder's.*roberta/,
    );
    const twice = await folderOf((name, tensor) => [
      [name, tensor],
      [name.replace(/^bert\./, ""), tensor],
    ]);
    await expect(load(twice)).rejects.toThrow(/twice/);
  });
});

describe.skipIf(!assets)("all-MiniLM-L6-v2 (needs COUNTERWEIGHT_ASSETS)", () => {
  it("loads, but for the head", async () => {
    const folder = join(assets ?? "", "models/all-MiniLM-L6-v2");
    const {
      config: read,
      parameters,
      report,
    } = await loadCheckpoint(folder, { seed: 0, numLabels: 2 });
    expect([read.hiddenSize, read.layers, read.heads, parameterCount(read)]).toEqual([
      384, 6, 12, 22_713_986,
    ]);
    expect([report.missing, report.unexpected, report.mismatched]).toEqual([
      ["classifier.weight", "classifier.bias"],
      [],
      [],
    ]);
    for (const { values } of parameters.values()) {
      expect(values.every(Number.isFinite)).toBe(true);
    }
  });
});
