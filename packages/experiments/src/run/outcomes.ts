import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import type { Entry, Store } from "@counterweight/steps";
import { floatsOf } from "../float-bytes.js";
import type { PlannedTrial } from "../plan/plan.js";
import type { Spec } from "../spec/schema.js";
import { evaluationIn, scoreFile } from "../steps/light-steps.js";
import { calibrated } from "../steps/scores.js";
import { modelFolder } from "../steps/train.js";
import { readTraining } from "../steps/training-result.js";
import type { ScoreColumns } from "./backend.js";
import type { PreparedBenchmark } from "./prepare.js";
import type { TrialOutcome } from "./results.js";

/**
 * Reads what a finished trial found from the store.
 * @param isWhole false for a run that was stopped or had failures: its models may not be kept yet
 */
export async function readOutcome(
  planned: PlannedTrial,
  {
    prepared,
    settings,
    isWhole,
  }: {
    readonly prepared: PreparedBenchmark;
    readonly settings: Spec;
    readonly isWhole: boolean;
  },
  store: Store,
): Promise<TrialOutcome> {
  const { trial, members, transforms } = planned;
  const training = await readTraining(store, await entryOf(store, planned.result));
  const { scores, temperature } = evaluationIn(await entryOf(store, planned.evaluate));
  const voters =
    members.length > 1
      ? await Promise.all(
          members.map(async (key) => readTraining(store, await entryOf(store, key))),
        )
      : [training];
  const classes = prepared.benchmark.labelNames.length;
  const { model: key } = planned;
  const isKept = key !== undefined && (isWhole || (await store.has(key)));
  const model = isKept ? await entryOf(store, key) : undefined;
  return {
    trial,
    settings,
    prepared,
    training,
    transforms,
    scores,
    columns: await columnsOf(planned, store),
    temperature,
    calibratedTest: calibrated(voters, "test", classes, temperature.temperature),
    model: model === undefined ? undefined : join(model.folder, modelFolder),
  };
}

async function columnsOf(
  { quality, diversity }: PlannedTrial,
  store: Store,
): Promise<ScoreColumns> {
  const column = async (key: string): Promise<Float32Array> =>
    floatsOf(await store.file(await entryOf(store, key), scoreFile));
  return {
    ...(quality === undefined ? {} : { quality: await column(quality) }),
    ...(diversity === undefined ? {} : { diversity: await column(diversity) }),
  };
}

/** @throws CounterweightError `usage` for an entry that was damaged since it was found. */
async function entryOf(store: Store, key: string): Promise<Entry> {
  const lookup = await store.read(key);
  if (lookup.kind === "found") return lookup.entry;
  throw new CounterweightError(
    "usage",
    lookup.kind === "damaged" ? lookup.reason : "the entry is gone.",
    { where: join(store.folder, key), fix: "Run the same command again: it is made anew." },
  );
}
