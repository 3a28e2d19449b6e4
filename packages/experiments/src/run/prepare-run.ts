import { canonicalJson, sha256 } from "@counterweight/base";
import type { Plan, PlannedVariant } from "../plan/plan.js";
import { aggregateSettings } from "../plan/plan-aggregate.js";
import type { PlannedModel, PlannedSource } from "../plan/plan-data.js";
import { planSteps } from "../plan/plan-steps.js";
import type { DataSource } from "../plan/recipes.js";
import { expandSweep } from "../spec/expand.js";
import type { ResolvedSpec } from "../spec/resolve.js";
import type { ModelSpec, Spec } from "../spec/schema.js";
import type { BenchmarkSpec } from "../spec/schema-benchmarks.js";
import type { Variant } from "../spec/variants.js";
import type { TrainingBackend } from "./backend.js";
import {
  type DataChoice,
  modelDigest,
  type PreparedBenchmark,
  prepareBenchmark,
  tokenizerDigest,
} from "./prepare.js";

/** What a run leads to before anything is trained. */
export interface PreparedRun {
  readonly spec: ResolvedSpec;
  /** By name; where variants choose other rows of a benchmark, by name and variant. */
  readonly benchmarks: ReadonlyMap<string, PreparedBenchmark>;
  /** The same by the ids of `plan.sources`. */
  readonly sources: ReadonlyMap<string, PreparedBenchmark>;
  readonly variants: readonly Variant[];
  readonly plan: Plan;
  /** What the backend says of the models' files. */
  readonly modelNotes: readonly string[];
}

type PlanningBackend = Pick<TrainingBackend, "version" | "check" | "locate" | "tokenise">;

/** Reads all data and the models' files, applies the guards, and plans; trains nothing. */
export async function prepareRun(
  spec: ResolvedSpec,
  backend: PlanningBackend,
): Promise<PreparedRun> {
  const { variants, trials } = expandSweep(spec.settings);
  const data = dataReader();
  const models = modelReader(backend);
  const planned: PlannedVariant[] = [];
  for (const { name, spec: settings } of variants) {
    const sources = await data.read(settings, name);
    planned.push({ name, spec: settings, model: await models.read(settings.model), sources });
  }
  const plan = planSteps({
    variants: planned,
    trials,
    sources: data.sources(),
    backend: { version: backend.version, tokenises: backend.tokenise !== undefined },
    saveModels: spec.settings.saveModels,
    name: spec.settings.name,
    aggregate: aggregateSettings(spec.settings, data.byId(), data.sources()),
  });
  return {
    spec,
    variants,
    plan,
    benchmarks: data.byName(),
    sources: data.byId(),
    modelNotes: await models.check(planned),
  };
}

/** Reads each choice of rows once, however many variants make it. */
function dataReader() {
  const byId = new Map<string, PreparedBenchmark>();
  const byName = new Map<string, PreparedBenchmark>();
  const sources: Record<string, DataSource> = {};
  let before: { readonly spec: Spec; readonly found: PlannedVariant["sources"] } | undefined;

  async function readOne(
    { generated, generatedRows, generatedRowsFile, splitGuard, allowSharedText }: Spec,
    benchmark: BenchmarkSpec,
    variant: string,
  ): Promise<PlannedSource> {
    const chosen = generated[benchmark.name];
    const choice: DataChoice = {
      generated: chosen === undefined ? {} : { [benchmark.name]: chosen },
      ...(generatedRows === undefined ? {} : { generatedRows }),
      ...(generatedRowsFile === undefined ? {} : { generatedRowsFile }),
      splitGuard,
      allowSharedText,
    };
    const id = sha256(canonicalJson({ benchmark, choice })).slice(0, 16);
    const known = byId.get(id);
    if (known !== undefined) return { id, prepared: known };
    const prepared = await prepareBenchmark(choice, benchmark);
    byId.set(id, prepared);
    const { name } = benchmark;
    byName.set(byName.has(name) ? `${name}, ${variant}` : name, prepared);
    sources[id] = { benchmark, choice, digests: prepared.digests };
    return { id, prepared };
  }

  return {
    byId: () => byId,
    byName: () => byName,
    sources: () => sources,
    async read(spec: Spec, variant: string): Promise<PlannedVariant["sources"]> {
      // Variants share what does not differ, so most of 100,000 are known by a look at the one before.
      if (before !== undefined && chooseSameRows(before.spec, spec)) return before.found;
      const found = new Map<string, PlannedSource>();
      for (const benchmark of spec.benchmarks) {
        found.set(benchmark.name, await readOne(spec, benchmark, variant));
      }
      before = { spec, found };
      return found;
    },
  };
}

const chooseSameRows = (left: Spec, right: Spec): boolean =>
  left.benchmarks === right.benchmarks &&
  left.generated === right.generated &&
  left.generatedRows === right.generatedRows &&
  left.generatedRowsFile === right.generatedRowsFile &&
  left.splitGuard === right.splitGuard &&
  left.allowSharedText === right.allowSharedText;

/** Finds, digests and checks each model once. */
function modelReader(backend: PlanningBackend) {
  const known = new Map<string, PlannedModel>();
  const notes: string[] = [];
  /** By the very object, which variants share where it is not swept. */
  const byObject = new Map<ModelSpec, PlannedModel>();
  return {
    async read(written: ModelSpec): Promise<PlannedModel> {
      const shared = byObject.get(written);
      if (shared !== undefined) return shared;
      const name = canonicalJson(written);
      const found = known.get(name);
      if (found !== undefined) return found;
      const located = await backend.locate?.(written);
      const model = located?.model ?? written;
      notes.push(...(located?.notes ?? []));
      const planned = {
        model,
        digest: await modelDigest(model),
        tokenizer: await tokenizerDigest(model),
      };
      known.set(name, planned);
      byObject.set(written, planned);
      return planned;
    },
    /** @throws CounterweightError `model` where a model does not take what the settings say. */
    async check(variants: readonly PlannedVariant[]): Promise<string[]> {
      for (const own of known.values()) {
        const users = variants.filter(({ model }) => model === own);
        const settings = users.flatMap(({ spec }) => {
          const { maxLength = spec.train.maxLength } = spec.checker;
          if (maxLength === spec.train.maxLength) return [spec.train];
          return [spec.train, { ...spec.train, maxLength }];
        });
        notes.push(...((await backend.check?.(own.model, settings)) ?? []));
      }
      return notes;
    },
  };
}
