import type { Entry, Store } from "@counterweight/steps";
import { floatsOf } from "../float-bytes.js";
import type { PlannedTrial } from "../plan/plan.js";
import type { ScoreColumns } from "../run/backend.js";
import type { PreparedBenchmark } from "../run/prepare.js";
import type { TrialFindings } from "../run/results.js";
import { evaluationIn, scoreFile } from "./light-steps.js";
import { calibrated } from "./scores.js";
import { readTraining } from "./training-result.js";

/**
 * Reads all that the store holds of a finished trial.
 * @param read gives the entry of a step, proven
 */
export async function readFindings(
  { trial, members, transforms, result, evaluate, quality, diversity }: PlannedTrial,
  prepared: PreparedBenchmark,
  store: Store,
  read: (key: string) => Promise<Entry>,
): Promise<TrialFindings> {
  const training = await readTraining(store, await read(result));
  const { scores, temperature } = evaluationIn(await read(evaluate));
  const voters =
    members.length > 1
      ? await Promise.all(members.map(async (key) => readTraining(store, await read(key))))
      : [training];
  const column = async (key: string): Promise<Float32Array> =>
    floatsOf(await store.file(await read(key), scoreFile));
  const columns: ScoreColumns = {
    ...(quality === undefined ? {} : { quality: await column(quality) }),
    ...(diversity === undefined ? {} : { diversity: await column(diversity) }),
  };
  const classes = prepared.benchmark.labelNames.length;
  return {
    ...{ trial, prepared, training, transforms, scores, columns, temperature },
    calibratedTest: calibrated(voters, "test", classes, temperature.temperature),
  };
}
