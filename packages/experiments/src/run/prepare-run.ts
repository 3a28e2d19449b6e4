import { join } from "node:path";
import type { ResolvedSpec } from "../spec/resolve.js";
import type { ModelSpec } from "../spec/schema.js";
import { folderStore } from "../store.js";
import type { TrainingBackend } from "./backend.js";
import type { PlannedTraining } from "./events.js";
import { type Plan, planTrainings, stepsOf } from "./plan.js";
import { modelDigest, type PreparedBenchmark, prepareBenchmark } from "./prepare.js";

/** What a run leads to before anything is trained. */
export interface PreparedRun {
  readonly spec: ResolvedSpec;
  readonly benchmarks: ReadonlyMap<string, PreparedBenchmark>;
  readonly plan: Plan;
  /** The spec's model, its files on this machine. */
  readonly model: ModelSpec;
  /** What the backend says of the model's files. */
  readonly modelNotes: readonly string[];
}

/** Reads all data and the model's files, applies the guards, and plans; trains nothing. */
export async function prepareRun(
  spec: ResolvedSpec,
  backend: Pick<TrainingBackend, "version" | "check" | "locate">,
): Promise<PreparedRun> {
  const benchmarks = new Map<string, PreparedBenchmark>();
  for (const benchmark of spec.settings.benchmarks) {
    benchmarks.set(benchmark.name, await prepareBenchmark(spec.settings, benchmark));
  }
  const located = await backend.locate?.(spec.settings.model);
  const model = located?.model ?? spec.settings.model;
  const plan = planTrainings({
    spec: spec.settings,
    benchmarks,
    model: await modelDigest(model),
    backend: backend.version,
  });
  const modelNotes = await backend.check?.(
    model,
    plan.trainings.map(({ settings }) => settings),
  );
  return {
    spec,
    benchmarks,
    plan,
    model,
    modelNotes: [...(located?.notes ?? []), ...(modelNotes ?? [])],
  };
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
      needs: [training.quality, training.diversity].flatMap((key) =>
        key === undefined ? [] : (plan.votes.get(key)?.members ?? [key]),
      ),
      stored: (await store.read(training.key)).kind === "found",
    });
  }
  return described;
}
