import type { TrainedOutcome, TrainingBackend } from "@counterweight/experiments";
import { main } from "./command.js";

/** A spec of three trainings that takes no time with the backend below. */
export const sampleSpec = `version: 1
name: sample
model: { config: { hiddenSize: 4, layers: 1, heads: 1, intermediateSize: 4 } }
benchmarks: [{ kind: toy-world, generatedRows: 60, realRows: 60, validationRows: 20, testRows: 50 }]
allowSharedText: [train, validation, generated]
seeds: [0]
methods: [ce, dimp]
train: { epochs: 2 }
run: { executor: in-process }
tracking: { uri: off }
evaluation: { bootstrapResamples: 100 }
`;

/**
 * Predicts class shares of the rows it was given: the smallest learner there is, enough to see what
 * the command does around it.
 */
export function shareBackend(onStep: () => void = () => undefined, fails = false): TrainingBackend {
  return {
    version: "shares-1",
    async *train({ train, validation, settings, signal }) {
      const classes = train.labelNames.length;
      const counts = new Array<number>(classes).fill(1);
      for (const label of train.label) counts[label] = (counts[label] ?? 0) + 1;
      const total = counts.reduce((sum, count) => sum + count, 0);
      const logs = counts.map((count) => Math.log(count / total));
      const outcome: TrainedOutcome = {
        predict: async (table) => Float32Array.from(table.text.flatMap(() => logs)),
        dispose: async () => undefined,
      };
      for (let step = 1; step <= settings.epochs; step++) {
        if (signal?.aborted === true) {
          yield { type: "end", bestEpoch: 0, reason: "aborted" };
          return outcome;
        }
        onStep();
        const rate = { learningRate: 1, gradientNorm: 1, milliseconds: 1 };
        const rows = train.text.length;
        yield { type: "step", step, steps: settings.epochs, epoch: step, loss: 1, rows, ...rate };
        const right = validation.label.filter((label) => label === 0).length;
        const accuracy = right / validation.label.length;
        yield {
          type: "epoch",
          epoch: step,
          epochs: settings.epochs,
          trainLoss: 1,
          validation: { accuracy, macroF1: accuracy, logLoss: 1 },
          isBest: step === 1,
        };
      }
      yield { type: "end", bestEpoch: 1, reason: fails ? "not-finite" : "completed" };
      return outcome;
    },
    close: async () => undefined,
  };
}

/** What a command did. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly exits: readonly number[];
}

/** Gives words to the command in this process. */
export async function command(
  words: readonly string[],
  backend: (interrupt: () => void) => TrainingBackend = () => shareBackend(),
  environment: Readonly<Record<string, string>> = {},
  onExit: () => void = () => undefined,
): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  const exits: number[] = [];
  let interrupt: () => void = () => undefined;
  const code = await main(
    words,
    {
      stdout: (part) => {
        stdout += part;
      },
      stderr: (part) => {
        stderr += part;
      },
      columns: undefined,
      environment,
      now: () => new Date(),
      onInterrupt: (listener) => {
        interrupt = listener;
        return () => undefined;
      },
      exit: (exit) => {
        exits.push(exit);
        onExit();
      },
    },
    // No test stands or falls by how busy the machine is.
    { createBackend: async () => backend(() => interrupt()), lastWordMs: 60_000 },
  );
  return { code, stdout, stderr, exits };
}
