import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { at } from "@counterweight/base";
import { applyTemperature, fitTemperature, scoresOfLabels } from "@counterweight/checkers";
import { parse } from "csv-parse/sync";
import { parquetReadObjects } from "hyparquet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { collectRun } from "../testing/collect.js";
import { type LogisticBackend, logisticBackend } from "../testing/logistic-backend.js";
import type { TrainingRequest } from "./backend.js";
import type { RunResults } from "./results.js";

const spec = `version: 1
name: sample
model: { config: { hiddenSize: 4, layers: 1, heads: 1, intermediateSize: 4 } }
benchmarks: [{ kind: toy-world, generatedRows: 200, realRows: 120, validationRows: 60, testRows: 100 }]
allowSharedText: [train, validation, generated]
checkerFraction: 1.0
seeds: 0
methods: [quality-checker, imp]
train: { epochs: 2, learningRate: 1 }
evaluation: { bootstrapResamples: 200 }
`;

let out = "";
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), "counterweight-weighting-"));
});
afterEach(async () => {
  await rm(out, { recursive: true });
});

const run = (backend: LogisticBackend, ...overrides: string[]) =>
  collectRun(backend, { spec, out, overrides });

const started = ({ started }: LogisticBackend, loss: string): TrainingRequest => {
  const found = started.find((request) => request.loss === loss);
  if (found === undefined) throw new Error(`${loss} was not trained`);
  return found;
};

const outcome = ({ outcomes }: RunResults, method: string) => {
  const found = outcomes.find(({ trial }) => trial.method === method);
  if (found === undefined) throw new Error(`no ${method}`);
  return found;
};

const csv = async (name: string): Promise<Record<string, string>[]> =>
  parse(await readFile(join(out, name), "utf8"), { columns: true });

describe("out-of-fold checkers", () => {
  it("teach with all real rows but a fold, vote, and leave the pool to choose the classifier", async () => {
    const backend = logisticBackend();
    const { results } = await run(backend, "checker.folds=4");
    const checkers = backend.started.filter(({ train }) => train.text.length < 180);
    expect(checkers).toHaveLength(4);
    for (const { train, validation } of checkers) {
      expect(train.text.length + validation.text.length).toBe(180);
      const seen = new Set(train.text);
      // No row of the fold is among the rows that taught, not even as an equal text.
      expect(validation.text.filter((text) => seen.has(text))).toEqual([]);
    }
    const imp = started(backend, "imp");
    expect(imp.validation.text).toHaveLength(180);
    const vote = await outcome(results, "quality-checker").load();
    expect(vote.training.logProbabilities.validation).toHaveLength(2 * 180);
    expect(vote.training.logProbabilities.validation?.every(Number.isFinite)).toBe(true);
    const expected = scoresOfLabels(
      vote.training.logProbabilities.generated ?? new Float32Array(),
      imp.train,
      "vote",
    );
    expect(imp.scores.quality).toEqual(expected);
  });

  it("are found again: the same command trains nothing, another number of folds all of them", async () => {
    await run(logisticBackend(), "checker.folds=3");
    const again = logisticBackend();
    await run(again, "checker.folds=3");
    expect(again.started).toHaveLength(0);
    const other = logisticBackend();
    await run(other, "checker.folds=2");
    expect(other.started.map(({ loss }) => loss)).toEqual(["ce", "ce", "imp"]);
  });
});

describe("calibration", () => {
  it("scales the quality scores by a temperature of held-out rows, and is part of the key", async () => {
    await run(logisticBackend());
    const backend = logisticBackend();
    const { results } = await run(backend, "checker.calibration=temperature");
    expect(backend.started.map(({ loss }) => loss)).toEqual(["imp"]);
    const { training, temperature } = await outcome(results, "quality-checker").load();
    const held = training.logProbabilities.validation ?? new Float32Array();
    const { validation } = at([...results.benchmarks.values()], 0).benchmark;
    const fit = fitTemperature(held, validation.label, 2);
    expect(temperature).toEqual(fit);
    expect(Math.abs(fit.temperature - 1)).toBeGreaterThan(0.01);
    const generated = training.logProbabilities.generated ?? new Float32Array();
    const { train, scores } = started(backend, "imp");
    const scaled = applyTemperature(generated, 2, fit.temperature);
    expect(scores.quality).toEqual(scoresOfLabels(scaled, train, "checker"));
    expect(results.calibration.map(({ method }) => method)).toEqual(["quality-checker", "imp"]);
    expect(results.calibration[0]?.temperature?.mean).toBe(fit.temperature);
  });
});

