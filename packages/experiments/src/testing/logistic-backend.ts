import { at, CounterweightError, randomStream } from "@counterweight/base";
import type { TextTable } from "@counterweight/data";
import { accuracy, confusionMatrix, logLoss, macroF1 } from "@counterweight/metrics";
import { mostLikely } from "@counterweight/trainer";
import type {
  TrainedOutcome,
  TrainingBackend,
  TrainingEvent,
  TrainingRequest,
} from "../run/backend.js";
import { rowWeights } from "../run/weights.js";

/** What a test can see and change of the backend. */
export interface LogisticBackend extends TrainingBackend {
  /** Every training that began. */
  readonly started: TrainingRequest[];
  /** Models that were given out and not freed. */
  readonly open: () => number;
}

/**
 * A small real learner for tests: multinomial logistic regression on words, trained by plain SGD
 * with the losses' own row weights. Fast, deterministic, and it does learn the toy world.
 * @param failing trainings for which this is true stop with the reason "loss is NaN".
 */
export function logisticBackend(
  failing: (request: TrainingRequest) => boolean = () => false,
): LogisticBackend {
  const started: TrainingRequest[] = [];
  let open = 0;
  return {
    version: "logistic-1",
    started,
    open: () => open,
    async *train(request): AsyncGenerator<TrainingEvent, TrainedOutcome> {
      started.push(request);
      open++;
      let handedOut = false;
      try {
        const model = yield* learn(request, failing(request));
        handedOut = true;
        return {
          predict: async (table) => model(table),
          dispose: async () => {
            open--;
          },
        };
      } finally {
        if (!handedOut) open--;
      }
    },
    close: async () => undefined,
  };
}

type Model = (table: TextTable) => Float32Array;

async function* learn(
  request: TrainingRequest,
  fails: boolean,
): AsyncGenerator<TrainingEvent, Model> {
  const { train, validation, settings, loss, gamma, seed, scores, transforms, signal } = request;
  const classes = train.labelNames.length;
  let weights = new Map<string, Float64Array>();
  const vector = (word: string): Float64Array => {
    const known = weights.get(word) ?? new Float64Array(classes);
    weights.set(word, known);
    return known;
  };
  const model: Model = (table) =>
    Float32Array.from(table.text.flatMap((text) => logSoftmax(logits(text, classes, vector))));
  const random = randomStream("logistic", seed);
  const epochSteps = Math.ceil(train.text.length / settings.batchSize);
  const steps = epochSteps * settings.epochs;
  let best = { accuracy: -1, epoch: 0, weights };
  let step = 0;
  const lastWeights = new Float32Array(train.text.length);
  for (let epoch = 1; epoch <= settings.epochs; epoch++) {
    const order = random.shuffled(Array.from(train.text.keys()));
    let epochLoss = 0;
    for (let first = 0; first < order.length; first += settings.batchSize) {
      const rows = order.slice(first, first + settings.batchSize);
      const own = Float32Array.from(rows, (row) => {
        const label = at(train.label, row);
        return at(logSoftmax(logits(at(train.text, row), classes, vector)), label);
      });
      const column = (values: Float32Array | undefined): Float32Array =>
        Float32Array.from(rows, (row) => (values === undefined ? Number.NaN : at(values, row)));
      const columns = {
        own,
        quality: column(scores.quality),
        diversity: column(scores.diversity),
      };
      const factor = rowWeights(loss, gamma, columns, transforms).map(
        (weight, index) => weight * (train.weight?.[at(rows, index)] ?? 1),
      );
      rows.forEach((row, index) => {
        lastWeights[row] = at(factor, index) / (train.weight?.[row] ?? 1);
      });
      const learningRate = settings.learningRate * (1 - step / steps);
      let batchLoss = 0;
      const gradient = new Map<string, Float64Array>();
      rows.forEach((row, index) => {
        batchLoss -= (at(factor, index) * at(own, index)) / rows.length;
        const text = at(train.text, row);
        const probabilities = logSoftmax(logits(text, classes, vector)).map(Math.exp);
        for (const word of text.split(" ")) {
          const sum = gradient.get(word) ?? new Float64Array(classes);
          gradient.set(word, sum);
          probabilities.forEach((probability, label) => {
            const error = probability - (label === at(train.label, row) ? 1 : 0);
            sum[label] = at(sum, label) + (at(factor, index) * error) / rows.length;
          });
        }
      });
      const cells = [...gradient.values()].flatMap((sum) => [...sum]);
      const gradientNorm = Math.hypot(...cells);
      const clip = Math.min(1, (settings.clipNorm ?? Number.POSITIVE_INFINITY) / gradientNorm);
      for (const [word, sum] of gradient) {
        const target = vector(word);
        sum.forEach((value, label) => {
          target[label] = at(target, label) - learningRate * clip * value;
        });
      }
      step++;
      epochLoss += (batchLoss * rows.length) / order.length;
      if (fails && step === 2) {
        yield { type: "end", bestEpoch: 0, reason: "the loss is NaN at step 2" };
        return model;
      }
      if (signal?.aborted === true) {
        yield { type: "end", bestEpoch: 0, reason: "aborted" };
        return model;
      }
      yield {
        type: "step",
        step,
        steps,
        epoch,
        loss: batchLoss,
        learningRate,
        gradientNorm,
        rows: rows.length,
        milliseconds: 1,
      };
    }
    const values = model(validation);
    const predicted = mostLikely(values, classes);
    const score = accuracy(validation.label, predicted);
    const isBest = score > best.accuracy;
    if (isBest) {
      const copy = new Map([...weights].map(([word, vectors]) => [word, vectors.slice()]));
      best = { accuracy: score, epoch, weights: copy };
    }
    yield {
      type: "epoch",
      epoch,
      epochs: settings.epochs,
      trainLoss: epochLoss,
      validation: {
        accuracy: score,
        macroF1: macroF1(confusionMatrix(validation.label, predicted, classes)),
        logLoss: logLoss(validation.label, values, classes),
      },
      isBest,
      weights: lastWeights.slice(),
    };
  }
  weights = best.weights;
  if (best.epoch === 0) throw new CounterweightError("internal", "no epoch ran");
  yield { type: "end", bestEpoch: best.epoch, reason: "completed" };
  return model;
}

function logits(text: string, classes: number, vector: (word: string) => Float64Array): number[] {
  const sums = new Array<number>(classes).fill(0);
  for (const word of text.split(" ")) {
    vector(word).forEach((value, label) => {
      sums[label] = (sums[label] ?? 0) + value;
    });
  }
  return sums;
}

function logSoftmax(values: readonly number[]): number[] {
  const largest = Math.max(...values);
  const sum = values.reduce((total, value) => total + Math.exp(value - largest), 0);
  return values.map((value) => value - largest - Math.log(sum));
}
