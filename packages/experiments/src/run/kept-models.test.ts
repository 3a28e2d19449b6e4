import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { resolveSpec } from "../spec/resolve.js";
import { bertBackend } from "./bert-backend.js";
import type { RunEvent } from "./events.js";
import { runExperiment } from "./run-experiment.js";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-kept-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function run(
  out: string,
  saveModels: boolean,
  stopAt: (event: RunEvent) => boolean = () => false,
) {
  const spec = resolveSpec(
    `version: 1
name: kept
model: { config: { hiddenSize: 4, layers: 1, heads: 1, intermediateSize: 4, maxPositions: 16 } }
benchmarks: [{ kind: toy-world, generatedRows: 24, realRows: 20, validationRows: 12, testRows: 12 }]
allowSharedText: [train, validation, generated]
seeds: [0]
methods: [imp]
train: { epochs: 1, batchSize: 8, maxLength: 16 }
saveModels: ${saveModels}
evaluation: { bootstrapResamples: 100 }
`,
    { file: join(folder, "kept.yaml"), overrides: [] },
  );
  const stop = new AbortController();
  const stream = runExperiment(spec, {
    ...{ out: join(folder, out), store: join(folder, "store"), backend: bertBackend() },
    signal: stop.signal,
  });
  let next = await stream.next();
  while (next.done !== true) {
    if (stopAt(next.value)) stop.abort();
    next = await stream.next();
  }
  return next.value;
}

it("trains once more for a model that another run did not keep, also after a stop on the way", async () => {
  expect((await run("without", false)).status).toBe("done");
  const stopped = await run("with", true, ({ type }) => type === "plan");
  expect(stopped.status).toBe("stopped");
  expect(stopped.outcomes.map(({ model }) => model)).toEqual([undefined]);
  const done = await run("with", true);
  expect(done.status).toBe("done");
  expect(done.failures).toEqual([]);
  expect(await readdir(join(folder, "with", "models", "toy-world"))).toEqual(["imp-seed-0"]);
});
