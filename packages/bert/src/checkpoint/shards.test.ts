import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { at } from "@counterweight/base";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { goldenPath, readGolden } from "../architectures/golden.fixture.js";
import { parseConfig } from "./config.js";
import { initialiseParameters } from "./initialise.js";
import { loadCheckpoint } from "./load-checkpoint.js";
import { renderLoadReport } from "./load-report.js";
import { type ParameterTensor, readSafetensors } from "./read-safetensors.js";
import { writeSafetensors } from "./write-safetensors.js";

let base = "";
let folders = 0;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "shards-"));
});
afterAll(async () => rm(base, { recursive: true }));

const golden = readGolden();
const kinds = golden.cases.filter(({ name, weights }) => name === weights);

async function folderWith(
  config: object,
  tensors: ReadonlyMap<string, ParameterTensor>,
): Promise<string> {
  const folder = join(base, String(folders++));
  await mkdir(folder);
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  if (tensors.size > 0) await writeSafetensors(join(folder, "model.safetensors"), tensors);
  return folder;
}

/** An index as Transformers writes it: the test's own spelling of the format. */
interface Index {
  readonly metadata?: unknown;
  readonly weight_map: Record<string, unknown>;
}

const shardName = (number: number): string => `model-0000${number + 1}-of-00003.safetensors`;

/** BERT's golden checkpoint as three shards; tensors go to them in turn. */
async function sharded(change: (index: Index) => object | string = (index) => index) {
  const { config } = at(kinds, 0);
  const folder = await folderWith(config, new Map());
  const whole = await readSafetensors(goldenPath("bert.safetensors"));
  const parts = [0, 1, 2].map(() => new Map<string, ParameterTensor>());
  const weightMap: Record<string, string> = {};
  [...whole.tensors].forEach(([name, tensor], index) => {
    at(parts, index % 3).set(name, tensor);
    weightMap[name] = shardName(index % 3);
  });
  for (const [number, part] of parts.entries()) {
    await writeSafetensors(join(folder, shardName(number)), part);
  }
  const content = change({ metadata: { total_size: whole.dataBytes }, weight_map: weightMap });
  await writeFile(
    join(folder, "model.safetensors.index.json"),
    typeof content === "string" ? content : JSON.stringify(content),
  );
  return { folder, whole };
}
const load = (folder: string) => loadCheckpoint(folder, { seed: 0 });
const first = "bert.embeddings.word_embeddings.weight";

