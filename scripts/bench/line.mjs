/**
 * The line benchmark: the whole command by the clock, beside the PyTorch script that does the same
 * work on the same generated rows, alternating.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPhases } from "./phases.mjs";
import { measured } from "./processes.mjs";
import { median } from "./statistics.mjs";

const command = "packages/cli/bin/counterweight.mjs";

/**
 * @typedef {object} LineRun
 * @property {string} setting
 * @property {string} who
 * @property {number} seconds
 * @property {number} processorSeconds
 * @property {number} peakBytes
 * @property {Record<string, number>} [phases] Seconds; ours alone.
 * @property {number} [training] Seconds inside trainings, validation included; the peer's own count.
 */

/**
 * @typedef {object} Setting
 * @property {string} name
 * @property {readonly string[]} overrides Of our spec.
 * @property {readonly string[]} words Of the peer.
 */

/** @type {{ fast: Setting, slow: Setting }} */
export const settings = {
  fast: {
    name: "1,000 rows x 2 epochs",
    overrides: [],
    words: ["--gen", "1000", "--epochs", "2"],
  },
  slow: {
    name: "640 rows x 1 epoch",
    overrides: ["train.epochs=1", "generatedRowsFile=rows/tweet-irony-generated-640.json"],
    words: ["--gen", "640", "--epochs", "1"],
  },
};

/** The peer's ways, by name. */
export const peers = {
  dynamic: {
    name: "PyTorch, dynamic padding, cached scores",
    words: ["--pad", "dynamic", "--scores", "cached"],
  },
  grouped: {
    name: "the same, length-grouped batches",
    words: ["--pad", "dynamic", "--scores", "cached", "--group", "length"],
  },
  published: {
    name: "PyTorch, padding to 128, online scores",
    words: ["--pad", "max", "--scores", "online"],
  },
};
export const us = "counterweight";

/**
 * @param {{ assets: string, python: string, pairs: number, slow: boolean, smoke: boolean,
 *   say: (line: string) => void }} options `smoke`: a few steps only, to see that it works.
 */
export async function benchLine({ assets, python, pairs, slow, smoke, say }) {
  /** @type {LineRun[]} */
  const runs = [];
  const keep = (/** @type {LineRun} */ run) => {
    runs.push(run);
    say(
      `${run.setting}, ${run.who}: ${run.seconds.toFixed(1)} s, ` +
        `${(run.peakBytes / 1e9).toFixed(2)} GB`,
    );
  };
  const ours = async (/** @type {Setting} */ setting) =>
    keep(await runOurs(setting, python, smoke));
  const theirs = async (
    /** @type {Setting} */ setting,
    /** @type {typeof peers[keyof typeof peers]} */ peer,
  ) => keep(await runPeer(setting, peer, { assets, python, smoke }));

  for (let pair = 0; pair < pairs; pair++) {
    await ours(settings.fast);
    await theirs(settings.fast, peers.dynamic);
    // Once is enough for a column that no bar is set for.
    if (pair === 0) await theirs(settings.fast, peers.grouped);
  }
  if (slow) {
    await ours(settings.slow);
    await theirs(settings.slow, peers.published);
  }
  return { pairs, runs, help: await helpSeconds(python) };
}

/**
 * @param {Setting} setting
 * @param {string} python
 * @param {boolean} smoke
 * @returns {Promise<LineRun>}
 */
async function runOurs({ name, overrides }, python, smoke) {
  const folder = await mkdtemp(join(tmpdir(), "counterweight-line-"));
  const folders = { out: join(folder, "out"), store: join(folder, "store") };
  const tiny = smoke ? ["methods=[dimp]", "train.epochs=1", "checkerFraction=0.02"] : [];
  try {
    // One process with the threads that PyTorch has, a store that knows nothing yet, no recording.
    const run = await measured(python, process.execPath, [
      ...[command, "run", "experiments/bench-line.yaml", "--executor", "in-process"],
      ...["--out", folders.out, "--store", folders.store, "tracking.enabled=false"],
      ...[...overrides, ...tiny],
    ]);
    const phases = await readPhases(folders, run);
    const { seconds, processorSeconds, peakBytes } = run;
    return { setting: name, who: us, seconds, processorSeconds, peakBytes, phases };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * @param {Setting} setting
 * @param {typeof peers[keyof typeof peers]} peer
 * @param {{ assets: string, python: string, smoke: boolean }} options
 * @returns {Promise<LineRun>}
 */
async function runPeer({ name, words }, peer, { assets, python, smoke }) {
  const run = await measured(python, python, [
    join(assets, "peers/torch_imp.py"),
    ...["--task", "tweet-irony", "--model", join(assets, "models/all-MiniLM-L6-v2")],
    ...["--losses", smoke ? "ce" : "ce,imp,dimp", "--seeds", "0"],
    ...["--real", smoke ? "0.02" : "0.1"],
    ...words,
    ...(smoke ? ["--gen", "64", "--epochs", "1"] : []),
    ...peer.words,
  ]);
  const { seconds, processorSeconds, peakBytes } = run;
  // A JSON line for each training; other libraries may print lines of their own.
  const training = run.stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .reduce((sum, line) => sum + (JSON.parse(line).seconds ?? 0), 0);
  return { setting: name, who: peer.name, seconds, processorSeconds, peakBytes, training };
}

/** @param {string} python */
async function helpSeconds(python) {
  const taken = [];
  for (let index = 0; index < 5; index++) {
    taken.push((await measured(python, process.execPath, [command, "--help"])).seconds);
  }
  return median(taken);
}
