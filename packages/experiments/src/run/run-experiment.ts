import { rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import { resultRows } from "../outputs/aggregate-results.js";
import { calibration, methodComparisons, weightHealthCourses } from "../outputs/compare-results.js";
import { labelNoise } from "../outputs/label-noise.js";
import { writeModels } from "../outputs/write-models.js";
import { writeOutputs } from "../outputs/write-outputs.js";
import type { ResolvedSpec } from "../spec/resolve.js";
import { folderStore, type TrainingResult } from "../store.js";
import type { TrainingBackend } from "./backend.js";
import { closeEarly } from "./close-early.js";
import { type EnvironmentRecord, environmentRecord } from "./environment-record.js";
import { openEventLog } from "./event-log.js";
import type { RunEvent, RunStatus } from "./events.js";
import { createFindings, type Findings } from "./findings.js";
import type { Plan, PlannedTrial, Training } from "./plan.js";
import { type PreparedBenchmark, rowsByRole } from "./prepare.js";
import { describePlan, type PreparedRun, prepareRun } from "./prepare-run.js";
import type { RunFindings, RunResults, TrialOutcome } from "./results.js";
import { scoreTrial } from "./score-trial.js";
import { trainOne } from "./train-one.js";
import { epochHealth, guardAdvice, healthProblems, type WeightGuard } from "./weight-guard.js";
import { isWeighted } from "./weights.js";

export interface RunOptions {
  /** Folder of the results; trainings are kept in `out/trainings`. */
  readonly out: string;
  readonly backend: TrainingBackend;
  /** When aborted, the run stops after the step it is in, and keeps what is finished. */
  readonly signal?: AbortSignal;
  /** Wall clock; the default is the system's. */
  readonly now?: () => Date;
}

/**
 * Runs a spec: loads data, trains what is not in the store yet (checkers before those that need
 * them), scores every trial on the test rows, and writes all outputs into `out`. Every event is
 * yielded and appended to `out/events.jsonl`. A failed training does not stop the others. The same
 * call again continues: finished trainings are found by their key.
 * @throws CounterweightError for a spec, data or model that cannot be used, before any training.
 */
export async function* runExperiment(
  spec: ResolvedSpec,
  options: RunOptions,
): AsyncGenerator<RunEvent, RunResults> {
  const now = options.now ?? (() => new Date());
  const started = now();
  const prepared = await prepareRun(spec, options.backend);
  const log = await openEventLog(join(options.out, "events.jsonl"), {
    now,
    run: started.toISOString(),
  });
  try {
    const run = runPlan(prepared, { ...options, now }, await environmentRecord());
    let next = await run.next();
    try {
      while (next.done !== true) {
        await log.append(next.value);
        yield next.value;
        next = await run.next();
      }
    } finally {
      if (next.done !== true) await closeEarly(run);
    }
    return next.value;
  } finally {
    await log.close();
  }
}

async function* runPlan(
  prepared: PreparedRun,
  { out, backend, signal, now }: RunOptions & { readonly now: () => Date },
  environment: EnvironmentRecord,
): AsyncGenerator<RunEvent, RunResults> {
  const { spec, benchmarks, plan, modelNotes } = prepared;
  yield { type: "run-start", name: spec.settings.name, trials: plan.trials.length, environment };
  for (const [name, { benchmark, digests, notes }] of benchmarks) {
    yield { type: "data", benchmark: name, rows: rowsByRole(benchmark), digests, notes };
  }
  if (modelNotes.length > 0) yield { type: "model", notes: modelNotes };
  yield { type: "plan", trainings: await describePlan(prepared, out) };

  const store = folderStore(join(out, "trainings"));
  const { settings } = spec;
  const findings = createFindings(plan, settings.checker.calibration === "temperature");
  const failures: { label: string; message: string }[] = [];
  const outcomes: TrialOutcome[] = [];
  const reported = new Set<PlannedTrial>();
  const modelsKept = new Set(settings.saveModels ? plan.trials.map(({ result }) => result) : []);
  const fail = (training: Training, message: string): RunEvent => {
    failures.push({ label: training.label, message });
    return { type: "training-failed", training: training.key, message };
  };

  for (const training of plan.trainings) {
    if (signal?.aborted === true) break;
    const { key } = training;
    const found = await store.read(key);
    if (found.kind === "damaged") {
      yield { type: "store-damaged", training: key, reason: found.reason };
    }
    const saves = modelsKept.has(key);
    const complete = !saves || (await store.model(key)) !== undefined;
    if (found.kind === "found" && complete) {
      yield { type: "training-reused", training: key };
      // A kill between the result's write and their removal leaves them behind.
      await removeCheckpoints(out, key);
      const problem = storedProblem(found.result, training, settings.weights.guard);
      if (problem === undefined) findings.add(found.result);
      else yield fail(training, problem);
    } else {
      const missing = [training.quality, training.diversity].find(
        (need) => need !== undefined && findings.get(need) === undefined,
      );
      if (missing !== undefined) {
        const because = labelOf(plan, missing);
        yield { type: "training-skipped", training: key, because };
        failures.push({ label: training.label, message: `not run: ${because} failed.` });
        continue;
      }
      yield { type: "training-start", training: key };
      try {
        const saveTo = saves ? join(out, "trainings", `.${key}.model`) : undefined;
        if (saveTo !== undefined) await rm(saveTo, { recursive: true, force: true });
        const run = { out, backend, signal, saveTo };
        const result = yield* trainWatched(training, prepared, findings, run);
        if (result === undefined) break;
        await store.write(result, saveTo);
        await removeCheckpoints(out, key);
        findings.add(result);
        yield { type: "training-end", training: key, seconds: result.seconds };
      } catch (error) {
        if (!isTrainingFailure(error)) throw error;
        yield fail(training, error.message);
      }
    }
    for (const planned of plan.trials) {
      if (reported.has(planned)) continue;
      const outcome = outcomeOf(planned, findings, benchmarks);
      if (outcome === undefined) continue;
      reported.add(planned);
      outcomes.push(outcome);
      yield { type: "trial", trial: planned.trial, scores: outcome.scores };
    }
  }

  const inOrder = plan.trials.flatMap(({ trial }) => outcomes.filter((one) => one.trial === trial));
  const status: RunStatus =
    signal?.aborted === true && inOrder.length < plan.trials.length
      ? "stopped"
      : failures.length > 0
        ? "failed"
        : "done";
  const found: RunFindings = {
    status,
    spec,
    benchmarks,
    environment,
    modelNotes,
    outcomes: inOrder,
    failures,
  };
  const results: RunResults = {
    ...found,
    rows: resultRows(found),
    comparisons: methodComparisons(found),
    calibration: calibration(found),
    weightHealth: weightHealthCourses(found),
    labelNoise: labelNoise(found),
  };
  const specText = await writeOutputs(out, results, now());
  if (settings.saveModels) {
    for await (const model of writeModels(out, results, { backend, store, spec: specText })) {
      yield { type: "model-saved", ...model };
    }
  }
  yield {
    type: "run-end",
    status,
    trials: inOrder.length,
    failed: failures.length,
    folder: out,
  };
  return results;
}

/** Only a training's own failure lets the others go on; anything else is a bug or a broken set-up. */
function isTrainingFailure(error: unknown): error is CounterweightError {
  return error instanceof CounterweightError && error.kind === "training";
}

/** Why a stored result cannot be used under this spec's guard; undefined where it can. */
function storedProblem(
  { rowHistory }: TrainingResult,
  { loss, rows }: Training,
  guard: WeightGuard,
): string | undefined {
  if (guard.action !== "stop" || !isWeighted(loss)) return undefined;
  const found = rowHistory.weights.flatMap((weights) =>
    healthProblems(epochHealth(weights, rows), guard, rows.labelNames),
  );
  return found.length === 0
    ? undefined
    : `stopped by the weight guard: ${found.join("; ")}. ${guardAdvice}`;
}

function labelOf({ trainings, votes }: Plan, key: string): string {
  return votes.get(key)?.label ?? trainings.find((other) => other.key === key)?.label ?? key;
}

/** Passes a training's events on; undefined where the signal stopped it. */
async function* trainWatched(
  training: Training,
  { spec, benchmarks, model }: PreparedRun,
  findings: Findings,
  run: Pick<RunOptions, "out" | "backend"> & {
    readonly signal: AbortSignal | undefined;
    readonly saveTo: string | undefined;
  },
): AsyncGenerator<RunEvent, TrainingResult | undefined> {
  const prepared = benchmarks.get(training.benchmark);
  if (prepared === undefined) throw new CounterweightError("internal", "no such benchmark");
  const { out, backend, signal, saveTo } = run;
  const { checkpoints, weights } = spec.settings;
  const stream = trainOne({
    training,
    prepared,
    model,
    scores: findings.scores(training, prepared.benchmark.generated),
    backend,
    clock: () => performance.now(),
    guard: weights.guard,
    checkpoints: { folder: checkpointFolder(out, training.key), key: training.key, ...checkpoints },
    ...(signal === undefined ? {} : { signal }),
    ...(saveTo === undefined ? {} : { saveTo }),
  });
  let next = await stream.next();
  try {
    while (next.done !== true) {
      yield { training: training.key, ...next.value };
      next = await stream.next();
    }
    return next.value;
  } finally {
    if (next.done !== true) await closeEarly(stream);
  }
}

/** Where a training that is under way keeps what it can go on from. */
const checkpointFolder = (out: string, key: string): string => join(out, "checkpoints", key);

/** A finished training needs its checkpoints no more; the last one takes the folder with it. */
async function removeCheckpoints(out: string, key: string): Promise<void> {
  await rm(checkpointFolder(out, key), { recursive: true, force: true });
  // Another training's may lie beside it: then the folder stays.
  await rmdir(join(out, "checkpoints")).catch(() => undefined);
}

function outcomeOf(
  planned: PlannedTrial,
  findings: Findings,
  benchmarks: ReadonlyMap<string, PreparedBenchmark>,
): TrialOutcome | undefined {
  const { trial, transforms } = planned;
  const training = findings.get(planned.result);
  if (training === undefined) return undefined;
  const prepared = benchmarks.get(trial.benchmark);
  if (prepared === undefined) throw new CounterweightError("internal", "no such benchmark");
  const { benchmark } = prepared;
  return {
    trial,
    training,
    transforms,
    scores: scoreTrial(training.logProbabilities.test, benchmark.test),
    columns: findings.scores(planned, benchmark.generated),
    temperature: findings.temperature(planned.result),
    calibratedTest: findings.calibrated(planned.result, "test"),
  };
}
