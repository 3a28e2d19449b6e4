import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { at } from "@counterweight/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aggregateTrials } from "../outputs/aggregate-trials.js";
import { digestTrial } from "../outputs/trial-digest.js";
import { resolveSpec } from "../spec/resolve.js";
import { collectRun } from "../testing/collect.js";
import { logisticBackend } from "../testing/logistic-backend.js";
import { prepareRun } from "./prepare-run.js";

const spec = `version: 1
name: tables
model: { config: { hiddenSize: 4, layers: 1, heads: 1, intermediateSize: 4 } }
benchmarks: [{ kind: toy-world, generatedRows: 120, realRows: 80, validationRows: 40, testRows: 60 }]
allowSharedText: [train, validation, generated]
checkerFraction: [0.5, 1]
seeds: [0, 1]
methods: [quality-checker, ce, imp, dimp]
train: { epochs: 2, learningRate: 1 }
evaluation: { bootstrapResamples: 200 }
`;

let out = "";
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), "counterweight-tables-"));
});
afterEach(async () => {
  await rm(out, { recursive: true });
});

const keyOf = async (...overrides: string[]): Promise<string> => {
  const resolved = resolveSpec(spec, { file: "/specs/tables.yaml", overrides });
  return (await prepareRun(resolved, logisticBackend())).plan.aggregate;
};

/** Without times, environments and what a machine spends. */
const resultsIn = async (folder: string): Promise<unknown> =>
  JSON.parse(await readFile(join(folder, "results.json"), "utf8"), (key, value) =>
    ["time", "seconds", "environment"].includes(key) ? undefined : value,
  );

describe("the tables of a sweep", () => {
  it("are the same from the store as computed from the trials", async () => {
    const { results } = await collectRun(logisticBackend(), { spec, out });
    const { rows, comparisons, calibration, weightHealth, labelNoise } = results;
    expect(rows).toHaveLength(8);
    const { evaluation, weights } = results.spec.settings;
    const digests = await Promise.all(
      results.outcomes.map(async ({ load }) => digestTrial(await load(), weights.guard)),
    );
    expect(await aggregateTrials(digests, evaluation)).toEqual({
      ...{ rows, comparisons, calibration, weightHealth, labelNoise },
    });
    const stop = AbortSignal.abort();
    expect(await aggregateTrials(digests, evaluation, stop)).toBeUndefined();
  });

  it("are made anew where their entry was damaged, and are the same", async () => {
    await collectRun(logisticBackend(), { spec, out });
    const wanted = await resultsIn(out);
    const key = await keyOf();
    const entry = join(out, "store", "entries", key.slice(0, 2), key);
    const file = join(entry, "aggregate.json");
    const bytes = await readFile(file);
    bytes[100] = at(bytes, 100) ^ 1;
    await writeFile(file, bytes);
    const again = logisticBackend();
    await collectRun(again, { spec, out });
    expect(again.started).toEqual([]);
    expect(await resultsIn(out)).toEqual(wanted);
    expect(await readdir(join(out, "store", "quarantine"))).toContainEqual(
      expect.stringContaining(key),
    );
    expect((await readFile(file)).equals(bytes)).toBe(false);
  });

  it("have a key of all that decides them, and of nothing else", async () => {
    const own = await keyOf();
    for (const other of [
      "evaluation.bootstrapSeed=1",
      "evaluation.level=0.9",
      "evaluation.correction=none",
      "weights.guard.effectiveShare=0.2",
      "seeds=[1,0]",
      "seeds=[0,2]",
      "methods=[quality-checker,ce,imp]",
      "benchmarks.0.name=other",
      // Equal rows, another world.
      "benchmarks.0.duplication=1.0e-12",
    ]) {
      expect(await keyOf(other), other).not.toBe(own);
    }
    for (const same of [
      "name=another",
      "run.executor=in-process",
      "tracking.uri=off",
      "hideRowText=true",
    ]) {
      expect(await keyOf(same), same).toBe(own);
    }
  });
});
