import { at, CounterweightError } from "@counterweight/base";
import { packBatch, wordEmbeddingNameOf } from "@counterweight/bert";
import { sizesOf, type TensorValue } from "@counterweight/graph";
import { createDropoutMasks } from "./dropout.js";
import { createOptimizer, createParameterState, type TrainingState } from "./optimizer/index.js";
import { buildStepProgram, gradientName, wordVectorGradient } from "./programs.js";
import type { TrainRequest } from "./train-request.js";

export interface StepResult {
  /** Mean loss of the batch. */
  readonly loss: number;
  /** Global norm before clipping; NaN where the loss is not finite. */
  readonly gradientNorm: number;
  readonly clipFactor: number;
  /** The loss's factor on `-log p` of each row of the batch. */
  readonly weights: Float32Array;
  /** `log p(y|x)` of each row's given label, dropout on. */
  readonly logProbability: Float32Array;
  readonly tokens: number;
}

/** What a checkpoint holds of a session. */
export interface SessionState {
  readonly optimizer: TrainingState;
  /** Values of the parameters that `keepBest` kept, in their order; null before. */
  readonly best: readonly Float32Array[] | null;
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
  /** What the next step depends on, as live views, and the best parameters as kept. */
  state(): SessionState;
  /** Continues from such a state, bit for bit. Throws "model" where it does not fit. */
  resume(state: SessionState): void;
  /** A copy that outlives the state. */
  copyParameters(): Readonly<Record<string, TensorValue>>;
  release(): Promise<void>;
}

/** `w_i / B` of each row of a batch of B: the batch size stays the denominator. */
function rowShares(rows: readonly number[], weights: Float32Array | undefined): Float32Array {
  return weights === undefined
    ? new Float32Array(rows.length).fill(1 / rows.length)
    : Float32Array.from(rows, (row) => at(weights, row) / rows.length);
}

/** Compiles the step and lays out parameters, gradients and moments for it. */
export async function createTrainingSession(
  request: TrainRequest,
  maximumTokens: number,
): Promise<TrainingSession> {
  const { config, loss, gamma, transforms = [], settings, runtime, train } = request;
  const wordEmbedding = wordEmbeddingNameOf(config);
  const step = buildStepProgram(config, loss, { gamma, transforms });
  const memory = createParameterState(
    [...request.initial].map(([name, { shape }]) => ({
      name,
      shape,
      sparseRows: name === wordEmbedding,
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
    const sparse = name === wordEmbedding;
    const view: TensorValue = {
      data: gradient,
      shape: sparse ? [maximumTokens, config.hiddenSize] : shape,
    };
    gradients[name] = view;
    if (!sparse) denseGradients[gradientName(name)] = view;
  }
  const tokenGradient = memory.parameter(wordEmbedding).gradient;
  const columns = {
    logQuality: train.logScores?.quality,
    logDiversity: train.logScores?.diversity,
  };
  const gather = (column: Float32Array, rows: readonly number[]): TensorValue => ({
    data: Float32Array.from(rows, (row) => at(column, row)),
    shape: [rows.length],
  });
  let best: Float32Array<ArrayBuffer> | undefined;
  /** A snapshot's part of each parameter, as views. */
  const pieces = (flat: Float32Array): Float32Array[] => {
    let end = 0;
    return memory.parameters.map(({ value }) => {
      end += value.length;
      return flat.subarray(end - value.length, end);
    });
  };

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
        rowShares: { data: rowShares(rows, train.rowWeights), shape: [rows.length] },
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
        logProbability: Float32Array.from(results.logProbability?.data ?? []),
        tokens: batch.tokens,
      };
    },
    keepBest() {
      best = memory.snapshot(best);
    },
    restoreBest() {
      if (best !== undefined) memory.restore(best);
    },
    state: () => ({
      optimizer: memory.viewState(),
      best: best === undefined ? null : pieces(best),
    }),
    resume({ optimizer: stored, best: kept }) {
      memory.importState(stored);
      if (kept === null) return;
      const flat = new Float32Array(memory.length);
      pieces(flat).forEach((piece, index) => {
        const values = at(kept, index);
        if (values.length !== piece.length) {
          throw new CounterweightError("model", "the best parameters are not those of this model.");
        }
        piece.set(values);
      });
      best = flat;
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
