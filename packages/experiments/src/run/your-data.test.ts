import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { resolveSpec } from "../spec/resolve.js";
import { bertBackend } from "./bert-backend.js";
import { runExperiment } from "./run-experiment.js";

const file = fileURLToPath(new URL("../../../../experiments/your-data.yaml", import.meta.url));

it("experiments/your-data.yaml runs on the files beside it, and stands in README.md as it is", async () => {
  const text = await readFile(file, "utf8");
  const readme = await readFile(join(file, "../../README.md"), "utf8");
  expect(readme).toContain(text.slice(text.indexOf("version: 1")));

  const out = await mkdtemp(join(tmpdir(), "counterweight-your-data-"));
  try {
    const spec = resolveSpec(text, { file, overrides: ["seeds=0", "train.epochs=1"] });
    const stream = runExperiment(spec, { out, backend: bertBackend() });
    let next = await stream.next();
    while (next.done !== true) next = await stream.next();
    expect(next.value.status).toBe("done");
    expect(next.value.outcomes.map(({ trial }) => trial.method)).toEqual(
      spec.settings.methods.map(({ name }) => name),
    );
    const rows = next.value.benchmarks.get("reviews")?.benchmark;
    expect([rows?.train, rows?.validation, rows?.test].map((table) => table?.text.length)).toEqual([
      140, 20, 40,
    ]);
  } finally {
    await rm(out, { recursive: true });
  }
});
