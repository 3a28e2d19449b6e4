#!/usr/bin/env node
// @ts-check
// Disturbs sweeps of seconds by signals at random moments, coordinators and workers, gives the same
// command again each time, and compares all outputs and every file of the store with an undisturbed
// run's, bit for bit.
//
//   node scripts/lib/sweep-kills.mjs [--kills 50] [--stops 4] [--lanes 2] [--seed 0] [--folder DIR]
//
//   --kills   signals that end a process: SIGKILL, some SIGTERM
//   --stops   sweeps whose processes are stopped for longer than their lease of 30 s, then woken,
//             while another command works on the same store
//   --lanes   sweeps that are disturbed side by side
//   --folder  where to work; it is kept then
//
// What is done to a round depends on the seed and the round's number alone; moments are counted in
// events of the run. Needs the built packages and Linux. Last line: N passed, N failed, N skipped.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { randomStream } from "../../packages/base/dist/index.js";
import { sendSignal, startSweep } from "../../packages/cli/dist/survival/sweep-process.fixture.js";
import {
  differences,
  entryDigests,
  outputDigests,
  remains,
  tallyOf,
} from "../../packages/cli/dist/survival/sweep-results.fixture.js";
import { overlappingSpec, sweepSpec } from "../../packages/cli/dist/survival/sweep-spec.fixture.js";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "50" },
    stops: { type: "string", default: "4" },
    lanes: { type: "string", default: "2" },
    seed: { type: "string", default: "0" },
    folder: { type: "string" },
  },
});
if (process.platform !== "linux") {
  console.log("sweeps that are killed: skipped, the processes are looked up in /proc");
  console.log("0 passed, 0 failed, 1 skipped");
  process.exit(0);
}
const kills = Number(values.kills);
const stops = Number(values.stops);
const lanes = Number(values.lanes);
const seed = Number(values.seed);
const patience = 15 * 60_000;

const began = performance.now();
let passed = 0;
let failed = 0;
const seconds = () => `${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s`;
/** @param {string} line */
const say = (line) => console.log(`${seconds()}  ${line}`);
/** @param {string} what @param {boolean} right @param {string} [detail] */
function check(what, right, detail = "") {
  if (right) passed += 1;
  else failed += 1;
  say(`${right ? "ok" : "FAILED"}: ${what}${right || detail === "" ? "" : `\n${detail}`}`);
}
/** @param {number} milliseconds */
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

const folder = values.folder ?? mkdtempSync(join(tmpdir(), "sweep-kills-"));
mkdirSync(folder, { recursive: true });
const specs = { sweep: join(folder, "sweep.yaml"), overlapping: join(folder, "overlapping.yaml") };
writeFileSync(specs.sweep, sweepSpec);
writeFileSync(specs.overlapping, overlappingSpec);

/** @typedef {"sweep" | "overlapping"} Which */
/** @typedef {ReturnType<typeof startSweep>} Sweep */
/** @type {Set<Sweep>} */
const running = new Set();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
// Also a stopped group: nothing of this outlives it.
process.on("exit", () => {
  for (const sweep of running) sweep.signalAll("SIGKILL");
});

/** @param {Which} which @param {{ out: string, store: string }} places */
function start(which, { out, store }) {
  const sweep = startSweep({ spec: specs[which], out, store });
  running.add(sweep);
  const timer = setTimeout(() => {
    say(`FAILED: ${out} did not end in ${patience / 60_000} minutes`);
    sweep.signalAll("SIGKILL");
  }, patience);
  void sweep.ended.then(() => {
    clearTimeout(timer);
    running.delete(sweep);
  });
  return sweep;
}

const wanted = /** @type {Record<Which, Record<string, string>>} */ ({});
const alone = /** @type {Record<Which, Record<string, string>>} */ ({});
/** Of an undisturbed run: events, milliseconds to the first, and from the last trial to the end. */
const course = { events: 0, startup: 0, outputs: 0, trials: 0, milliseconds: 0 };

