import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import { scoresOfLabels } from "@counterweight/checkers";
import { resultRows } from "../outputs/aggregate-results.js";
import { writeOutputs } from "../outputs/write-outputs.js";
import type { ResolvedSpec } from "../spec/resolve.js";
import { folderStore, type TrainingResult } from "../store.js";
import type { ScoreColumns, TrainingBackend } from "./backend.js";
import { closeEarly } from "./close-early.js";
import { type EnvironmentRecord, environmentRecord } from "./environment-record.js";
import { openEventLog } from "./event-log.js";
import type { PlannedTraining, RunEvent, RunStatus } from "./events.js";
import { type Plan, type PlannedTrial, planTrainings, stepsOf, type Training } from "./plan.js";
import { modelDigest, type PreparedBenchmark, prepareBenchmark, rowsByRole } from "./prepare.js";
import type { RunFindings, RunResults, TrialOutcome } from "./results.js";
import { scoreTrial } from "./score-trial.js";
import { trainOne } from "./train-one.js";

export interface RunOptions {
  /** Folder of the results; trainings are kept in `out/trainings`. */
  readonly out: string;
  readonly backend: TrainingBackend;
  /** When aborted, the run stops after the step it is in, and keeps what is finished. */
  readonly signal?: AbortSignal;
  /** Wall clock; the default is the system's. */
  readonly now?: () => Date;
}

/** What a run leads to before anything is trained. */
export interface PreparedRun {
  readonly spec: ResolvedSpec;
  readonly benchmarks: ReadonlyMap<string, PreparedBenchmark>;
  readonly plan: Plan;
  /** What the backend says of the model's files. */
  readonly modelNotes: readonly string[];
}

/** Reads all data and the model's files, applies the guards, and plans; trains nothing. */
export async function prepareRun(
  spec: ResolvedSpec,
  backend: Pick<TrainingBackend, "version" | "check">,
): Promise<PreparedRun> {
  const benchmarks = new Map<string, PreparedBenchmark>();
  for (const benchmark of spec.settings.benchmarks) {
    benchmarks.set(benchmark.name, await prepareBenchmark(spec.settings, benchmark));
  }
  const model = await modelDigest(spec.settings.model);
  const plan = planTrainings({
    spec: spec.settings,
    benchmarks,
    model,
    backend: backend.version,
  });
  const modelNotes = await backend.check?.(
    spec.settings.model,
    plan.trainings.map(({ settings }) => settings),
  );
  return { spec, benchmarks, plan, modelNotes: modelNotes ?? [] };
}

/** The plan as people and logs see it, with what is in the store already. */
export async function describePlan({ plan }: PreparedRun, out: string): Promise<PlannedTraining[]> {
  const store = folderStore(join(out, "trainings"));
  const described: PlannedTraining[] = [];
  for (const training of plan.trainings) {
    described.push({
      key: training.key,
      label: training.label,
      method: training.method,
      benchmark: training.benchmark,
      seed: training.seed,
      rows: training.rows.label.length,
      steps: stepsOf(training),
      uses: plan.uses.get(training.key) ?? 0,
      needs: [training.quality, training.diversity].filter((key) => key !== undefined),
      stored: (await store.read(training.key)).kind === "found",
    });
  }
  return described;
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
  const finished = new Map<string, TrainingResult>();
  const failures: { label: string; message: string }[] = [];
  const outcomes: TrialOutcome[] = [];
  const reported = new Set<PlannedTrial>();

  for (const training of plan.trainings) {
    if (signal?.aborted === true) break;
    const { key } = training;
    const found = await store.read(key);
    if (found.kind === "damaged") {
      yield { type: "store-damaged", training: key, reason: found.reason };
    }
    if (found.kind === "found") {
      finished.set(key, found.result);
      yield { type: "training-reused", training: key };
    } else {
      const missing = [training.quality, training.diversity].find(
        (need) => need !== undefined && !finished.has(need),
      );
      if (missing !== undefined) {
        const because = plan.trainings.find((other) => other.key === missing)?.label ?? missing;
        yield { type: "training-skipped", training: key, because };
        failures.push({ label: training.label, message: `not run: ${because} failed.` });
        continue;
      }
      yield { type: "training-start", training: key };
      try {
        const result = yield* trainWatched(training, prepared, finished, backend, signal);
        if (result === undefined) break;
        await store.write(result);
        finished.set(key, result);
        yield { type: "training-end", training: key, seconds: result.seconds };
      } catch (error) {
        if (!isTrainingFailure(error)) throw error;
        failures.push({ label: training.label, message: error.message });
        yield { type: "training-failed", training: key, message: error.message };
      }
    }
    for (const planned of plan.trials) {
      const result = finished.get(planned.training.key);
      if (result === undefined || reported.has(planned)) continue;
      reported.add(planned);
      const outcome = outcomeOf(planned, result, finished, benchmarks);
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
  const findings: RunFindings = {
    status,
    spec,
    benchmarks,
    environment,
    outcomes: inOrder,
    failures,
  };
  const results: RunResults = { ...findings, rows: resultRows(findings) };
  await writeOutputs(out, results, now());
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

/** Passes a training's events on; undefined where the signal stopped it. */
async function* trainWatched(
  training: Training,
  { spec, benchmarks }: PreparedRun,
  finished: ReadonlyMap<string, TrainingResult>,
  backend: TrainingBackend,
  signal: AbortSignal | undefined,
): AsyncGenerator<RunEvent, TrainingResult | undefined> {
  const prepared = benchmarks.get(training.benchmark);
  if (prepared === undefined) throw new CounterweightError("internal", "no such benchmark");
  const stream = trainOne({
    training,
    prepared,
    model: spec.settings.model,
    scores: scoreColumns(training, finished, prepared),
    backend,
    clock: () => performance.now(),
  });
  let next = await stream.next();
  try {
    while (next.done !== true) {
      yield { training: training.key, ...next.value };
      if (signal?.aborted === true) return undefined;
      next = await stream.next();
    }
    return next.value;
  } finally {
    if (next.done !== true) await closeEarly(stream);
  }
}

function scoreColumns(
  training: { readonly quality: string | undefined; readonly diversity: string | undefined },
  finished: ReadonlyMap<string, TrainingResult>,
  { benchmark }: PreparedBenchmark,
): ScoreColumns {
  const column = (key: string | undefined, checker: string): Float32Array | undefined => {
    const values = key === undefined ? undefined : finished.get(key)?.logProbabilities.generated;
    return values === undefined ? undefined : scoresOfLabels(values, benchmark.generated, checker);
  };
  const quality = column(training.quality, "the quality checker");
  const diversity = column(training.diversity, "the diversity checker");
  return {
    ...(quality === undefined ? {} : { quality }),
    ...(diversity === undefined ? {} : { diversity }),
  };
}

function outcomeOf(
  { trial, training }: PlannedTrial,
  result: TrainingResult,
  finished: ReadonlyMap<string, TrainingResult>,
  benchmarks: ReadonlyMap<string, PreparedBenchmark>,
): TrialOutcome {
  const prepared = benchmarks.get(trial.benchmark);
  if (prepared === undefined) throw new CounterweightError("internal", "no such benchmark");
  return {
    trial,
    training: result,
    scores: scoreTrial(result.logProbabilities.test, prepared.benchmark.test),
    columns: scoreColumns(training, finished, prepared),
  };
}
