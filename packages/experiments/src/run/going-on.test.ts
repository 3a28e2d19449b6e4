import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CounterweightError, type ErrorKind } from "@counterweight/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resolveSpec } from "../spec/resolve.js";
import { collectRun } from "../testing/collect.js";
import { logisticBackend } from "../testing/logistic-backend.js";
import type { TrainingBackend, TrainingRequest } from "./backend.js";
import type { RunEvent } from "./events.js";
import { runExperiment } from "./run-experiment.js";

const world = "kind: toy-world, generatedRows: 60, realRows: 60, validationRows: 20, testRows: 50";
const spec = `version: 1
name: sample
model: { config: { hiddenSize: 4, layers: 1, heads: 1, intermediateSize: 4 } }
benchmarks: [{ ${world}, name: far, seed: 1 }, { ${world}, name: near }]
allowSharedText: [train, validation, generated]
checkerFraction: 1
seeds: [0]
methods: [ce, imp]
train: { epochs: 2, learningRate: 1 }
evaluation: { bootstrapResamples: 100 }
`;

let out = "";
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), "counterweight-going-on-"));
});
afterEach(() => rm(out, { recursive: true }));

/** A backend that refuses some trainings with an error of a kind, as where files are gone. */
function refusing(
  kind: ErrorKind,
  refuses: (request: TrainingRequest) => boolean,
): TrainingBackend & { readonly started: readonly TrainingRequest[] } {
  const backend = logisticBackend();
  return {
    ...backend,
    async *train(request) {
      if (refuses(request)) throw new CounterweightError(kind, "the files are gone.");
      return yield* backend.train(request);
    },
  };
}

const failuresFile = () => readFile(join(out, "failures.json"), "utf8").catch(() => "");

describe("a step that fails", () => {
  it.each(["model", "data", "runtime"] as const)(
    "of kind %s stops only what depends on it, and is tried again by the same command",
    async (kind) => {
      const isFarChecker = ({ benchmark, loss, train }: TrainingRequest): boolean =>
        benchmark.name === "far" && loss === "ce" && train === benchmark.train;
      const { results } = await collectRun(refusing(kind, isFarChecker), { spec, out });
      expect(results.status).toBe("failed");
      expect(results.outcomes.map(({ trial }) => `${trial.benchmark} ${trial.method}`)).toEqual([
        "far ce",
        "near ce",
        "near imp",
      ]);
      expect(results.failures.map(({ label }) => label)).toEqual([
        "far, quality-checker, seed 0",
        "far, imp, seed 0",
      ]);
      expect(results.failures[0]?.message).toMatch(/^the files are gone\. Log: \S+\.log$/);
      expect(results.failures[1]?.message).toContain("not run: far, quality-checker, seed 0");
      // Files can be put back: this is nothing that the step would always do.
      expect(await failuresFile()).toBe("");

      const mended = logisticBackend();
      expect((await collectRun(mended, { spec, out })).results.status).toBe("done");
      expect(mended.started.map(({ benchmark, loss }) => `${benchmark.name} ${loss}`)).toEqual([
        "far ce",
        "far imp",
      ]);
    },
  );

  it("of kind usage stops the run at once: a full disk meets every step", async () => {
    const backend = refusing("usage", ({ benchmark }) => benchmark.name === "far");
    await expect(collectRun(backend, { spec, out })).rejects.toThrow("the files are gone.");
    expect(backend.started).toHaveLength(0);
  });

  it("for a reason of its own is on disk before the run tells of it", async () => {
    const backend = logisticBackend(({ benchmark }) => benchmark.name === "far");
    const stream = runExperiment(resolveSpec(spec, { file: "/specs/sample.yaml" }), {
      ...{ out, backend },
    });
    const seen: string[] = [];
    for await (const event of stream) {
      if (event.type === "training-failed") {
        seen.push(event.training);
        expect(Object.keys(JSON.parse((await failuresFile()) || "{}"))).toEqual(seen);
      }
    }
    expect(seen).toHaveLength(2);
  });
});

describe("the log of a run that is continued", () => {
  const histories = (events: readonly RunEvent[]): string[] =>
    events.flatMap((event) => (event.type === "training-history" ? [event.training] : []));
  const logged = async (): Promise<string[]> =>
    (await readFile(join(out, "events.jsonl"), "utf8"))
      .trimEnd()
      .split("\n")
      .map((line): RunEvent => JSON.parse(line))
      .flatMap((event) => histories([event]));

  it("tells the course of each training once, and once more where other trials use it", async () => {
    const some = { spec, out, overrides: ["methods=[ce]", "checkerFraction=0.5"] };
    const first = await collectRun(logisticBackend(), some);
    expect(await logged()).toEqual([]);
    const keys = first.results.outcomes.map(({ training }) => training.key);
    for (let time = 0; time < 3; time++) {
      const { events } = await collectRun(logisticBackend(), some);
      // For those that follow this run, such as another MLflow server.
      expect(histories(events).sort()).toEqual([...keys].sort());
      expect((await logged()).sort()).toEqual([...keys].sort());
    }
    // Both are the diversity checkers of these.
    const more = { ...some, overrides: ["methods=[ce,imp]", "checkerFraction=0.5"] };
    for (let time = 0; time < 2; time++) await collectRun(logisticBackend(), more);
    const counts = keys.map(async (key) => (await logged()).filter((one) => one === key).length);
    expect(await Promise.all(counts)).toEqual([2, 2]);
  });
});
