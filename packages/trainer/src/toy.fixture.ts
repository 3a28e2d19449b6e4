import {
  type BertConfig,
  initialiseParameters,
  randomConfig,
  type Tokenizer,
  wordPieceTokenizer,
} from "@counterweight/bert";
import { quickstartWorld, sampleBenchmark, type TextTable, vocabulary } from "@counterweight/data";
import { lossByName } from "@counterweight/losses";
import { onnxRuntime } from "@counterweight/runtime";
import type { TrainingEvent } from "./events.js";
import { paperSettings, type TrainingSettings } from "./settings.js";
import { train } from "./train.js";
import type { LabelledTexts, TrainRequest } from "./train-request.js";

export const toySettings: TrainingSettings = {
  ...paperSettings,
  epochs: 3,
  learningRate: 1e-3,
  threads: 1,
};

interface Toy {
  readonly config: BertConfig;
  readonly train: LabelledTexts;
  readonly validation: LabelledTexts;
}

/** A small world and a small BERT with dropout for it. */
export function toy(generatedRows = 200): Toy {
  const world = quickstartWorld();
  const sample = sampleBenchmark(world, {
    generatedRows,
    realRows: 100,
    validationRows: 80,
    testRows: 80,
    seed: 1,
  });
  const tokenizer: Tokenizer = wordPieceTokenizer(vocabulary(world));
  const encode = (table: TextTable): LabelledTexts => ({
    encoded: tokenizer.encodeAll(table.text, table.textPair, { maxLength: 16 }),
    labels: table.label,
  });
  const config = randomConfig({
    vocabularySize: tokenizer.vocabularySize,
    hiddenSize: 32,
    layers: 2,
    heads: 2,
    maxPositions: 16,
    dropout: 0.1,
    numLabels: 2,
  });
  return { config, train: encode(sample.generated), validation: encode(sample.validation) };
}

/** A request over {@link toy}; `change` replaces parts of it. */
export function toyRequest(
  settings: Partial<TrainingSettings> = {},
  change: Partial<TrainRequest> = {},
): TrainRequest {
  const { config, train, validation } = toy();
  return {
    runtime: onnxRuntime(),
    config,
    initial: initialiseParameters(config, 0),
    train,
    validation,
    loss: lossByName("ce"),
    gamma: 1,
    settings: { ...toySettings, ...settings },
    ...change,
  };
}

/** Runs a training to its end. */
export async function collect(request: TrainRequest): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  for await (const event of train(request)) events.push(event);
  return events;
}
