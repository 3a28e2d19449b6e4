import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { sha256, writeFileAtomic, writeRefusal } from "@counterweight/base";
import {
  latestCheckpoint,
  type CheckpointEvent as TrainerCheckpoint,
  type TrainingCheckpoint,
  writeCheckpoint,
} from "@counterweight/trainer";
import { bytesOf, floatsOf } from "../float-bytes.js";
import type {
  CheckpointEvent,
  CheckpointSettings,
  EpochEvent,
  EpochRecord,
  ResumedEvent,
  TrainingEvent,
  TrainingPast,
} from "./backend.js";

/** An epoch as a checkpoint's `progress.json` holds it; its columns of rows are a file beside it. */
type StoredEpoch = {
  readonly record: EpochRecord;
  /** SHA-256 of `epoch-N.f32`: weights, then log-probabilities, 32-bit little-endian floats. */
  readonly columns: string;
};

interface StoredPast {
  readonly loss: readonly number[];
  readonly learningRate: readonly number[];
  readonly epochs: readonly StoredEpoch[];
}

/** Keeps a training's past in step with its checkpoints, so that both can be taken up again. */
export interface CheckpointKeeper {
  /** What to go on from, with the event that tells its past; undefined to start anew. */
  readonly resume: { readonly state: TrainingCheckpoint; readonly event: ResumedEvent } | undefined;
  /** Newer checkpoints that cannot be used. */
  readonly damaged: readonly string[];
  /** Every step and epoch that the trainer reports passes through here. */
  see(event: TrainingEvent): void;
  /** Writes a checkpoint; where the disk refuses, the event says so and the training goes on. */
  keep(event: TrainerCheckpoint): Promise<CheckpointEvent>;
}

/** Looks for a checkpoint of this training, and prepares to write more. */
export async function openCheckpoints({
  folder,
  key,
}: CheckpointSettings): Promise<CheckpointKeeper> {
  const damaged: string[] = [];
  const past: { loss: number[]; learningRate: number[]; epochs: EpochEvent[] } = {
    loss: [],
    learningRate: [],
    epochs: [],
  };
  const digests: string[] = [];
  let resume: CheckpointKeeper["resume"];
  while (resume === undefined) {
    const found = await latestCheckpoint(folder, key).catch((error: unknown) => {
      throw writeRefusal(error, folder);
    });
    for (const { name, reason } of found.damaged) {
      const problem = `${name}: ${reason}`;
      if (!damaged.includes(problem)) damaged.push(problem);
    }
    if (found.kind === "absent") break;
    const { state, extra } = found.checkpoint;
    const stored = storedPast(extra);
    const epochs = stored === undefined ? undefined : await readEpochs(folder, stored.epochs);
    if (stored === undefined || epochs === undefined) {
      damaged.push(`${found.name}: the record of its epochs is missing or changed`);
      // The one before may need fewer epochs; this one is of no more use.
      await rm(join(folder, found.name), { recursive: true, force: true });
      continue;
    }
    for (const value of stored.loss) past.loss.push(value);
    for (const value of stored.learningRate) past.learningRate.push(value);
    past.epochs.push(...epochs);
    digests.push(...stored.epochs.map(({ columns }) => columns));
    const told: TrainingPast = {
      loss: [...past.loss],
      learningRate: [...past.learningRate],
      epochs,
    };
    resume = { state, event: { type: "resumed", step: state.step, past: told, damaged } };
  }
  return {
    resume,
    damaged,
    see(event) {
      if (event.type === "step") {
        past.loss.push(event.loss);
        past.learningRate.push(event.learningRate);
      } else if (event.type === "epoch") {
        past.epochs.push(event);
      }
    },
    async keep({ step, state }) {
      const started = performance.now();
      try {
        for (const epoch of past.epochs.slice(digests.length)) {
          digests.push(await writeEpoch(folder, epoch));
        }
        const epochs = past.epochs.map((epoch, index): StoredEpoch => {
          const { type: _, weights: __, logProbability: ___, ...record } = epoch;
          return { record, columns: digests[index] ?? "" };
        });
        const { loss, learningRate } = past;
        await writeCheckpoint(folder, { key, state, extra: { loss, learningRate, epochs } });
        return { type: "checkpoint", step, milliseconds: performance.now() - started };
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        return { type: "checkpoint", step, milliseconds: performance.now() - started, problem };
      }
    },
  };
}

const epochFile = (epoch: number): string => `epoch-${epoch}.f32`;

async function writeEpoch(folder: string, event: EpochEvent): Promise<string> {
  const { weights = new Float32Array(), logProbability = new Float32Array() } = event;
  const bytes = bytesOf(weights, logProbability);
  await writeFileAtomic(join(folder, epochFile(event.epoch)), bytes);
  return sha256(bytes);
}

/** Undefined where a file is missing or not as it was written. */
async function readEpochs(
  folder: string,
  stored: readonly StoredEpoch[],
): Promise<EpochEvent[] | undefined> {
  const epochs: EpochEvent[] = [];
  for (const { record, columns } of stored) {
    const bytes = await readFile(join(folder, epochFile(record.epoch))).catch(() => undefined);
    if (bytes === undefined || sha256(bytes) !== columns) return undefined;
    const floats = floatsOf(bytes);
    const rows = floats.length >> 1;
    epochs.push({
      type: "epoch",
      ...record,
      weights: floats.subarray(0, rows),
      logProbability: floats.subarray(rows),
    });
  }
  return epochs;
}

/** Undefined where this is no such record; a checkpoint's hash proves that an equal code wrote it. */
function storedPast(extra: unknown): StoredPast | undefined {
  const isPast = (value: unknown): value is StoredPast =>
    typeof value === "object" && value !== null && "loss" in value && "epochs" in value;
  return isPast(extra) ? extra : undefined;
}