/** @param {Which} which */
async function undisturbed(which) {
  const places = {
    out: join(folder, `whole-${which}`),
    store: join(folder, `whole-${which}-store`),
  };
  const sweep = start(which, places);
  const from = performance.now();
  const seen = { ...course };
  sweep.onEvent(({ type }, number) => {
    if (number === 1) seen.startup = performance.now() - from;
    seen.events = number;
    if (type !== "trial") return;
    seen.trials += 1;
    seen.outputs = performance.now() - from;
  });
  const { code, stderr, milliseconds } = await sweep.ended;
  if (code !== 0) throw new Error(`an undisturbed run ended with ${code}:\n${stderr}`);
  if (which === "sweep") {
    Object.assign(course, seen, { milliseconds, outputs: milliseconds - seen.outputs });
  }
  wanted[which] = await outputDigests(places.out);
  alone[which] = await entryDigests(places.store);
}

const counts = {
  coordinator: 0,
  worker: 0,
  all: 0,
  start: 0,
  outputs: 0,
  paused: 0,
  overlapping: 0,
};
let killed = 0;
/** @param {{ out: string, store: string }[]} places */
const totals = {
  rounds: 0,
  commands: 0,
  resumed: 0,
  inherited: 0,
  takenOver: 0,
  twice: 0,
  retried: 0,
  left: 0,
};

/** What comes next, and when. @param {ReturnType<typeof randomStream>} random */
function draw(random) {
  const kind = random.float();
  const signal = random.float() < 0.2 ? "SIGTERM" : "SIGKILL";
  const after = 1 + random.integer(Math.ceil(course.events / 3));
  const part = random.float();
  const pick = random.float();
  const moment = { after, part, pick };
  if (kind < 0.1) return { what: "start", signal, ...moment };
  if (kind < 0.25) return { what: "outputs", signal, ...moment };
  if (kind < 0.45) return { what: "coordinator", signal, ...moment };
  if (kind < 0.7) return { what: "worker", signal, ...moment };
  if (kind < 0.92) return { what: "all", signal, ...moment };
  return { what: "paused", signal: "SIGSTOP", ...moment };
}

/**
 * Waits for the moment of a disturbance, or the end.
 * @param {Sweep} sweep @param {ReturnType<typeof draw>} next @param {{ events: number, trials: number }} seen
 */
async function moment(sweep, { what, after, part }, seen) {
  const until = (/** @type {() => boolean} */ there) =>
    new Promise((done) => {
      if (there()) done(undefined);
      sweep.onEvent(() => {
        if (there()) done(undefined);
      });
    });
  const from = seen.events;
  if (what === "start") return wait(course.startup * part);
  if (what === "outputs") {
    await Promise.race([sweep.ended, until(() => seen.trials >= course.trials)]);
    return Promise.race([sweep.ended, wait(course.outputs * part)]);
  }
  await Promise.race([sweep.ended, until(() => seen.events >= from + after)]);
  return Promise.race([sweep.ended, wait(30 * part)]);
}

/**
 * Gives a command until it is done, disturbing it while there are kills to be given.
 * @param {Which} which @param {{ out: string, store: string }} places
 * @param {ReturnType<typeof randomStream>} random @param {string} name
 */
async function untilDone(which, places, random, name) {
  for (let attempt = 1; ; attempt++) {
    const sweep = start(which, places);
    totals.commands += 1;
    const seen = { events: 0, trials: 0 };
    sweep.onEvent(({ type }, number) => {
      seen.events = number;
      if (type === "trial") seen.trials += 1;
    });
    while (!sweep.isOver() && killed < kills) {
      const next = draw(random);
      if (next.what === "start" && seen.events > 0) continue;
      await moment(sweep, next, seen);
      if (sweep.isOver() || killed >= kills) break;
      if (!(await strike(sweep, next, `${name}, command ${attempt}, event ${seen.events}`))) break;
    }
    const end = await sweep.ended;
    if (end.code === 0) return;
    // 130: told to stop, it kept its place; 1: a worker was killed once too often for its step.
    const expected =
      end.signal === "SIGKILL" || end.code === 130 || end.code === 1 || end.signal === "SIGTERM";
    if (!expected || attempt > 100) {
      check(`${name} goes on`, false, `code ${end.code}, signal ${end.signal}\n${end.stderr}`);
      return;
    }
  }
}

