import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { resolveSpec } from "../spec/resolve.js";
import { rowsByRole } from "./prepare.js";
import { prepareRun } from "./prepare-run.js";

const assets = process.env.COUNTERWEIGHT_ASSETS;
const file = fileURLToPath(new URL("../../../../experiments/tweet-irony.yaml", import.meta.url));

describe.skipIf(!assets)("experiments/tweet-irony.yaml (needs COUNTERWEIGHT_ASSETS)", () => {
  it("prepares: guards pass, rows are those of the file of indices, six trainings a seed", async () => {
    const spec = resolveSpec(await readFile(file, "utf8"), { file, environment: process.env });
    const { benchmarks, plan } = await prepareRun(spec, { version: "none" });
    const prepared = benchmarks.get("tweet-irony");
    if (prepared === undefined) throw new Error("no benchmark");
    expect(rowsByRole(prepared.benchmark)).toEqual({
      train: 2862,
      validation: 955,
      test: 784,
      generated: 1500,
    });
    const indices: unknown = JSON.parse(
      await readFile(
        new URL("../../../../experiments/rows/tweet-irony-generated-1500.json", import.meta.url),
        "utf8",
      ),
    );
    // Record numbers count from 1, indices from 0.
    expect(Array.from(prepared.benchmark.generated.row, (row) => row - 1)).toEqual(indices);
    expect(plan.trainings).toHaveLength(6 * 4);
    expect(plan.trials).toHaveLength(6 * 4);
  });
});