describe("shards", () => {
  it("give what the single file gives", async () => {
    const { folder, whole } = await sharded();
    const { parameters, report } = await load(folder);
    expect(renderLoadReport(report)).toBe("");
    expect(report.source).toMatch(/model\.safetensors\.index\.json$/);
    for (const [name, tensor] of parameters) expect(tensor).toEqual(whole.tensors.get(name));
    expect(parameters.size).toBe(whole.tensors.size);
  });

  it("do not need metadata", async () => {
    const { folder } = await sharded(({ weight_map }) => ({ weight_map }));
    expect(renderLoadReport((await load(folder)).report)).toBe("");
  });

  const moved = (to: unknown) => (index: Index) => ({
    ...index,
    weight_map: { ...index.weight_map, [first]: to },
  });
  it.each<[string, (index: Index) => object | string, RegExp]>([
    ["an empty index", () => "", /index.json: Not JSON/],
    ["a list", () => "[]", /Needed a JSON object/],
    ["no weight_map", () => ({ metadata: {} }), /weight_map: needed an object/],
    ["an empty weight_map", () => ({ weight_map: {} }), /weight_map: needed an object/],
    ["a number for a shard", moved(3), /is said to be in 3\. A shard is/],
    ["a way out of the folder", moved("../model.safetensors"), /"\.\.\/model\.safetensors"/],
    ["a sub-folder", moved("a/model.safetensors"), /named without a path/],
    ["a way out, Windows", moved("..\\model.safetensors"), /named without a path/],
    ["an absolute path", moved("/etc/model.safetensors"), /named without a path/],
    ["a drive", moved("C:model.safetensors"), /named without a path/],
    ["a hidden file", moved(".model.safetensors"), /named without a path/],
    ["a NUL byte", moved("a\0.safetensors"), /named without a path/],
    ["a pickle", moved("pytorch_model.bin"), /named without a path/],
    ["a missing shard", moved("model-9.safetensors"), /1 of 4 shards are missing: model-9/],
    ["the wrong shard", moved(shardName(0)), /lists "bert.emb.*" in model-00001-.*is not in it/],
    [
      "a tensor that is in no shard",
      (index) => ({ ...index, weight_map: { ...index.weight_map, extra: shardName(1) } }),
      /The index lists "extra" in model-00002-of-00003.safetensors, but it is not in it/,
    ],
    [
      "a tensor that the index leaves out",
      ({ metadata, weight_map: { [first]: _, ...rest } }) => ({ metadata, weight_map: rest }),
      /does not list "bert.embeddings.word_embeddings.weight" in model-0000/,
    ],
    [
      "another total_size",
      (index) => ({ ...index, metadata: { total_size: 12 } }),
      /the index says 12 bytes, the shards hold \d+/,
    ],
    [
      "a total_size that is no number",
      (index) => ({ ...index, metadata: { total_size: "12" } }),
      /total_size: needed a number of bytes, got "12"/,
    ],
  ])("refuse %s", async (_, change, message) => {
    const { folder } = await sharded(change);
    const error = await load(folder).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ kind: "model" });
    expect(error instanceof Error ? error.message : "").toMatch(message);
  });

  it("refuse a truncated shard, naming it", async () => {
    const { folder } = await sharded();
    const path = join(folder, shardName(1));
    await writeFile(path, (await readFile(path)).subarray(0, -4));
    await expect(load(folder)).rejects.toThrow(/model-00002-of-00003.safetensors/);
  });
});

describe.each(kinds)("$name checkpoints as Transformers writes them", ({ name, config: json }) => {
  const config = parseConfig(json, name);
  const own = () => readSafetensors(goldenPath(`${name}.safetensors`));

  test("load with and without the encoder's prefix", async () => {
    const { tensors } = await own();
    const bare = new Map(
      [...tensors].map(([key, tensor]) => [
        key.startsWith(`${name}.`) ? key.slice(name.length + 1) : key,
        tensor,
      ]),
    );
    expect([...bare.keys()]).not.toEqual([...tensors.keys()]);
    for (const given of [tensors, bare]) {
      const { parameters, report } = await load(await folderWith(json, given));
      expect(renderLoadReport(report)).toBe("");
      for (const [key, tensor] of parameters) expect(tensor).toEqual(tensors.get(key));
    }
  });

  test("load with a masked-language-model head in place of the classifier's", async () => {
    const { tensors } = await own();
    const heads = { bert: "cls.predictions", roberta: "lm_head", distilbert: "vocab_transform" };
    const head = Object.entries(heads).find(([key]) => key === name)?.[1] ?? "";
    const encoder = [...tensors].filter(([key]) => key.startsWith(`${name}.`));
    const extra = { shape: [2], values: Float32Array.of(1, 2) };
    const { parameters, report } = await load(
      await folderWith(json, new Map([...encoder, [`${head}.bias`, extra]])),
    );
    expect(report.unexpected).toEqual([`${head}.bias`]);
    expect(report.loaded).toHaveLength(encoder.length);
    const fresh = initialiseParameters(config, 0);
    expect(report.missing.length).toBeGreaterThan(0);
    for (const key of report.missing) expect(parameters.get(key)).toEqual(fresh.get(key));
    expect(renderLoadReport(report)).toContain(`ForSequenceClassification: ['${head}.bias']`);
  });

  test("start the output layer anew for another number of classes, and only that", async () => {
    const { tensors } = await own();
    const folder = await folderWith(json, tensors);
    const { report } = await loadCheckpoint(folder, { seed: 0, labelNames: ["a", "b"] });
    const output = name === "roberta" ? "classifier.out_proj" : "classifier";
    expect(report.mismatched.map((mismatch) => mismatch.name)).toEqual([
      `${output}.weight`,
      `${output}.bias`,
    ]);
    expect(report.missing).toEqual([]);
  });
});
