// The scheduler's own cost: plans shaped like trials of a sweep, made by an executor that does
// nothing, in a store in memory; a process of its own for each size.
//
//   node scripts/bench/scheduler.mjs [--sizes 100,1000,10000,100000] [--queue] [--folder] [--json]
//
// --queue: an executor that takes steps before what they need is made, as Slurm does, 500 at a time.
// --folder: the same for up to 1,000 steps with a store in a folder and a runner that writes a byte.
// Needs the built packages.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { estimate, findSteps, inProcess, runSteps } from "../../packages/steps/dist/index.js";
import { folderStore } from "../../packages/steps/dist/store/folder-store.js";
import { memoryStore } from "../../packages/steps/dist/testing/memory-store.js";
import { toyStep } from "../../packages/steps/dist/testing/random-plan.js";

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "100,1000,10000,100000" },
    size: { type: "string" },
    folder: { type: "boolean", default: false },
    queue: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

/**
 * Trials in groups of eight that share a pair of checkers, as methods over one fraction do.
 * @param {number} length steps at least
 */
function plan(length) {
  const steps = [toyStep("read", [], { kind: "read", place: "here" })];
  const [read] = steps;
  for (let trial = 0; steps.length < length; ) {
    const group = trial;
    const checkers = ["quality", "diversity"].map((name) =>
      toyStep(`train ${name} ${group}`, [read], { kind: "train-checker", units: 3 }),
    );
    const scores = checkers.map((checker) =>
      toyStep(`score ${checker.label}`, [checker], { kind: "score", place: "here" }),
    );
    steps.push(...checkers, ...scores);
    for (let each = 0; each < 8; each++, trial++) {
      const train = toyStep(`train ${trial}`, [read, ...scores.slice(0, 1 + (trial % 2))], {
        ...{ kind: "train-classifier", units: 9 },
      });
      steps.push(train, toyStep(`evaluate ${trial}`, [train], { kind: "evaluate", place: "here" }));
    }
  }
  return steps.slice(0, length);
}

/** @param {() => unknown} action */
async function milliseconds(action) {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

const peakMiB = () => process.resourceUsage().maxRSS / 1024;

/** @param {number} length */
async function measure(length) {
  const before = peakMiB();
  const steps = plan(length);
  const planned = peakMiB();
  const store = memoryStore();
  const executor = (/** @type {string} */ name, /** @type {number} */ capacity) => ({
    ...{ name, capacity, takesWaiting: false },
    execute: async (/** @type {any} */ step, /** @type {any} */ { on }) => {
      on({ type: "started", where: name });
      store.put(step.key);
      return { kind: /** @type {const} */ ("made"), seconds: 0 };
    },
    close: async () => {},
  });
  const run = async () => {
    let events = 0;
    const options = { store, executor: executor("pool", 8), here: executor("here", 1) };
    for await (const _ of runSteps(steps, { ...options, seconds: ({ cost }) => cost.units })) {
      events += 1;
    }
    return events;
  };
  const first = await milliseconds(run);
  const second = await milliseconds(run);
  const found = await milliseconds(() => findSteps(steps, store));
  const measured = ["read", "train-checker", "score", "train-classifier", "evaluate"].map(
    (kind) => ({ kind, shape: kind, units: 1, seconds: 1, machine: "", executor: "pool" }),
  );
  const guessed = await milliseconds(() =>
    estimate(steps, { isDone: () => false, measured, executor: { workers: 8 } }),
  );
  return {
    ...{ steps: length, make: first / length, again: second / length },
    ...{ find: found / length, estimate: guessed / length },
    ...{ planMiB: planned - before, peakMiB: peakMiB() },
  };
}

/**
 * Jobs end in the order in which they were given, and make the light steps on their way.
 * @param {number} length
 */
async function measureQueue(length) {
  const steps = plan(length);
  const store = memoryStore();
  /** @type {(() => void)[]} */
  let given = [];
  let light = 0;
  const executor = {
    ...{ name: "queue", capacity: 500, takesWaiting: true },
    execute: (/** @type {any} */ step, /** @type {any} */ { before = [] }) =>
      new Promise((/** @type {(outcome: any) => void} */ resolve) => {
        given.push(() => {
          for (const { key } of [...before, step]) if (!store.published.has(key)) store.put(key);
          light += before.length;
          resolve({ kind: "made", seconds: 0 });
        });
        if (given.length > 1) return;
        setImmediate(() => {
          const ending = given;
          given = [];
          for (const end of ending) end();
        });
      }),
    close: async () => {},
  };
  const here = inProcess({
    store,
    runner: async () => ({ kind: "made", result: {} }),
  });
  const make = await milliseconds(async () => {
    for await (const _ of runSteps(steps, { store, executor, here, pollMilliseconds: 1 }));
  });
  return { steps: length, queue: make / length, lightOnTheWay: light, peakMiB: peakMiB() };
}

/** @param {number} length */
async function measureFolder(length) {
  const folder = mkdtempSync(join(tmpdir(), "counterweight-scheduler-"));
  try {
    const store = folderStore(folder);
    const executor = inProcess({
      store,
      runner: async (_step, { draft }) => {
        writeFileSync(join(draft, "result"), "1");
        return { kind: "made", result: {} };
      },
    });
    const steps = plan(length);
    const run = async () => {
      for await (const _ of runSteps(steps, { store, executor, here: executor }));
    };
    const first = await milliseconds(run);
    const second = await milliseconds(run);
    await store.close();
    return { steps: length, make: first / length, again: second / length, peakMiB: peakMiB() };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (values.size !== undefined) {
  const length = Number(values.size);
  const measured = values.queue ? measureQueue : values.folder ? measureFolder : measure;
  console.log(JSON.stringify(await measured(length)));
} else {
  const sizes = values.sizes.split(",").filter((size) => !values.folder || Number(size) <= 1000);
  const rows = sizes.map((size) => {
    const words = [fileURLToPath(import.meta.url), "--size", size];
    if (values.folder) words.push("--folder");
    if (values.queue) words.push("--queue");
    return JSON.parse(execFileSync(process.execPath, words, { encoding: "utf8" }));
  });
  if (values.json) console.log(JSON.stringify(rows, null, 2));
  else {
    const names = Object.keys(rows[0]);
    console.log("Milliseconds a step, and memory of the process:\n");
    console.log(`| ${names.join(" | ")} |\n|${names.map(() => "---:").join("|")}|`);
    for (const row of rows) {
      const cells = names.map((name) =>
        name === "steps" ? row[name] : row[name].toFixed(name.endsWith("MiB") ? 0 : 4),
      );
      console.log(`| ${cells.join(" | ")} |`);
    }
  }
}
