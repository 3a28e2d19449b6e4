import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { folderStore, type TrainingResult } from "./store.js";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-store-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const result: TrainingResult = {
  key: "k1",
  label: "toy-world, ce, seed 0",
  making: {
    kind: "training",
    version: 2,
    backend: "b",
    model: "m",
    loss: "ce",
    gamma: 1,
    transforms: undefined,
    settings: {
      epochs: 1,
      batchSize: 2,
      learningRate: 6e-5,
      maxLength: 128,
      schedule: "linear",
      warmupRatio: 0,
      optimizer: "adamw",
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      momentum: 0,
      weightDecay: 0,
      clipNorm: null,
      dropout: null,
      selectBy: "accuracy",
      threads: 2,
    },
    seed: 0,
    rows: "r",
    validation: "v",
    predicts: { test: "t" },
    quality: undefined,
    calibration: undefined,
    diversity: undefined,
    vocabulary: undefined,
  },
  seconds: 1.25,
  bestEpoch: 1,
  epochs: [
    {
      epoch: 1,
      epochs: 1,
      trainLoss: 0.1,
      validation: { accuracy: 0.5, macroF1: 0.5, logLoss: 0.7 },
      isBest: true,
    },
  ],
  steps: { loss: [0.3, 0.1], learningRate: [6e-5, 3e-5] },
  logProbabilities: { test: Float32Array.of(-0.1, -2.4) },
  rowHistory: {
    weights: [Float32Array.of(1, 2), Float32Array.of(0.5, 3)],
    logProbabilities: [Float32Array.of(-1, -2), Float32Array.of(-0.5, -0.25)],
  },
};

describe("folderStore", () => {
  it("gives back, bit for bit, what was written", async () => {
    const store = folderStore(folder);
    expect(await store.read("k1")).toEqual({ kind: "absent" });
    await fc.assert(
      fc.asyncProperty(fc.float32Array({ minLength: 1, noNaN: true }), async (test) => {
        await store.write({ ...result, logProbabilities: { test } });
        const found = await store.read("k1");
        expect(found.kind === "found" && found.result.logProbabilities.test).toEqual(test);
      }),
      { numRuns: 20 },
    );
    await store.write(result);
    const {
      quality: _,
      diversity: __,
      transforms: ___,
      calibration: ____,
      ...making
    } = result.making;
    expect(await store.read("k1")).toEqual({ kind: "found", result: { ...result, making } });
    expect(await readdir(folder)).toEqual(["k1"]);
  });

  it("notices any changed or missing byte, and an entry under another key", async () => {
    const store = folderStore(folder);
    await store.write(result);
    const entry = join(folder, "k1");
    for (const name of await readdir(entry)) {
      const path = join(entry, name);
      const content = await readFile(path);
      for (const place of [0, content.length >> 1, content.length - 1]) {
        const changed = Buffer.from(content);
        changed[place] = (changed[place] ?? 0) ^ 1;
        await writeFile(path, changed);
        expect((await store.read("k1")).kind, `${name} at ${place}`).toBe("damaged");
      }
      await writeFile(path, content.subarray(0, -1));
      expect((await store.read("k1")).kind, `${name} cut short`).toBe("damaged");
      await rm(path);
      expect((await store.read("k1")).kind, `${name} missing`).toBe("damaged");
      await writeFile(path, content);
    }
    expect((await store.read("k1")).kind).toBe("found");
    await cp(entry, join(folder, "k2"), { recursive: true });
    expect(await store.read("k2")).toEqual({
      kind: "damaged",
      reason: "it is the entry of another key",
    });
  });

  it("replaces a damaged entry", async () => {
    const store = folderStore(folder);
    await store.write(result);
    await rm(join(folder, "k1", "result.jsonl"));
    expect((await store.read("k1")).kind).toBe("damaged");
    await store.write(result);
    expect((await store.read("k1")).kind).toBe("found");
  });
});