/**
 * Does it. False where the command is not to be disturbed any more.
 * @param {Sweep} sweep @param {ReturnType<typeof draw>} next @param {string} where
 */
async function strike(sweep, { what, signal, part, pick }, where) {
  const workers = sweep.workers();
  const worker = workers[Math.floor(pick * workers.length)];
  if (what === "paused") {
    if (worker === undefined || !sendSignal(worker, "SIGSTOP")) return true;
    counts.paused += 1;
    say(`${where}: worker ${worker} sleeps for ${(2 * part).toFixed(1)} s`);
    await Promise.race([sweep.ended, wait(2000 * part)]);
    sendSignal(worker, "SIGCONT");
    return true;
  }
  if (what === "worker" && worker !== undefined) {
    if (!sendSignal(worker, /** @type {NodeJS.Signals} */ (signal))) return true;
    killed += 1;
    counts.worker += 1;
    say(`kill ${killed}: ${where}: ${signal} to worker ${worker}`);
    return true;
  }
  const everyone = what === "all" || what === "start" || (what === "outputs" && pick < 0.5);
  if (everyone) sweep.signalAll(/** @type {NodeJS.Signals} */ (signal));
  else if (!sendSignal(sweep.pid, /** @type {NodeJS.Signals} */ (signal))) return false;
  killed += 1;
  counts[what === "worker" ? "coordinator" : /** @type {keyof typeof counts} */ (what)] += 1;
  const whom = everyone ? `coordinator and ${workers.length} workers` : "coordinator";
  say(`kill ${killed}: ${where}${what === "outputs" ? ", outputs" : ""}: ${signal} to ${whom}`);
  return false;
}

/**
 * Compares what a round made, and counts what happened on the way.
 * @param {string} name @param {{ which: Which, out: string }[]} commands @param {string} store
 */
async function compare(name, commands, store) {
  for (const { which, out } of commands) {
    const found = await outputDigests(out).catch((error) => ({ error: String(error) }));
    const other = differences(found, wanted[which]);
    check(
      `${name}: ${Object.keys(found).length} outputs of ${which} are those of the undisturbed run`,
      other.length === 0,
      other.join("\n"),
    );
    const left = await remains({ out, store });
    totals.left += left.length;
    if (left.length > 0)
      say(`${name}: left behind for gc: ${left.length} files, such as ${left[0]}`);
  }
  const both = Object.assign({}, ...commands.map(({ which }) => alone[which]));
  const entries = await entryDigests(store);
  const other = differences(entries, both);
  check(
    `${name}: ${Object.keys(entries).length} files of the store are the undisturbed runs'`,
    other.length === 0 && !existsSync(join(store, "quarantine")),
    other.join("\n"),
  );
  const tally = await tallyOf(commands.map(({ out }) => out));
  totals.rounds += 1;
  totals.resumed += tally.resumed;
  totals.inherited += tally.inherited;
  totals.takenOver += tally.takenOver;
  totals.twice += tally.twice.length;
  totals.retried += tally.attemptsFailed;
  check(
    `${name}: no step was made twice but those that were taken over`,
    tally.twiceUnreported.length === 0,
    tally.twiceUnreported.join("\n"),
  );
}

