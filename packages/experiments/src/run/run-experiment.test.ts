import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resolveSpec } from "../spec/resolve.js";
import { logisticBackend } from "../testing/logistic-backend.js";
import type { TrainingBackend, TrainingRequest } from "./backend.js";
import type { RunEvent } from "./events.js";
import type { RunResults } from "./results.js";
import { runExperiment } from "./run-experiment.js";

const text = `version: 1
name: sample
model: { config: { hiddenSize: 4, layers: 1, heads: 1, intermediateSize: 4 } }
benchmarks: [{ kind: toy-world, generatedRows: 300, realRows: 400, validationRows: 60, testRows: 200 }]
allowSharedText: [train, validation, generated]
checkerFraction: [0.5]
seeds: [0, 1]
methods: [quality-checker, ce, focal, imp, imp-no-diversity, dimp]
train: { epochs: 2, learningRate: 1 }
evaluation: { bootstrapResamples: 200 }
`;

let out = "";
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), "counterweight-run-"));
});
afterEach(async () => {
  await rm(out, { recursive: true });
});

async function collect(
  backend: TrainingBackend,
  options: {
    readonly overrides?: readonly string[];
    readonly onEvent?: (event: RunEvent, stop: AbortController) => void;
    readonly spec?: string;
    readonly file?: string;
    readonly retryFailed?: boolean;
  } = {},
): Promise<{ events: RunEvent[]; results: RunResults }> {
  const spec = resolveSpec(options.spec ?? text, {
    file: options.file ?? "/specs/sample.yaml",
    overrides: options.overrides ?? [],
  });
  const stop = new AbortController();
  const events: RunEvent[] = [];
  const stream = runExperiment(spec, {
    ...{ out, backend, signal: stop.signal },
    retryFailed: options.retryFailed === true,
  });
  let next = await stream.next();
  while (next.done !== true) {
    events.push(next.value);
    options.onEvent?.(next.value, stop);
    next = await stream.next();
  }
  return { events, results: next.value };
}

const names = (requests: readonly TrainingRequest[]): string[] =>
  requests.map(({ loss, seed, train }) => `${loss}/${seed}/${train.text.length}`);

const accuracies = ({ outcomes }: RunResults): Record<string, number> =>
  Object.fromEntries(
    outcomes.map(({ trial, scores }) => [`${trial.method}/${trial.seed}`, scores.accuracy]),
  );

