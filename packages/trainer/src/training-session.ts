import { at } from "@counterweight/base";
import { packBatch, wordEmbeddingName } from "@counterweight/bert";
import { sizesOf, type TensorValue } from "@counterweight/graph";
import { createDropoutMasks } from "./dropout.js";
import { createOptimizer, createParameterState } from "./optimizer/index.js";
import { buildStepProgram, gradientName, wordVectorGradient } from "./programs.js";
import type { TrainRequest } from "./train.js";

/** Starting values by Hugging Face name. */
export type InitialParameters = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly values: Float32Array }
>;

export interface StepResult {
  /** Mean loss of the batch. */
  readonly loss: number;
  /** Global norm before clipping; NaN where the loss is not finite. */
  readonly gradientNorm: number;
  readonly clipFactor: number;
  /** Weight of each row of the batch. */
  readonly weights: Float32Array;
  readonly tokens: number;
}

/** Everything that training changes, and the one thing that changes it. */
export interface TrainingSession {
  /** Live views: a step changes them in place. */
  readonly parameters: Readonly<Record<string, TensorValue>>;
  /**
   * Live views of what the last step left: dense gradients by parameter, and for the word embedding
   * a row a token, summed per vocabulary id into the first token of each id.
   */
  readonly gradients: Readonly<Record<string, TensorValue>>;
  /**
   * One batch forward and backward, clipping, one update. Step counts from 0. Where the loss or the
   * gradient norm is not finite nothing is updated.
   */
  step(rows: readonly number[], step: number, learningRate: number): Promise<StepResult>;
  /** Remembers the parameters as the best so far. */
  keepBest(): void;
  restoreBest(): void;
  /** A copy that outlives the state. */
  copyParameters(): Readonly<Record<string, TensorValue>>;
  release(): Promise<void>;
}

/** Compiles the step and lays out parameters, gradients and moments for it. */
export async function createTrainingSession(
  request: TrainRequest,
  maximumTokens: number,
): Promise<TrainingSession> {
  const { config, loss, gamma, settings, runtime, train } = request;
  const step = buildStepProgram(config, loss, { gamma });
  const memory = createParameterState(
    [...request.initial].map(([name, { shape }]) => ({
      name,
      shape,
      sparseRows: name === wordEmbeddingName,
    })),
    { maximumTokens },
  );
  memory.load(new Map([...request.initial].map(([name, { values }]) => [name, values])));
  const optimizer = createOptimizer(memory, {
    kind: settings.optimizer,
    beta1: settings.beta1,
    beta2: settings.beta2,
    epsilon: settings.epsilon,
    weightDecay: settings.weightDecay,
    momentum: settings.momentum,
    clipNorm: settings.clipNorm,
  });
  const masks = createDropoutMasks(settings.seed);
  const executable = await runtime.compile(step.program, { threads: settings.threads });

  const parameters: Record<string, TensorValue> = {};
  const gradients: Record<string, TensorValue> = {};
  const denseGradients: Record<string, TensorValue> = {};
  for (const { name, shape, value, gradient } of memory.parameters) {
    parameters[name] = { data: value, shape };
    const sparse = name === wordEmbeddingName;
    const view: TensorValue = {
      data: gradient,
      shape: sparse ? [maximumTokens, config.hiddenSize] : shape,
    };
    gradients[name] = view;
    if (!sparse) denseGradients[gradientName(name)] = view;
  }
  const tokenGradient = memory.parameter(wordEmbeddingName).gradient;
  const columns = {
    logQuality: train.logScores?.quality,
    logDiversity: train.logScores?.diversity,
  };
  const gather = (column: Float32Array, rows: readonly number[]): TensorValue => ({
    data: Float32Array.from(rows, (row) => at(column, row)),
    shape: [rows.length],
  });
  let best: Float32Array<ArrayBuffer> | undefined;

  return {
    parameters,
    gradients,
    async step(rows, index, learningRate) {
      const batch = packBatch(train.encoded, rows);
      const sizes = new Map([
        ["rows", batch.rows],
        ["tokens", batch.tokens],
        ["longest", batch.longest],
      ]);
      const inputs: Record<string, TensorValue> = {
        ...parameters,
        ...batch.values,
        labels: {
          data: Int32Array.from(rows, (row) => at(train.labels, row)),
          shape: [rows.length],
        },
        rowShares: {
          data: new Float32Array(rows.length).fill(1 / rows.length),
          shape: [rows.length],
        },
      };
      for (const { name } of step.program.inputs) {
        const column = name === "logQuality" || name === "logDiversity" ? columns[name] : undefined;
        if (column !== undefined) inputs[name] = gather(column, rows);
      }
      step.dropoutSites.forEach((site, number) => {
        const shape = sizesOf(site.shape, sizes);
        inputs[site.name] = {
          data: masks.draw({ step: index, site: number, rate: site.rate, shape }),
          shape,
        };
      });
      const wordGradient: TensorValue = {
        data: tokenGradient.subarray(0, batch.tokens * config.hiddenSize),
        shape: [batch.tokens, config.hiddenSize],
      };
      const results = await executable.run(inputs, {
        ...denseGradients,
        [wordVectorGradient]: wordGradient,
      });
      const meanLoss = results.loss?.data[0] ?? Number.NaN;
      // A loss can overflow float32 while its gradient does not; neither may reach a parameter.
      const { gradientNorm, clipFactor } = Number.isFinite(meanLoss)
        ? optimizer.step({ learningRate, tokenIds: batch.tokenIds })
        : { gradientNorm: Number.NaN, clipFactor: 1 };
      return {
        loss: meanLoss,
        gradientNorm,
        clipFactor,
        weights: Float32Array.from(results.weight?.data ?? []),
        tokens: batch.tokens,
      };
    },
    keepBest() {
      best = memory.snapshot(best);
    },
    restoreBest() {
      if (best !== undefined) memory.restore(best);
    },
    copyParameters: () =>
      Object.fromEntries(
        Object.entries(parameters).map(([name, { data, shape }]) => [
          name,
          { data: data.slice(), shape },
        ]),
      ),
    release: () => executable.release(),
  };
}
