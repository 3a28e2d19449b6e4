// Kills runs of the real MiniLM by SIGKILL at random moments: the coordinator, one of its workers, or
// all of them. Each time the same command is given again, and what comes out is compared with an
// undisturbed run, bit for bit.
//
//   COUNTERWEIGHT_ASSETS=FOLDER node scripts/lib/kill-and-compare.mjs [--kills 4] [--seed 0]
//
// Needs the built packages. Last line: N passed, N failed, N skipped.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { canonicalJson, randomStream } from "../../packages/base/dist/index.js";
import {
  comparableResults,
  leftovers,
  loggedEvents,
} from "../../packages/cli/dist/survival/results.fixture.js";

const everySteps = 3;
// A step may lose its worker more often here than a run takes for bad luck.
const spec = `version: 1
name: kill-minilm
model: { checkpoint: "\${COUNTERWEIGHT_ASSETS}/models/all-MiniLM-L6-v2" }
benchmarks: [{ kind: tweet-irony, folder: "\${COUNTERWEIGHT_ASSETS}/data/tweet-irony" }]
generated: { tweet-irony: gpt-3.5-turbo_few-shot }
generatedRows: 200
checkerFraction: 0.07
seeds: [0]
methods: [ce, dimp]
train: { epochs: 1, batchSize: 16, learningRate: 1.0e-4, maxLength: 64 }
evaluation: { bootstrapResamples: 1000 }
hideRowText: true
checkpoints: { everySteps: ${everySteps} }
run: { jobs: 2, retries: 100 }
tracking: { enabled: false }
`;

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "4" },
    seed: { type: "string", default: "0" },
  },
});
const kills = Number(values.kills);
const command = fileURLToPath(new URL("../../packages/cli/bin/counterweight.mjs", import.meta.url));

let passed = 0;
let failed = 0;
function check(what, right, detail = "") {
  if (right) passed += 1;
  else failed += 1;
  console.log(`${right ? "ok" : "FAILED"}: ${what}${right || detail === "" ? "" : `\n${detail}`}`);
}