describe("runExperiment", () => {
  it("trains each checker once, before those that need it, and CE is the diversity checker", async () => {
    const backend = logisticBackend();
    const { results } = await collect(backend);
    expect(names(backend.started)).toEqual(
      [0, 1].flatMap((seed) => [
        `ce/${seed}/200`,
        `ce/${seed}/300`,
        `focal/${seed}/300`,
        `imp/${seed}/300`,
        `imp-no-diversity/${seed}/300`,
        `dimp/${seed}/300`,
      ]),
    );
    expect(results.status).toBe("done");
    expect(results.outcomes).toHaveLength(12);
    expect(backend.open()).toBe(0);
    const [imp] = backend.started.filter(({ loss }) => loss === "imp");
    const ce = results.outcomes.find(({ trial }) => trial.method === "ce" && trial.seed === 0);
    const label = imp?.train.label[7] ?? 0;
    const asked = (await ce?.load())?.training.logProbabilities.generated;
    expect(asked?.[14 + label]).toBeLessThan(0);
    expect(imp?.scores.diversity?.[7]).toBe(asked?.[14 + label]);
  });

  it("beats CE with IMP and DIMP where the generator's noise is learnable", async () => {
    const { results } = await collect(logisticBackend(), {
      overrides: ["benchmarks.0.generatedRows=1500", "train.epochs=10"],
    });
    const found = accuracies(results);
    for (const seed of [0, 1]) {
      expect(found[`imp/${seed}`]).toBeGreaterThan((found[`ce/${seed}`] ?? 1) + 0.05);
      expect(found[`dimp/${seed}`]).toBeGreaterThan((found[`ce/${seed}`] ?? 1) + 0.05);
    }
  });

  it("leaves no drafts, leases or work folders behind", async () => {
    await collect(logisticBackend(), { overrides: ["methods=[ce]", "seeds=0"] });
    for (const folder of ["drafts", "leases", "work"]) {
      expect(await readdir(join(out, "store", folder)).catch(() => []), folder).toEqual([]);
    }
  });

  it("continues after a stop: nothing finished is trained again, and the results are the same", async () => {
    const whole = accuracies((await collect(logisticBackend())).results);
    await rm(out, { recursive: true });
    const first = logisticBackend();
    const stopped = await collect(first, {
      onEvent: (event, stop) => {
        if (event.type === "step" && first.started.length === 4) stop.abort();
      },
    });
    expect(stopped.results.status).toBe("stopped");
    expect(Object.keys(accuracies(stopped.results))).toEqual([
      "quality-checker/0",
      "ce/0",
      "focal/0",
    ]);
    expect(first.started).toHaveLength(4);
    expect(first.open()).toBe(0);
    expect(JSON.parse(await readFile(join(out, "results.json"), "utf8"))).toMatchObject({
      status: "stopped",
    });
    const second = logisticBackend();
    const continued = await collect(second);
    expect(second.started).toHaveLength(12 - 3);
    expect(accuracies(continued.results)).toEqual(whole);
    expect(continued.events.filter(({ type }) => type === "training-reused")).toHaveLength(3);
  });

  it("trains nothing twice: not for a repeated run, nor for a new method beside old ones", async () => {
    await collect(logisticBackend(), { overrides: ["methods=[ce]"] });
    const again = logisticBackend();
    await collect(again, { overrides: ["methods=[ce]"] });
    expect(again.started).toHaveLength(0);
    const more = logisticBackend();
    await collect(more, { overrides: ["methods=[ce,imp]", "seeds=0"] });
    expect(names(more.started)).toEqual(["ce/0/200", "imp/0/300"]);
  });

  it("keeps trainings of different settings apart in one folder", async () => {
    await collect(logisticBackend(), { overrides: ["methods=[ce]", "seeds=0"] });
    for (const override of [
      "train.epochs=3",
      "benchmarks.0.seed=5",
      // The real rows' words are in the model's vocabulary, which CE has as well.
      "benchmarks.0.realRows=401",
      "train.threads=2",
      "seeds=9",
      "model.config.layers=2",
      "methods=[{ loss: focal, gamma: 2 }]",
    ]) {
      const backend = logisticBackend();
      await collect(backend, { overrides: ["methods=[ce]", "seeds=0", override] });
      expect(backend.started, override).toHaveLength(1);
    }
  });

  it("draws the checker's rows by seed, stratified, a smaller fraction from a larger one", async () => {
    const backend = logisticBackend();
    await collect(backend, {
      overrides: ["methods=[quality-checker]", "checkerFraction=[0.1,0.5,1]"],
    });
    const rowsOf = (seed: number, count: number): readonly number[] =>
      backend.started
        .filter(({ seed: own, train }) => own === seed && train.text.length === count)
        .flatMap(({ train }) => [...train.row]);
    for (const seed of [0, 1]) {
      expect(rowsOf(seed, 200)).toEqual(expect.arrayContaining([...rowsOf(seed, 40)]));
      expect(rowsOf(seed, 400)).toHaveLength(400);
    }
    expect(rowsOf(0, 40)).toHaveLength(40);
    expect(rowsOf(0, 40)).not.toEqual(rowsOf(1, 40));
    const share = (labels: Int32Array): number =>
      labels.reduce((sum, label) => sum + label, 0) / labels.length;
    const [few, , all] = backend.started.map(({ train }) => share(train.label));
    expect(Math.abs((few ?? 0) - (all ?? 1))).toBeLessThan(1 / 40);
  });

  it("goes on after a failed training, skips what needs it, and redoes both when asked", async () => {
    const broken = logisticBackend(({ seed, train }) => seed === 0 && train.text.length === 200);
    const { events, results } = await collect(broken);
    expect(results.status).toBe("failed");
    expect(results.failures.map(({ label }) => label)).toEqual([
      "toy-world, quality-checker, seed 0",
      "toy-world, imp, seed 0",
      "toy-world, imp-no-diversity, seed 0",
      "toy-world, dimp, seed 0",
    ]);
    const failed = events.find((event) => event.type === "training-failed");
    expect(failed).toMatchObject({ message: expect.stringContaining("the loss is NaN at step 2") });
    expect(results.outcomes).toHaveLength(12 - 4);
    expect(broken.open()).toBe(0);
    const mended = logisticBackend();
    // Equal steps fail equally: nothing is trained in vain, unless it is asked for.
    // A run that is stopped before it comes to the failed ones does not forget them.
    await collect(logisticBackend(), {
      onEvent: ({ type }, stop) => {
        if (type === "plan") stop.abort();
      },
    });
    const again = await collect(mended);
    expect(again.results.failures.map(({ label }) => label)).toEqual(
      results.failures.map(({ label }) => label),
    );
    expect(again.results.failures[0]?.message).toContain("--retry-failed");
    expect(mended.started).toHaveLength(0);
    expect((await collect(mended, { retryFailed: true })).results.status).toBe("done");
    expect(mended.started).toHaveLength(4);
    expect((await collect(logisticBackend())).results.status).toBe("done");
  });

  it("refuses a folder that cannot hold results before anything is trained", async () => {
    const file = join(out, "file");
    await writeFile(file, "");
    const backend = logisticBackend();
    for (const place of [file, join(file, "below")]) {
      const spec = resolveSpec(text, { file: "/specs/sample.yaml" });
      await expect(runExperiment(spec, { out: place, backend }).next()).rejects.toThrow(
        `${place}: is not a folder, or lies below a file. Give a folder that can be written`,
      );
    }
    expect(backend.started).toEqual([]);
  });

  it("says how many generated rows there are where a spec asks for more", async () => {
    await expect(collect(logisticBackend(), { overrides: ["generatedRows=301"] })).rejects.toThrow(
      "toy-world: generatedRows is 301, but there are 300 generated rows.",
    );
  });

  it("trains a damaged entry again and says so", async () => {
    await collect(logisticBackend(), { overrides: ["methods=[ce]", "seeds=0"] });
    const file = "log-probabilities-test.f32";
    const names = await readdir(join(out, "store"), { recursive: true });
    const found = names.find((name) => name.endsWith(file)) ?? "";
    await writeFile(join(out, "store", found), "spoilt");
    const backend = logisticBackend();
    const { events } = await collect(backend, { overrides: ["methods=[ce]", "seeds=0"] });
    expect(backend.started).toHaveLength(1);
    expect(events.map(({ type }) => type)).toContain("store-damaged");
  });

  it("writes files that agree with each other", async () => {
    const { results } = await collect(logisticBackend());
    const names = [
      "events.jsonl",
      "ledger.csv",
      "ledger.parquet",
      "logs",
      "predictions.csv",
      "report.html",
      "results.csv",
      "results.json",
      "spec.yaml",
      "store",
      "weights.csv",
    ];
    expect((await readdir(out)).sort()).toEqual(names);

    const json = JSON.parse(await readFile(join(out, "results.json"), "utf8"));
    const predictions = await records("predictions.csv");
    expect(predictions).toHaveLength(12 * 200);
    for (const trial of json.trials) {
      const own = predictions.filter(
        (row) => row.method === trial.method && row.seed === String(trial.seed),
      );
      const right = own.filter((row) => row.label === row.predicted).length;
      expect(right / 200).toBeCloseTo(trial.accuracy, 12);
    }
    const closed = json.results.map((row: Record<string, unknown>) => [
      row.method,
      row.closedFormAccuracy,
    ]);
    expect(Object.fromEntries(closed)).toMatchObject({
      ce: expect.any(Number),
      imp: expect.any(Number),
    });

    const weights = await records("weights.csv");
    expect(weights).toHaveLength(3 * 2 * 300);
    for (const { method, quality, diversity, weight } of weights) {
      const ratio = method === "imp-no-diversity" ? 1 : Number(diversity);
      expect(Number(quality) / ratio / Number(weight)).toBeCloseTo(1, 5);
    }
    expect(results.environment?.node).toBe(process.version);
  });

  it("stores a spec that runs again without training anything", async () => {
    await collect(logisticBackend(), { overrides: ["train.epochs=1", "methods=[ce,imp]"] });
    const stored = await readFile(join(out, "spec.yaml"), "utf8");
    const backend = logisticBackend();
    const { results } = await collect(backend, { spec: stored, file: join(out, "spec.yaml") });
    expect(backend.started).toHaveLength(0);
    expect(results.outcomes).toHaveLength(4);
  });

  it("adds to the event log, one JSON line each, also after a line that a kill cut short", async () => {
    await collect(logisticBackend(), { overrides: ["methods=[ce]", "seeds=0"] });
    const path = join(out, "events.jsonl");
    await writeFile(path, (await readFile(path, "utf8")).slice(0, -20));
    const { events } = await collect(logisticBackend(), { overrides: ["methods=[ce]", "seeds=0"] });
    const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
    const parsed = lines
      .slice(-events.length)
      .map((line): Record<string, unknown> => JSON.parse(line));
    expect(parsed.map(({ type }) => type)).toEqual(events.map(({ type }) => type));
    expect(new Set(parsed.map(({ run }) => run)).size).toBe(1);
    expect(parsed.every(({ at }) => !Number.isNaN(Date.parse(String(at))))).toBe(true);
    // The half line is cut off: what stands before is whole.
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
  });

  it("leaves texts out of every file where the spec hides them", async () => {
    await collect(logisticBackend(), { overrides: ["hideRowText=true", "seeds=0"] });
    for (const name of await readdir(out)) {
      if (name === "store" || name === "logs") continue;
      const content = await readFile(join(out, name), "utf8");
      expect(/honestly|frankly|the museum was/.exec(content)?.[0], name).toBeUndefined();
    }
  });

  it("frees everything when the reader walks away", async () => {
    const backend = logisticBackend();
    const spec = resolveSpec(text, { file: "/specs/sample.yaml" });
    for await (const event of runExperiment(spec, { out, backend })) {
      if (event.type === "step") break;
    }
    expect(backend.started).toHaveLength(1);
    expect(backend.open()).toBe(0);
  });
});

/** The toy world's texts hold no commas or quotes, so its CSV files split plainly. */
async function records(name: string): Promise<Record<string, string>[]> {
  const [header = "", ...lines] = (await readFile(join(out, name), "utf8")).trimEnd().split("\n");
  const keys = header.split(",");
  return lines.map((line) =>
    Object.fromEntries(line.split(",").map((value, index) => [keys[index] ?? "", value])),
  );
}
