import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  CounterweightError,
  removeUnfinished,
  systemCode,
  temporaryName,
} from "@counterweight/base";
import { type JsonValue, type Progress, parseProgress, renderProgress } from "./progress.js";
import { writeRefusal } from "./refusals.js";
import { digestOf, readState, writeState } from "./state-file.js";
import type { TrainingCheckpoint } from "./training-checkpoint.js";

/** A checkpoint with what its caller wants to find beside it. */
export interface StoredCheckpoint {
  /** Names the training: its request and its input files. Another key's checkpoint is refused. */
  readonly key: string;
  readonly state: TrainingCheckpoint;
  /** The caller's own, such as the losses so far. */
  readonly extra: JsonValue;
}

/** What `latestCheckpoint` found. */
export type LatestCheckpoint = {
  /** Newer ones that cannot be used, newest first. */
  readonly damaged: readonly { readonly name: string; readonly reason: string }[];
} & (
  | { readonly kind: "found"; readonly name: string; readonly checkpoint: StoredCheckpoint }
  | { readonly kind: "absent" }
);

/** The newest and the one before it stay. */
const KEPT = 2;

const stateFile = "state.safetensors";
const progressFile = "progress.json";
const finished = /^checkpoint-(\d+)$/;

/** Makes names in a folder last; Windows knows no such call and needs none. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Checkpoints by name, the latest step first. */
async function listCheckpoints(folder: string): Promise<{ name: string; step: number }[]> {
  const found = (await readdir(folder)).flatMap((name) => {
    const step = finished.exec(name)?.[1];
    return step === undefined ? [] : [{ name, step: Number(step) }];
  });
  return found.sort((left, right) => right.step - left.step);
}

/** Renamed first, so that a kill leaves no half of a checkpoint under a whole one's name. */
async function removeCheckpoint(folder: string, name: string): Promise<void> {
  const temporary = join(folder, temporaryName(name));
  await rename(join(folder, name), temporary);
  await rm(temporary, { recursive: true, force: true });
}

/**
 * Writes `checkpoint-<step>` into a folder, whole or not at all: under a temporary name, synced,
 * renamed. Only then are older ones removed, but for the one before, and those of later steps, which
 * this training has gone back behind. One training writes into a folder at a time.
 *
 * The tensors go to disk from where they lie, so it needs no memory to speak of. Where it throws, the
 * checkpoints before are as they were, and the training may go on.
 * @throws CounterweightError `training` where the disk is full, the folder cannot be written to, or
 * the system refuses in another way.
 */
export async function writeCheckpoint(
  folder: string,
  { key, state, extra }: StoredCheckpoint,
): Promise<{ readonly name: string; readonly bytes: number }> {
  const name = `checkpoint-${state.step}`;
  const temporary = join(folder, temporaryName(name));
  try {
    await mkdir(folder, { recursive: true });
    await removeUnfinished(folder);
    await mkdir(temporary);
    const { parameters, touchedRows, stepCount } = state.optimizer;
    const current =
      state.best?.values.every((values, index) => values === parameters[index]?.value) ?? false;
    const digest = await writeState(join(temporary, stateFile), {
      parameters,
      touchedRows,
      best: current ? null : (state.best?.values ?? null),
      weights: state.weights,
      logProbability: state.logProbability,
    });
    const { step, lossSum, best } = state;
    const text = renderProgress({
      key,
      step,
      lossSum,
      stepCount,
      best: best === null ? null : { epoch: best.epoch, score: best.score, current },
      parameters: parameters.map((parameter) => parameter.name),
      state: digest,
      extra,
    });
    const progress = await open(join(temporary, progressFile), "wx");
    try {
      await progress.writeFile(text);
      await progress.sync();
    } finally {
      await progress.close();
    }
    await syncFolder(temporary);
    const present = await listCheckpoints(folder);
    if (present.some((each) => each.name === name)) await removeCheckpoint(folder, name);
    await rename(temporary, join(folder, name));
    await syncFolder(folder);
    const earlier = present.filter((each) => each.step < step).slice(0, KEPT - 1);
    for (const each of present) {
      if (each.name !== name && !earlier.includes(each)) await removeCheckpoint(folder, each.name);
    }
    return { name, bytes: digest.bytes + Buffer.byteLength(text) };
  } catch (error) {
    // What cannot be removed now is removed with the next write.
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw writeRefusal(error, folder, name);
  }
}

