import { sha256 } from "@counterweight/base";
import type { EventFields } from "../map/fields.js";

/** Sizes of a made-up run. */
export interface ExampleRun {
  readonly seeds: number;
  /** Steps of each training, two epochs. */
  readonly steps: number;
  /** As logs were before plans told which training each trial comes from. */
  readonly old?: boolean;
}

const methods = ["ce", "imp", "dimp"] as const;

export const exampleLoss = (training: string, step: number): number =>
  Number.parseInt(sha256(`${training} ${step}`).slice(0, 6), 16) / 2 ** 24;

const keyOf = (method: string, seed: number): string => sha256(`${method} ${seed}`);

const trialOf = (method: string, seed: number) => ({
  benchmark: "toy",
  generated: "toy",
  checkerFraction: 1,
  seed,
  method,
  loss: method,
  gamma: 1,
});

/** Events of one training, from its start to its end. */
export function trainingEvents(training: string, steps: number, weighted: boolean): EventFields[] {
  const events: EventFields[] = [{ type: "training-start", training }];
  for (let step = 1; step <= steps; step++) {
    const epoch = step <= steps / 2 ? 1 : 2;
    const loss = exampleLoss(training, step);
    events.push({
      ...{ type: "step", training, step, steps, epoch, loss, rows: 32, milliseconds: 5 },
      ...{ learningRate: 1 / step, gradientNorm: loss * 2 },
    });
    if (step === steps / 2 || step === steps) {
      const validation = { accuracy: epoch / 2, macroF1: epoch / 3, logLoss: 1 / epoch };
      events.push({
        ...{ type: "epoch", training, epoch, epochs: 2, trainLoss: loss, isBest: true, validation },
      });
      const health = { effectiveShare: 0.5, largestShare: 0.1, massOnTopTenth: 0.3, problems: [] };
      if (weighted) events.push({ type: "weights", training, epoch, ...health });
    }
  }
  events.push({ type: "end", training, bestEpoch: 2, reason: "completed" });
  events.push({ type: "training-end", training, seconds: 1.5 });
  return events;
}

/**
 * Events of a whole run in order: per seed a quality checker, then CE (which is the diversity checker
 * too), IMP and DIMP.
 */
export function exampleEvents({ seeds, steps, old = false }: ExampleRun): EventFields[] {
  const all = Array.from({ length: seeds }, (_, seed) => seed);
  const relation = (method: string, seed: number) => ({
    trial: trialOf(method, seed),
    result: [keyOf(method, seed)],
    checkers: [
      ...(method === "ce" ? [] : [keyOf("quality-checker", seed)]),
      ...(method === "dimp" ? [keyOf("ce", seed)] : []),
    ],
  });
  const trainings = all.flatMap((seed) =>
    ["quality-checker", ...methods].map((method) => ({
      key: keyOf(method, seed),
      label: `toy, ${method}, seed ${seed}`,
      ...{ method, benchmark: "toy", seed, rows: 32, steps, stored: false },
      uses: method === "quality-checker" ? 2 : method === "ce" ? 2 : 1,
      needs: method === "quality-checker" ? [] : relation(method, seed).checkers,
    })),
  );
  const trials = all.flatMap((seed) => methods.map((method) => relation(method, seed)));
  const git = { commit: "0123456789abcdef0123456789abcdef01234567", dirty: false };
  const roles = { train: 40, validation: 10, test: 20, generated: 32 };
  const digests = Object.fromEntries(Object.keys(roles).map((role) => [role, sha256(role)]));
  return [
    {
      ...{ type: "run-start", name: "example", trials: trials.length },
      environment: { node: "v20", packages: { "@counterweight/experiments": "0.1.0" }, git },
    },
    { type: "data", benchmark: "toy", rows: roles, digests, notes: [] },
    { type: "plan", trainings, ...(old ? {} : { trials }) },
    ...all.flatMap((seed) =>
      ["quality-checker", ...methods].flatMap((method) => {
        const events = trainingEvents(keyOf(method, seed), steps, method.includes("imp"));
        if (method === "quality-checker") return events;
        const scores = { accuracy: 0.5 + seed / 10, macroF1: 0.4, logLoss: 0.7 };
        const result = old ? {} : { result: [keyOf(method, seed)] };
        return [...events, { type: "trial", trial: trialOf(method, seed), scores, ...result }];
      }),
    ),
    { type: "run-end", status: "done", trials: trials.length, failed: 0, folder: "out" },
  ];
}

/** The same as lines of an event log. */
export const eventLog = (events: readonly EventFields[], begin: number): string =>
  events
    .map((event, index) => {
      const at = new Date(begin + index * 10).toISOString();
      return `${JSON.stringify({ at, run: new Date(begin).toISOString(), ...event })}\n`;
    })
    .join("");
