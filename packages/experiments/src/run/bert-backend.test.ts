import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
});