/** Why a checkpoint is of no use, with what to do. */
const unusable = (path: string, reason: string, cause?: unknown): CounterweightError =>
  new CounterweightError("model", `the checkpoint cannot be used: ${reason}.`, {
    where: path,
    fix: "Remove the folder; the training then goes on from an earlier one, or from the start.",
    ...(cause === undefined ? {} : { cause }),
  });

/** The reason alone of an error about a file of a checkpoint. */
function reasonOf(error: unknown, file: string): string | undefined {
  const code = systemCode(error);
  if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR") return `${file} is missing`;
  return error instanceof CounterweightError && error.kind === "model" ? error.message : undefined;
}

/**
 * Reads the checkpoint in a folder `checkpoint-<step>`. Every byte is checked against hashes before
 * anything of it is used. Its tensors are views on one buffer of the state file's size, which the
 * training copies from: let go of it once the first event is there.
 * @throws CounterweightError `model` where it is damaged or belongs to another key.
 */
export async function readCheckpoint(path: string, key: string): Promise<StoredCheckpoint> {
  let reading = progressFile;
  try {
    const progress = parseProgress(await readFile(join(path, progressFile), "utf8"));
    if (progress.key !== key) {
      throw new CounterweightError("model", "it belongs to another training");
    }
    reading = stateFile;
    const { bytes, sha256 } = await digestOf(join(path, stateFile));
    if (bytes !== progress.state.bytes || sha256 !== progress.state.sha256) {
      throw new CounterweightError("model", `${stateFile} is not as it was written`);
    }
    return { key, state: await stateOf(path, progress), extra: progress.extra };
  } catch (error) {
    const reason = reasonOf(error, reading);
    throw reason === undefined ? error : unusable(path, reason, error);
  }
}

async function stateOf(path: string, progress: Progress): Promise<TrainingCheckpoint> {
  const { step, lossSum, stepCount, best } = progress;
  const stored = best !== null && !best.current;
  const tensors = await readState(join(path, stateFile), progress.parameters, stored);
  const { parameters, touchedRows, weights, logProbability } = tensors;
  const values = tensors.best ?? parameters.map(({ value }) => value);
  return {
    step,
    lossSum,
    weights,
    logProbability,
    optimizer: { stepCount, parameters, touchedRows },
    best: best === null ? null : { epoch: best.epoch, score: best.score, values },
  };
}

/**
 * The newest checkpoint of a folder that is whole and belongs to `key`, read; those newer that are
 * not are named with their reason, for the caller to report. What kills left behind is removed.
 * @throws the system's error where the folder cannot be read: nothing is taken for absent then.
 */
export async function latestCheckpoint(folder: string, key: string): Promise<LatestCheckpoint> {
  let present: { name: string; step: number }[];
  try {
    present = await listCheckpoints(folder);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return { kind: "absent", damaged: [] };
    throw error;
  }
  // In a folder that cannot be written to they may stay: the next write says so.
  await removeUnfinished(folder).catch(() => {});
  const damaged: { name: string; reason: string }[] = [];
  for (const { name } of present) {
    try {
      const checkpoint = await readCheckpoint(join(folder, name), key);
      if (`checkpoint-${checkpoint.state.step}` === name) {
        return { kind: "found", name, checkpoint, damaged };
      }
      damaged.push({ name, reason: `its step is ${checkpoint.state.step}` });
    } catch (error) {
      if (!(error instanceof CounterweightError && error.kind === "model")) throw error;
      damaged.push({ name, reason: error.message });
    }
  }
  return { kind: "absent", damaged };
}