describe("weight transforms", () => {
  it("reach the training, the ledger and the name of the method, and are part of the key", async () => {
    const methods =
      "methods=[imp, { loss: imp, transform: [{ temper: 0.5 }, { clip: [0.9, 1.1] }] }]";
    const backend = logisticBackend();
    const { results } = await run(backend, methods);
    const names = results.outcomes.map(({ trial }) => trial.method);
    expect(names).toEqual(["imp", "imp-temper-0.5-clip-0.9..1.1"]);
    // The closed form is of the weights as the loss defines them.
    const [known, unknown] = results.rows.map((row) => row.closedFormAccuracy);
    expect(known).toBeGreaterThan(0.5);
    expect(unknown).toBeUndefined();
    const rows = await csv("ledger.csv");
    const of = (method: string) => rows.filter((row) => row.method === method);
    const plain = of(at(names, 0));
    const changed = of(at(names, 1));
    expect(plain).toHaveLength(200);
    plain.forEach((row, index) => {
      const expected = Math.min(1.1, Math.max(0.9, Math.sqrt(Number(row.weight))));
      // Ledger scores are those of the stored, float32, checker columns.
      expect(Number(changed[index]?.weight)).toBeCloseTo(expected, 5);
    });
    expect(plain.some(({ weight }) => Number(weight) > 1.1 ** 2)).toBe(true);
    const again = logisticBackend();
    await run(again, "weights.transform=[{ temper: 0.5 }, { clip: [0.9, 1.1] }]");
    expect(again.started.map(({ loss }) => loss)).toEqual([]);
  });

  it("leave ce and focal alone", async () => {
    await run(logisticBackend(), "methods=[ce, focal]");
    const backend = logisticBackend();
    await run(backend, "methods=[ce, focal]", "weights.transform=[normalise]");
    expect(backend.started).toHaveLength(0);
  });
});

describe("the weight guard", () => {
  const strict = "weights.guard.effectiveShare=0.999";

  it("warns with numbers, and the training goes on", async () => {
    const { events, results } = await run(logisticBackend(), strict);
    expect(results.status).toBe("done");
    const weights = events.filter((event) => event.type === "weights");
    expect(weights).toHaveLength(2);
    expect(weights[0]).toMatchObject({
      problems: [expect.stringMatching(/^the weights count like \d+ of 200 rows/)],
    });
    expect(results.weightHealth[0]?.warnings).toEqual([
      expect.stringMatching(/^Epochs 1, 2: the weights count like \d+ of 200 rows/),
    ]);
  });

  it("stops where the spec says so, also for a result from the store, and warn takes it up again", async () => {
    const stopped = await run(logisticBackend(), strict, "weights.guard.action=stop");
    expect(stopped.results.failures).toMatchObject([
      { message: expect.stringMatching(/stopped by the weight guard after epoch 1: .*Clip or/) },
    ]);
    expect((await run(logisticBackend(), strict)).results.status).toBe("done");
    const backend = logisticBackend();
    const stored = await run(backend, strict, "weights.guard.action=stop");
    expect(backend.started).toHaveLength(0);
    expect(stored.results.status).toBe("failed");
    expect(stored.results.failures[0]?.message).toContain("stopped by the weight guard");
  });
});

describe("the weight guard of a resumed training", () => {
  /** As if a kill came after epoch 1: it is told again, and the epochs after it are healthy. */
  function resuming(backend: LogisticBackend): LogisticBackend {
    return {
      ...backend,
      async *train(request) {
        const stream = backend.train(request);
        const past = { loss: [] as number[], learningRate: [] as number[] };
        let step = 0;
        let told = false;
        for (;;) {
          const next = await stream.next();
          if (next.done === true) return next.value;
          const event = next.value;
          if (told && event.type === "epoch") {
            yield { ...event, weights: new Float32Array(request.train.text.length).fill(1) };
          } else if (told) {
            yield event;
          } else if (event.type === "step") {
            step = past.loss.push(event.loss);
            past.learningRate.push(event.learningRate);
          } else if (event.type === "epoch") {
            told = true;
            yield { type: "resumed", step, past: { ...past, epochs: [event] }, damaged: [] };
          }
        }
      },
    };
  }

  it("looks at the epochs before the kill too, so that stop means the same after one", async () => {
    const strict = ["weights.guard.effectiveShare=0.999", "weights.guard.action=stop"];
    const { results } = await run(resuming(logisticBackend()), ...strict);
    expect(results.failures).toMatchObject([
      { message: expect.stringContaining("stopped by the weight guard after epoch 1") },
    ]);
  });
});

