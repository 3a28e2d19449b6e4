import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { resolveSpec } from "./resolve.js";
import { expandTrials } from "./trials.js";

const experiments = new URL("../../../../experiments/", import.meta.url);
const load = async (name: string, overrides: readonly string[] = []) =>
  resolveSpec(await readFile(new URL(name, experiments), "utf8"), {
    file: name,
    overrides,
    environment: { COUNTERWEIGHT_ASSETS: "/assets" },
  }).settings;

describe("expandTrials", () => {
  it("is the product of the axes, methods changing fastest", async () => {
    const spec = await load("tweet-irony.yaml", ["checkerFraction=0.1,1", "seeds=3,1"]);
    const trials = expandTrials(spec);
    expect(trials).toHaveLength(2 * 2 * 6);
    expect(trials[0]).toEqual({
      variant: "",
      settings: {},
      benchmark: "tweet-irony",
      generated: "gpt-3.5-turbo_few-shot",
      checkerFraction: 0.1,
      seed: 3,
      method: "quality-checker",
      loss: "quality-checker",
      gamma: 1,
    });
    expect(trials.slice(0, 6).map(({ method }) => method)).toEqual(
      spec.methods.map(({ name }) => name),
    );
    expect([...new Set(trials.map(({ seed }) => seed))]).toEqual([3, 1]);
    expect(new Set(trials.map((trial) => JSON.stringify(trial))).size).toBe(trials.length);
  });

  it("every committed spec resolves", async () => {
    for (const name of ["quickstart.yaml", "tweet-irony.yaml"]) {
      expect(expandTrials(await load(name)).length).toBeGreaterThan(0);
    }
  });
});
