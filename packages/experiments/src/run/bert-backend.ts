import { CounterweightError } from "@counterweight/base";
import {
  type EncodedTexts,
  loadCheckpoint,
  loadTokenizer,
  maxTokens,
  renderLoadReport,
  type Tokenizer,
  wordPieceTokenizer,
} from "@counterweight/bert";
import type { Benchmark, TextTable } from "@counterweight/data";
import { lossByName } from "@counterweight/losses";
import { onnxRuntime, type Runtime } from "@counterweight/runtime";
import {
  createPredictor,
  type LabelledTexts,
  type TrainingEvent as TrainerEvent,
  train,
} from "@counterweight/trainer";
import type { ModelSpec } from "../spec/schema.js";
import type {
  CheckpointSettings,
  TrainedOutcome,
  TrainingBackend,
  TrainingEvent,
  TrainingRequest,
} from "./backend.js";
import { checkLength, checkSizes, startModel, wordsOf } from "./bert-model.js";
import { exportModel, keepModel } from "./bert-saving.js";
import { libraryVersion } from "./library-version.js";
import { type HubAccess, locateModel } from "./locate-model.js";
import { openCheckpoints } from "./training-checkpoints.js";

/** Change it when equal requests may give other results. */
const codeVersion = "bert-1";

/** Libraries whose next version may give other bits: those that compute and those that tokenise. */
const computing = ["onnxruntime-node", "@huggingface/tokenizers"];

/** Part of every training's key. */
function backendVersion(): string {
  const versions = computing.map((name) => `${name} ${libraryVersion(name) ?? "unknown"}`);
  return [codeVersion, ...versions].join(", ");
}

/**
 * Trains BERT classifiers (RoBERTa, DistilBERT); tokenisers and encodings are kept from one training
 * to the next.
 * @param hub how models of the Hugging Face hub are reached; without it only folders are.
 */
export function bertBackend(
  runtime: Runtime = onnxRuntime(),
  hub: HubAccess | undefined = undefined,
): TrainingBackend {
  const tokenizers = new Map<string, Promise<Tokenizer>>();
  const wordTokenizers = new WeakMap<Benchmark, Tokenizer>();
  const encodings = new WeakMap<TextTable, Map<string, EncodedTexts>>();

  function tokenizerOfFolder(folder: string): Promise<Tokenizer> {
    const known = tokenizers.get(folder) ?? loadTokenizer(folder);
    tokenizers.set(folder, known);
    return known;
  }

  async function tokenizerOf(model: ModelSpec, benchmark: Benchmark): Promise<Tokenizer> {
    const folder = model.checkpoint ?? model.config?.tokenizer;
    if (folder !== undefined) return tokenizerOfFolder(folder);
    const known = wordTokenizers.get(benchmark) ?? wordPieceTokenizer(wordsOf(benchmark));
    wordTokenizers.set(benchmark, known);
    return known;
  }

  function encode(
    table: TextTable,
    tokenizer: Tokenizer,
    key: string,
    maxLength: number,
  ): EncodedTexts {
    const byKey = encodings.get(table) ?? new Map<string, EncodedTexts>();
    encodings.set(table, byKey);
    const known = byKey.get(key) ?? tokenizer.encodeAll(table.text, table.textPair, { maxLength });
    byKey.set(key, known);
    return known;
  }

  return {
    version: backendVersion(),
    locate: (model) => locateModel(model, hub),
    exportModel,
    async check(model, settings) {
      const { checkpoint, config } = model;
      const folder = checkpoint ?? config?.tokenizer;
      if (folder !== undefined) await tokenizerOfFolder(folder);
      if (checkpoint === undefined) {
        checkSizes(model);
        return [];
      }
      // Read here and again by each training: a tenth of a second, and nothing is kept in memory.
      const { config: own, report } = await loadCheckpoint(checkpoint, { seed: 0 });
      for (const { maxLength } of settings) checkLength(maxLength, maxTokens(own), checkpoint);
      return renderLoadReport(report)
        .split("\n")
        .filter((line) => line !== "");
    },
    async tokenise({ model, benchmark, table, maxLength }) {
      const tokenizer = await tokenizerOf(model, benchmark);
      return tokenizer.encodeAll(table.text, table.textPair, { maxLength });
    },
    async *train(request: TrainingRequest): AsyncGenerator<TrainingEvent, TrainedOutcome> {
      const { model, benchmark, settings, seed } = request;
      const started = performance.now();
      const tokenizer = await tokenizerOf(model, benchmark);
      const { config, initial } = await startModel(model, benchmark, tokenizer, settings, seed);
      const key = `${model.checkpoint ?? model.config?.tokenizer ?? ""} ${settings.maxLength}`;
      const rows = (table: TextTable): LabelledTexts => ({
        encoded: request.tokens?.get(table) ?? encode(table, tokenizer, key, settings.maxLength),
        labels: table.label,
      });
      const loaded = performance.now();
      yield { type: "phase", phase: "load", milliseconds: loaded - started };
      // All at once, so that the time is seen; later calls find what is kept.
      for (const table of [
        request.train,
        request.validation,
        benchmark.generated,
        benchmark.test,
      ]) {
        rows(table);
      }
      yield { type: "phase", phase: "tokenise", milliseconds: performance.now() - loaded };
      const { checkpoints, signal } = request;
      const keeper = checkpoints === undefined ? undefined : await openCheckpoints(checkpoints);
      if (keeper?.resume !== undefined) yield keeper.resume.event;
      else if (keeper !== undefined && keeper.damaged.length > 0) {
        const past = { loss: [], learningRate: [], epochs: [] };
        yield { type: "resumed", step: 0, past, damaged: keeper.damaged };
      }
      const { weight } = request.train;
      const stream = train({
        runtime,
        config,
        initial,
        train: {
          ...rows(request.train),
          logScores: request.scores,
          ...(weight === undefined ? {} : { rowWeights: weight }),
        },
        validation: rows(request.validation),
        loss: lossByName(request.loss),
        gamma: request.gamma,
        transforms: request.transforms,
        settings: { ...settings, seed },
        ...(signal === undefined ? {} : { signal }),
        ...(checkpoints === undefined
          ? {}
          : { checkpoint: { everyEpoch: checkpoints.everyEpoch, ...every(checkpoints) } }),
        ...(keeper?.resume === undefined ? {} : { resume: keeper.resume.state }),
      });
      let last: TrainerEvent | undefined;
      for await (const event of stream) {
        last = event;
        if (event.type === "checkpoint") {
          if (keeper !== undefined) yield await keeper.keep(event);
        } else {
          keeper?.see(event);
          yield event;
        }
      }
      if (last?.type !== "end")
        throw new CounterweightError("internal", "the training did not end.");
      const trained = last.model;
      const predictor = await createPredictor(
        runtime,
        config,
        trained.parameters,
        settings.threads,
      );
      return {
        predict: (table) => predictor.predict(rows(table).encoded),
        dispose: () => predictor.release(),
        save: (folder) =>
          keepModel(folder, trained, {
            checkpoint: model.checkpoint ?? model.config?.tokenizer,
            words: () => wordsOf(benchmark),
            maxLength: settings.maxLength,
          }),
      };
    },
    async close() {},
  };
}

const every = ({ everySteps }: CheckpointSettings): { everySteps?: number } =>
  everySteps === null ? {} : { everySteps };
