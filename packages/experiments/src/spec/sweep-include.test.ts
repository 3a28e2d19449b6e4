import { describe, expect, it } from "vitest";
import { checkSpec, resolveSpec, storedSpec } from "./resolve.js";
import { expandTrials, type Trial } from "./trials.js";
import { specToYaml } from "./write.js";

const spec = (include: readonly unknown[], more: Record<string, unknown> = {}): string =>
  JSON.stringify({
    version: 1,
    name: "sample",
    model: { config: { hiddenSize: 4, layers: 1, heads: 1, intermediateSize: 4 } },
    benchmarks: [{ kind: "toy-world" }, { kind: "toy-world", name: "other" }],
    checkerFraction: [0.1, 1],
    seeds: [0, 1],
    methods: ["ce", { loss: "imp", gamma: 0.5, name: "half" }],
    sweep: { axes: { "train.epochs": [1, 2] }, include },
    ...more,
  });
const added = (include: readonly unknown[]): readonly Trial[] =>
  expandTrials(resolveSpec(spec(include), { file: "x.yaml" }).settings).slice(2 * 16);
const refusal = (include: readonly unknown[]): string => {
  const outcome = checkSpec(spec(include), { file: "x.yaml" });
  return outcome.ok ? "accepted" : outcome.message;
};

describe("sweep.include with a method that methods does not list", () => {
  it("adds the loss as it is, with all values of the other keys", () => {
    const trials = added([{ method: "focal", "train.epochs": 2, seed: 0 }]);
    expect(trials.map(({ benchmark, checkerFraction }) => [benchmark, checkerFraction])).toEqual([
      ["toy-world", 0.1],
      ["toy-world", 1],
      ["other", 0.1],
      ["other", 1],
    ]);
    for (const trial of trials) {
      expect(trial).toMatchObject({ method: "focal", loss: "focal", gamma: 1, seed: 0 });
    }
  });

  it("takes it beside those of the spec, in settings that no axis has", () => {
    const rule = { method: ["imp", "half"], benchmark: "other", checkerFraction: 1, seed: 3 };
    const trials = added([{ ...rule, "train.epochs": 7 }]);
    expect(trials.map(({ method, loss, gamma }) => [method, loss, gamma])).toEqual([
      ["half", "imp", 0.5],
      ["imp", "imp", 1],
    ]);
  });

  it("runs again from the spec as it is stored", () => {
    const own = resolveSpec(spec([{ method: "focal", seed: 0 }]), { file: "/s/x.yaml" });
    const text = specToYaml(storedSpec(own, "/s/runs"));
    const again = resolveSpec(text, { file: "/s/runs/spec.yaml" });
    expect(expandTrials(again.settings)).toEqual(expandTrials(own.settings));
  });

  it.each([
    [
      { method: "focl" },
      /"focl" is no method of the spec and no loss\. Did you mean "?focal"?\?.*methods/,
    ],
    [
      { benchmark: "third" },
      /no trial has the benchmark third\..*brings no new benchmark: list it under benchmarks/,
    ],
    [{ generated: "gpt" }, /no trial has the generated source gpt\..*list it under sweep\.axes/],
  ])("%j is refused with what to do", (rule, words) => {
    expect(refusal([rule])).toMatch(words);
  });
});