/** @param {number} round */
async function killRound(round) {
  const name = `round ${round}`;
  const place = join(folder, `round-${round}`);
  const store = join(place, "store");
  /** @type {{ which: Which, out: string }[]} */
  const commands = [{ which: "sweep", out: join(place, "sweep") }];
  if (round % 3 === 2) {
    counts.overlapping += 1;
    commands.push({ which: "overlapping", out: join(place, "overlapping") });
  }
  await Promise.all(
    commands.map(({ which, out }) =>
      untilDone(
        which,
        { out, store },
        randomStream("sweep-kills", seed, round, which),
        `${name}, ${which}`,
      ),
    ),
  );
  await compare(name, commands, store);
  if (failed === 0)
    rmSync(place, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

/** Stops processes for longer than their lease while another command needs their steps. @param {number} round */
async function stopRound(round) {
  const name = `stop ${round}`;
  const random = randomStream("sweep-kills", seed, "stop", round);
  const place = join(folder, `stop-${round}`);
  const store = join(place, "store");
  const first = { which: /** @type {Which} */ ("sweep"), out: join(place, "first") };
  const second = {
    which: /** @type {Which} */ (round % 3 === 2 ? "overlapping" : "sweep"),
    out: join(place, "second"),
  };
  const sweep = start(first.which, { ...first, store });
  const after = 1 + random.integer(Math.ceil(course.events * 0.6));
  await moment(
    sweep,
    { what: "", signal: "", after, part: random.float(), pick: 0 },
    observed(sweep),
  );
  const workers = sweep.workers();
  const whom = round % 2 === 0 ? workers : [sweep.pid, ...workers];
  for (const pid of whom) sendSignal(pid, "SIGSTOP");
  say(
    `${name}: after event ${after} ${whom.length === workers.length ? "all workers" : "all processes"} are stopped; another command follows`,
  );
  const other = await start(second.which, { ...second, store }).ended;
  check(`${name}: the other command ends with 0`, other.code === 0, other.stderr);
  for (const pid of whom) sendSignal(pid, "SIGCONT");
  const { code, stderr, milliseconds } = await sweep.ended;
  check(
    `${name}: woken, the first ends with 0 after ${(milliseconds / 1000).toFixed(0)} s`,
    code === 0,
    stderr,
  );
  await compare(name, [first, second], store);
  if (failed === 0)
    rmSync(place, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

/** @param {Sweep} sweep */
function observed(sweep) {
  const seen = { events: 0, trials: 0 };
  sweep.onEvent((_, number) => {
    seen.events = number;
  });
  return seen;
}

try {
  await undisturbed("sweep");
  await undisturbed("overlapping");
  say(
    `undisturbed: ${(course.milliseconds / 1000).toFixed(1)} s, ${course.events} events, ` +
      `${Object.keys(wanted.sweep).length} outputs, ${Object.keys(alone.sweep).length} files in the store; seed ${seed}`,
  );
  const stopped = Promise.all(Array.from({ length: stops }, (_, round) => stopRound(round)));
  let rounds = 0;
  const lane = async () => {
    while (killed < kills && failed === 0) await killRound(rounds++);
  };
  await Promise.all([stopped, ...Array.from({ length: lanes }, lane)]);
  check(`${kills} kills were given`, killed >= kills);
  check("trainings were taken up in the middle", totals.resumed > 0);
  if (stops > 0) check("steps of silent owners were taken over", totals.takenOver > 0);
  say(
    `${killed} kills (${counts.coordinator} coordinator, ${counts.worker} worker, ${counts.all} all at once, ` +
      `${counts.start} at the start, ${counts.outputs} while outputs were written), ${counts.paused} pauses, ${stops} stops past the lease`,
  );
  say(
    `${totals.rounds} sweeps to the end in ${totals.commands} commands, ${counts.overlapping} beside another on the same store; ` +
      `${totals.resumed} trainings resumed in the middle, ${totals.retried} attempts of lost workers tried again, ` +
      `${totals.inherited} steps inherited from dead owners and ${totals.takenOver} taken over from silent ones, ${totals.twice} computed twice because of that, ${totals.left} files left for gc`,
  );
} finally {
  if (values.folder === undefined && failed === 0) {
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  } else if (failed > 0) say(`kept to look at: ${folder}`);
}
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exit(failed === 0 ? 0 : 1);