const folder = mkdtempSync(join(tmpdir(), "kill-minilm-"));
const file = join(folder, "kill-minilm.yaml");
writeFileSync(file, spec);
try {
  const undisturbed = join(folder, "undisturbed");
  const begun = performance.now();
  const { training, ended } = start(undisturbed);
  await training;
  const before = performance.now() - begun;
  const { code, said } = await ended;
  check("an undisturbed run ends with 0", code === 0, said());
  const first = { before, whole: performance.now() - begun };
  if (code === 0) await disturb(first, await comparableResults(undisturbed));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed === 0 ? 0 : 1;

/** One attempt of the command, with its workers in a process group of its own. */
function start(out) {
  mkdirSync(out, { recursive: true });
  const words = ["run", file, "--out", out, "--store", join(out, "store")];
  const child = spawn(process.execPath, [command, ...words], {
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  let stderr = "";
  let sayTraining = () => {};
  const training = new Promise((resolve) => {
    sayTraining = resolve;
  });
  child.stderr.on("data", (data) => {
    stderr += data;
    if (/: training\b/.test(stderr)) sayTraining();
  });
  const said = () => stderr.slice(-4000);
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    // Not "close": workers that outlive it may hold its streams.
    child.once("exit", (code, signal) => {
      sayTraining();
      resolve({ code, signal, said });
    });
  });
  return { pid: child.pid, ended, said, training };
}

/** Processes of a group but its leader. */
function workersOf(group) {
  return execFileSync("ps", ["-A", "-o", "pid=,pgid=,stat="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([pid, of, state = ""]) => Number(of) === group && Number(pid) !== group && state[0] !== "Z",
    )
    .map(([pid]) => Number(pid));
}

function kill(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}

async function disturb({ before, whole }, wanted) {
  console.log(`undisturbed: ${(whole / 1000).toFixed(1)} s, ${Object.keys(wanted).length} files`);
  // A machine that others use may be far faster later: a moment past the end kills nothing.
  let speed = 1;
  const random = randomStream("kill-minilm", Number(values.seed));
  const taken = [];
  const killed = { coordinator: 0, worker: 0, all: 0 };
  const count = () => killed.coordinator + killed.worker + killed.all;
  for (let each = 0; count() < kills; each++) {
    const out = join(folder, `killed-${each}`);
    let done = false;
    while (!done) {
      const begun = performance.now();
      const earlier = count();
      const { pid, ended, said, training } = start(out);
      // Anywhere, or within trainings and what follows them.
      const moment = async () => {
        const share = random.float();
        if (random.float() < 0.4) return sleep(speed * whole * share);
        await training;
        return sleep(speed * (whole - before) * share);
      };
      for (;;) {
        const end = await Promise.race([ended, count() < kills ? moment() : ended]);
        if (end !== undefined) {
          done = end.signal === null;
          if (done) check(`run ${each} ends with 0 after its kills`, end.code === 0, said());
          break;
        }
        const what = random.float();
        const workers = workersOf(pid);
        const worker = workers[Math.floor(random.float() * workers.length)];
        const last = said().trimEnd().split("\n").at(-1) ?? "";
        if (what < 0.4 && worker !== undefined) {
          killed.worker += 1;
          kill(worker);
          console.log(`kill ${count()}, a worker: ${last}`);
          continue;
        }
        if (what < 0.7) killed.coordinator += 1;
        else {
          killed.all += 1;
          for (const other of workers) kill(other);
        }
        kill(pid);
        console.log(`kill ${count()}, ${what < 0.7 ? "the coordinator" : "all"}: ${last}`);
      }
      if (done && count() === earlier) {
        speed = Math.min(speed, (1.2 * (performance.now() - begun)) / whole);
      }
    }
    const found = await comparableResults(out);
    const differing = Object.keys({ ...wanted, ...found }).filter(
      (each) => wanted[each] !== found[each],
    );
    check(
      `run ${each}: ${Object.keys(found).length} files are those of the undisturbed run, bit for bit`,
      canonicalJson(found) === canonicalJson(wanted),
      differing.join("\n"),
    );
    // Drafts and checkpoints of the dead are for gc, which must not take anything else.
    execFileSync(
      process.execPath,
      [command, "store", "gc", "--keep", file, "--store", join(out, "store")],
      { stdio: "ignore" },
    );
    const left = await leftovers(out);
    check(`run ${each}: nothing is left over`, left.length === 0, left.join("\n"));
    check(
      `run ${each}: gc took no entry`,
      canonicalJson(await comparableResults(out)) === canonicalJson(wanted),
    );
    taken.push(...continuations(await loggedEvents(out)));
  }
  console.log(
    `${count()} kills: ${killed.coordinator} of the coordinator, ${killed.worker} of a worker, ` +
      `${killed.all} of all; ${taken.length} trainings were left in the middle, ` +
      `${taken.filter(({ resumed }) => resumed > 0).length} of them went on after step 0`,
  );
  check(
    `at most ${everySteps} steps that were told of were done twice`,
    taken.every((one) => one.resumed >= one.saved && one.reached - one.resumed <= everySteps),
    JSON.stringify(taken),
  );
}

/**
 * Every training that one attempt left in the middle and a later one took up: the last step and the
 * last checkpoint that were told of, and the step gone on from. Attempts that were killed before they
 * told anything change nothing.
 */
function continuations(events) {
  const found = [];
  const open = new Map();
  for (const { type, training, step = 0, problem } of events) {
    if (training === undefined) continue;
    const state = open.get(training);
    if (type === "training-start") {
      if (state === undefined) open.set(training, { reached: 0, saved: 0, isNew: false });
      else state.isNew = true;
    } else if (type === "training-end" || type === "training-reused") {
      open.delete(training);
    } else if (state !== undefined && (type === "resumed" || type === "step")) {
      if (state.isNew) {
        const { reached, saved } = state;
        const resumed = type === "resumed" ? step : 0;
        found.push({ training, reached, saved, resumed });
        Object.assign(state, { isNew: false, saved: resumed });
      }
      state.reached = step;
    } else if (state !== undefined && type === "checkpoint" && problem === undefined) {
      state.saved = step;
    }
  }
  return found;
}
