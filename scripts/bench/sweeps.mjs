// Sweeps beside themselves: how planning and scheduling grow with the number of trials, what a pool of
// one-thread workers does against one process with two threads, and how near the plan's estimate comes.
//
//   node scripts/bench/sweeps.mjs [--rounds 2]     measures; results go to scripts/bench/results/sweeps.json
//   node scripts/bench/sweeps.mjs --only plan      that part alone, half a minute; the others' results stay
//                                                  (parts: plan, scheduler, trainings)
//   node scripts/bench/sweeps.mjs --write-docs     no measurement: latest results into docs/benchmarks.md
//
// Needs the built packages; the trainings need COUNTERWEIGHT_ASSETS. All takes about eight minutes of
// two quiet cores.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { machineRecord } from "./machine.mjs";
import { measured, output, root } from "./processes.mjs";
import { sweepTables } from "./sweep-tables.mjs";
import { writeDocs } from "./write-docs.mjs";

const results = join(root, "scripts/bench/results/sweeps.json");
const command = join(root, "packages/cli/bin/counterweight.mjs");
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "2" },
    only: { type: "string" },
    python: { type: "string", default: "python3" },
    "write-docs": { type: "boolean", default: false },
  },
});
const { python } = values;

/** @type {Readonly<Record<string, (work: string) => Promise<object>>>} */
const parts = {
  plan: async (work) => ({ plan: await planGrowth(work) }),
  scheduler: async () => {
    const words = [join(root, "scripts/bench/scheduler.mjs"), "--json"];
    return { scheduler: JSON.parse(await output(process.execPath, words)) };
  },
  trainings: (work) => trainings(work, Number(values.rounds)),
};

if (values["write-docs"]) {
  const report = JSON.parse(await readFile(results, "utf8"));
  await writeDocs(join(root, "docs/benchmarks.md"), { sweeps: sweepTables(report) });
} else {
  const chosen = values.only?.split(",") ?? Object.keys(parts);
  const strange = chosen.find((part) => !Object.hasOwn(parts, part));
  if (strange !== undefined) throw new Error(`no part ${strange}: ${Object.keys(parts)}`);
  const work = await mkdtemp(join(tmpdir(), "counterweight-sweeps-"));
  try {
    const known = await readFile(results, "utf8").catch(() => "{}");
    let report = values.only === undefined ? {} : JSON.parse(known);
    const machine = await machineRecord(python);
    for (const part of chosen) {
      const machines = { ...report.machines, [part]: machine };
      report = { ...report, ...(await parts[part]?.(work)), machines };
    }
    await mkdir(join(root, "scripts/bench/results"), { recursive: true });
    await writeFile(results, `${JSON.stringify(report, null, 2)}\n`);
    console.log(sweepTables(report));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * `counterweight plan` of specs of five methods, over fractions and seeds; and of one method whose
 * settings are swept, so that each trial is a variant of its own.
 * @param {string} work
 */
async function planGrowth(work) {
  const sizes = [
    { fractions: 2, seeds: 10 },
    { fractions: 4, seeds: 50 },
    { fractions: 10, seeds: 200 },
    { fractions: 20, seeds: 1000 },
    { rates: 1000, decays: 100 },
  ];
  const rows = [];
  for (const { fractions = 1, seeds = 1, rates = 1, decays = 1 } of sizes) {
    const variants = rates * decays;
    const file = join(work, `plan-${fractions}-${seeds}-${variants}.yaml`);
    const upTo = (/** @type {number} */ count, /** @type {(index: number) => number} */ value) =>
      `[${Array.from({ length: count }, (_, index) => value(index)).join(", ")}]`;
    const sweep = `methods: [ce]
sweep:
  axes:
    train.learningRate: ${upTo(rates, (index) => (index + 1) / 1e6)}
    train.weightDecay: ${upTo(decays, (index) => index / 1000)}`;
    await writeFile(
      file,
      `version: 1
name: plan
model: { config: { hiddenSize: 4, layers: 1, heads: 1, intermediateSize: 4 } }
benchmarks: [toy-world]
allowSharedText: [train, validation, generated]
checkerFraction: ${upTo(fractions, (index) => (index + 1) / fractions)}
seeds: ${upTo(seeds, (index) => index)}
${variants === 1 ? "methods: [quality-checker, ce, focal, imp, dimp]" : sweep}
`,
    );
    const words = [command, "plan", file, "--store", join(work, "none")];
    const { seconds, peakBytes, stdout } = await measured(python, process.execPath, words);
    const [, trials, steps] = /: ([\d,]+) trials, ([\d,]+) steps/.exec(stdout) ?? [];
    rows.push({ trials, variants, steps, seconds, peakMB: peakBytes / 1e6 });
  }
  return rows;
}

/**
 * The same trainings by one process with two threads and by a pool with one thread each, in turns;
 * then other seeds on the pool beside what the plan foretold.
 * @param {string} work
 * @param {number} rounds
 */
async function trainings(work, rounds) {
  const file = join(root, "experiments/checker-fraction.yaml");
  const common = ["generatedRows=320", "checkerFraction=0.1", "train.epochs=1"];
  const ce = ["methods=[ce]", "seeds=0,1,2,3"];
  /** @param {string} name @param {string[]} words @param {string} [store] */
  const run = async (name, words, store = join(work, name, "store")) => {
    const out = join(work, name, "run");
    const all = ["run", file, ...common, ...words, "--out", out, "--store", store];
    await output(process.execPath, [command, ...all, "tracking.enabled=false"]);
    return trainingSeconds(out);
  };
  /** @type {Record<"pool" | "process", { seconds: number, rows: number }[]>} */
  const turns = { pool: [], process: [] };
  for (let round = 0; round < rounds; round++) {
    const one = ["train.threads=2", "--executor", "in-process"];
    turns.process.push(await run(`process-${round}`, [...ce, ...one]));
    turns.pool.push(await run(`pool-${round}`, [...ce, "train.threads=1", "--executor", "pool"]));
  }
  const store = join(work, "estimate", "store");
  const sweep = ["methods=[quality-checker,ce,imp,dimp]"];
  await run("estimate/first", [...sweep, "seeds=0"], store);
  const seeds = "seeds=1,2,3";
  const words = ["plan", file, ...common, ...sweep, seeds, "--store", store, "--json"];
  const plan = JSON.parse(await output(process.execPath, [command, ...words]));
  const real = await run("estimate/second", [...sweep, seeds], store);
  return { turns, estimate: { plan: plan.estimate, real: real.seconds } };
}

/**
 * From the plan to the last step, by the event log.
 * @param {string} out
 */
async function trainingSeconds(out) {
  const text = await readFile(join(out, "events.jsonl"), "utf8");
  const events = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const planned = events.find(({ type }) => type === "plan");
  const ends = events.filter(({ type }) => type === "training-end" || type === "step-made");
  const last = Math.max(...ends.map(({ at }) => Date.parse(at)));
  const rows = planned.trainings.reduce(
    (/** @type {number} */ sum, /** @type {{ rows: number }} */ training) => sum + training.rows,
    0,
  );
  return { seconds: (last - Date.parse(planned.at)) / 1000, rows };
}