describe("the user's row weights", () => {
  const words = ["good", "bad", "fine", "poor", "great", "awful"];
  const line = (index: number): string =>
    `${at(words, index % 6)} ${at(words, (index * 5) % 6)} w${index},${index % 2}`;

  async function runFiles(weighted: string): Promise<RunResults> {
    const real = Array.from({ length: 60 }, (_, index) => line(index));
    await writeFile(join(out, "real.csv"), `text,label\n${real.join("\n")}\n`);
    await writeFile(join(out, "generated.csv"), weighted);
    const files = `benchmarks: [{ kind: files, real: real.csv, generated: generated.csv, generatedColumns: { text: text, label: label, weight: w } }]`;
    const text = spec.replace(/^benchmarks: .*$/m, files);
    const file = join(out, "spec.yaml");
    const { results } = await collectRun(logisticBackend(), {
      spec: text,
      file,
      out: join(out, weighted.length.toString()),
    });
    return results;
  }

  it("0 equals removing the row: same results to the bit", async () => {
    const rows = Array.from({ length: 40 }, (_, index) => ({
      text: line(100 + index),
      weight: index % 5 === 0 ? 0 : 1 + (index % 3),
    }));
    const file = (kept: typeof rows): string =>
      `text,label,w\n${kept.map(({ text, weight }) => `${text},${weight}`).join("\n")}\n`;
    const zeros = await runFiles(file(rows));
    const removed = await runFiles(file(rows.filter(({ weight }) => weight > 0)));
    const arrays = (results: RunResults) =>
      Promise.all(
        results.outcomes.map(async ({ load }) => {
          const { key, logProbabilities, rowHistory, steps } = (await load()).training;
          return [key, logProbabilities, rowHistory, steps];
        }),
      );
    const without = await arrays(removed);
    const withZeros = await arrays(zeros);
    expect(withZeros).toEqual(without);
    const { generated } = at([...zeros.benchmarks.values()], 0).benchmark;
    expect(generated.skipped).toHaveLength(8);
    const ones = await runFiles(file(rows.map(({ text }) => ({ text, weight: 1 }))));
    expect(await arrays(ones)).not.toEqual(withZeros);
  });
});

describe("the ledger", () => {
  it("says the same in CSV and Parquet, row by row, with ranks from the lowest weight", async () => {
    const { results } = await run(logisticBackend(), "methods=[ce, dimp]");
    const lines = await csv("ledger.csv");
    const bytes = await readFile(join(out, "ledger.parquet"));
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    const rows: Record<string, unknown>[] = await parquetReadObjects({ file: buffer });
    expect(rows).toHaveLength(2 * 200);
    expect(lines).toHaveLength(rows.length);
    rows.forEach((row, index) => {
      const cells = Object.entries(row).map(([name, value]) => [name, String(value ?? "")]);
      expect(Object.fromEntries(cells)).toEqual(lines[index]);
    });
    const dimp = lines.filter(({ method }) => method === "dimp");
    const byRank = [...dimp].sort((a, b) => Number(a.rank) - Number(b.rank));
    const weights = byRank.map(({ weight }) => Number(weight));
    expect(weights).toEqual([...weights].sort((a, b) => a - b));
    expect(byRank[0]?.rank).toBe("1");
    const { rowHistory } = (await outcome(results, "dimp").load()).training;
    expect(Number(dimp[17]?.weight_epoch_2)).toBe(rowHistory.weights[1]?.[17]);
    const ce = lines.filter(({ method }) => method === "ce");
    expect(ce.every(({ weight, rank, quality }) => `${weight}${rank}${quality}` === "")).toBe(true);
    expect(ce.every(({ probability }) => Number(probability) > 0)).toBe(true);
  });
});
