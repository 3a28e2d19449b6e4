import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  configToJson,
  initialiseParameters,
  randomConfig,
  writeSafetensors,
} from "@counterweight/bert";
import { onnxRuntime, type Runtime } from "@counterweight/runtime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resolveSpec } from "../spec/resolve.js";
import { bertBackend } from "./bert-backend.js";
import { runExperiment } from "./run-experiment.js";

const text = `version: 1
name: small-bert
model: { config: { hiddenSize: 8, layers: 1, heads: 2, intermediateSize: 16, maxPositions: 16 } }
benchmarks: [{ kind: toy-world, generatedRows: 80, realRows: 60, validationRows: 30, testRows: 50 }]
allowSharedText: [train, validation, generated]
seeds: [0, 1]
methods: [quality-checker, ce, imp, dimp]
train: { epochs: 1, learningRate: 0.001, maxLength: 16 }
evaluation: { bootstrapResamples: 100 }
`;

/** ONNX Runtime that counts what is compiled and not yet released. */
function countingRuntime(): Runtime & { readonly open: () => number } {
  const native = onnxRuntime();
  let open = 0;
  return {
    name: native.name,
    open: () => open,
    async compile(program, options) {
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
}

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-bert-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function run(name: string): Promise<string> {
  const runtime = countingRuntime();
  const spec = resolveSpec(text, { file: "/specs/small-bert.yaml" });
  const out = join(folder, name);
  const stream = runExperiment(spec, { out, backend: bertBackend(runtime) });
  let next = await stream.next();
  while (next.done !== true) next = await stream.next();
  expect(next.value.status).toBe("done");
  expect(next.value.outcomes).toHaveLength(8);
  expect(runtime.open()).toBe(0);
  return (
    (await readFile(join(out, "predictions.csv"), "utf8")) +
    (await readFile(join(out, "weights.csv"), "utf8"))
  );
}

describe("bertBackend", () => {
  it("runs a whole spec, frees every session, and repeats bit for bit", async () => {
    const first = await run("first");
    expect(await run("second")).toBe(first);
  });

  it("looks at a checkpoint before anything is trained", async () => {
    const settings = resolveSpec(text, { file: "/specs/small-bert.yaml" }).settings.train;
    const look = () => bertBackend().check?.({ checkpoint: folder }, [settings]);
    const sizes = { vocabularySize: 8, hiddenSize: 8, heads: 2, layers: 1, intermediateSize: 8 };
    const config = randomConfig({ ...sizes, maxPositions: 16 });
    const write = (name: string, content: unknown) =>
      writeFile(join(folder, name), JSON.stringify(content));

    await expect(look).rejects.toThrow("no tokenizer.json, no vocab.txt");
    const vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c"];
    await writeFile(join(folder, "vocab.txt"), `${vocabulary.join("\n")}\n`);
    await expect(look).rejects.toThrow(`${folder}: There is no config.json`);
    await write("config.json", configToJson(config));
    await expect(look).rejects.toThrow("There is no model.safetensors");
    await writeSafetensors(join(folder, "model.safetensors"), initialiseParameters(config, 0));
    await expect(look()).resolves.toEqual([]);
    // A layer that the file lacks would start from random weights: that must not go unsaid.
    await write("config.json", { ...configToJson(config), num_hidden_layers: 2 });
    const notes = await look();
    expect(notes?.[0]).toContain("newly initialized: ['bert.encoder.layer.1.");
    await expect(
      bertBackend().check?.({ checkpoint: folder }, [{ ...settings, maxLength: 17 }]),
    ).rejects.toThrow("maxLength is 17, but the model has 16 positions.");
  });

  it("refuses sizes that no memory holds, before it asks for that memory", async () => {
    const spec = resolveSpec(text, {
      file: "/specs/small-bert.yaml",
      overrides: ["model.config.hiddenSize=1000000000"],
    });
    const stream = runExperiment(spec, { out: folder, backend: bertBackend() });
    await expect(async () => {
      for await (const _ of stream);
    }).rejects.toThrow("parameters; 1e+9 are the most. Choose smaller sizes.");
  });
});
