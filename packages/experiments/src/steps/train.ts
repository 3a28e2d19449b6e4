import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import type { Role, TextTable } from "@counterweight/data";
import { type EntryRecord, keyOf, type RunnerContext, type Step } from "@counterweight/steps";
import { floatsOf } from "../float-bytes.js";
import type { TrainRecipe } from "../plan/recipes.js";
import { keptModelMaking, stepVersions } from "../plan/step-builder.js";
import type { TokenisedRows, TrainingBackend } from "../run/backend.js";
import { closeEarly } from "../run/close-early.js";
import { trainOne } from "../run/train-one.js";
import { scoreFile } from "./light-steps.js";
import { modelUnchanged } from "./model-guard.js";
import { tokensOf } from "./rows-of.js";
import { type SourceData, splitOf } from "./source-data.js";
import { tokenFiles, tokensFromFiles } from "./tokenised-rows.js";
import { type TrainingResult, writeTraining } from "./training-result.js";

/** Folder of a kept model inside its entry. */
export const modelFolder = "model";

/** Trains a checker or a classifier; undefined where the signal stopped it. */
export async function train(
  step: Step,
  recipe: TrainRecipe,
  context: RunnerContext,
  { backend, data }: { readonly backend: TrainingBackend; readonly data: SourceData },
): Promise<unknown> {
  const saveTo = recipe.keepsModel ? join(context.work, "model") : undefined;
  if (saveTo !== undefined) await rm(saveTo, { recursive: true, force: true });
  const result = await trained(step, recipe, context, { backend, data, saveTo });
  if (result === undefined) return undefined;
  if (saveTo !== undefined) await publishModel(step, saveTo, context);
  return writeTraining(context.draft, result);
}

/** Trains once more, for the model alone. */
export async function keepModel(
  step: Step,
  recipe: TrainRecipe,
  context: RunnerContext,
  parts: { readonly backend: TrainingBackend; readonly data: SourceData },
): Promise<unknown> {
  const saveTo = join(context.draft, modelFolder);
  const result = await trained(step, recipe, context, { ...parts, saveTo });
  return result === undefined ? undefined : {};
}

async function trained(
  step: Step,
  recipe: TrainRecipe,
  context: RunnerContext,
  {
    backend,
    data,
    saveTo,
  }: {
    readonly backend: TrainingBackend;
    readonly data: SourceData;
    readonly saveTo: string | undefined;
  },
): Promise<Omit<TrainingResult, "key" | "label"> | undefined> {
  const { input, store, signal, emit } = context;
  const unchanged = (): Promise<void> => modelUnchanged(recipe.model, recipe.modelDigest);
  await unchanged();
  const { benchmark } = await data.prepared(recipe.source);
  const rows = await data.table(recipe.source, recipe.rows, input);
  const validation = await data.table(recipe.source, recipe.validation, input);
  const column = async (key: string | undefined): Promise<Float32Array | undefined> =>
    key === undefined ? undefined : floatsOf(await store.file(await input(key), scoreFile));
  const quality = await column(recipe.quality);
  const diversity = await column(recipe.diversity);
  const stream = trainOne({
    recipe,
    benchmark,
    rows,
    validation,
    scores: {
      ...(quality === undefined ? {} : { quality }),
      ...(diversity === undefined ? {} : { diversity }),
    },
    tokens: await tokensOfTables(recipe, rows, validation, context, data),
    backend,
    clock: () => performance.now(),
    checkpoints: {
      folder: join(context.work, "checkpoints"),
      key: step.key,
      ...recipe.checkpoints,
    },
    signal,
    ...(saveTo === undefined ? {} : { saveTo }),
  });
  let next = await stream.next();
  try {
    while (next.done !== true) {
      const event = next.value;
      // Between the first look and now they were read.
      if (event.type === "phase" && event.phase === "load") await unchanged();
      emit(event);
      next = await stream.next();
    }
  } finally {
    if (next.done !== true) await closeEarly(stream);
  }
  // A kept model has the tokenizer's files as they were when it was saved.
  if (saveTo !== undefined) await unchanged();
  return next.value;
}

/** Tokens of every table that the training touches, from the steps that made them. */
async function tokensOfTables(
  { source, tokens, rows, validation }: TrainRecipe,
  trainTable: TextTable,
  validationTable: TextTable,
  { input, store }: RunnerContext,
  data: SourceData,
): Promise<ReadonlyMap<TextTable, TokenisedRows>> {
  const known = new Map<Role, TokenisedRows>();
  for (const [role, key] of Object.entries(tokens)) {
    const entry = await input(key);
    const file = (name: string): Promise<Buffer> => store.file(entry, name);
    known.set(
      roleNamed(role),
      tokensFromFiles({
        offsets: await file(tokenFiles.offsets),
        tokenIds: await file(tokenFiles.tokenIds),
        typeIds: await file(tokenFiles.typeIds),
      }),
    );
  }
  const { benchmark } = await data.prepared(source);
  const tables = new Map<TextTable, TokenisedRows>();
  for (const [role, own] of known) tables.set(benchmark[role], own);
  const ofRole = (role: Role): TokenisedRows => {
    const own = known.get(role);
    if (own === undefined) throw new CounterweightError("internal", `no tokens of ${role}`);
    return own;
  };
  if (known.size > 0) {
    for (const [table, ref] of [
      [trainTable, rows],
      [validationTable, validation],
    ] as const) {
      if (!tables.has(table)) tables.set(table, tokensOf(ref, await splitOf(ref, input), ofRole));
    }
  }
  return tables;
}

function roleNamed(name: string): Role {
  if (name === "train" || name === "validation" || name === "test" || name === "generated") {
    return name;
  }
  throw new CounterweightError("internal", `no role ${name}`);
}

/** Publishes the model as an entry of its own; somebody else's is as good, since bits are equal. */
async function publishModel(step: Step, folder: string, { store }: RunnerContext): Promise<void> {
  const { kind, settings, inputs } = keptModelMaking(step.key);
  const making = { kind, version: stepVersions[kind], settings, inputs };
  const claim = await store.claim(keyOf(making));
  if (claim.kind !== "mine") return;
  const { lease } = claim;
  try {
    await rename(folder, join(lease.draft, modelFolder));
    await lease.publish({ making, record: modelRecord(step), result: {} });
  } finally {
    // A lease that was not published would be held for as long as this process lives.
    await lease.release().catch(() => undefined);
  }
}

/** The training's own entry says what made it, and where. */
function modelRecord({ label, resources }: Step): EntryRecord {
  const now = new Date().toISOString();
  return {
    started: now,
    ended: now,
    seconds: 0,
    label: `model of ${label}`,
    cost: { shape: "keep-model beside its training", units: 1 },
    threads: resources.threads,
    executor: "beside its training",
    attempt: 1,
    code: { see: "the entry of the training" },
    machine: { id: "", cpu: "", cores: 0, memoryGiB: 0, platform: "", node: "" },
  };
}
