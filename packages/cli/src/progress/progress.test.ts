import type { PlannedTraining, RunEvent } from "@counterweight/experiments";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration } from "../words.js";
import { eventLine } from "./event-line.js";
import { progressWriter } from "./progress-writer.js";
import { renderProgress } from "./render.js";
import { initialProgress, type ProgressState, reduceProgress } from "./state.js";

const planned = (key: string, steps: number, stored = false): PlannedTraining => ({
  key,
  kind: "train-classifier",
  label: `toy-world, ${key}, seed 0`,
  method: key,
  benchmark: "toy-world",
  seed: 0,
  rows: 320,
  steps,
  uses: 1,
  needs: [],
  stored,
});

const step = (training: string, number: number, milliseconds = 500): RunEvent => ({
  type: "step",
  training,
  step: number,
  steps: 20,
  epoch: number <= 10 ? 1 : 2,
  loss: 0.5,
  learningRate: 1e-4,
  gradientNorm: 1,
  rows: 32,
  milliseconds,
});

const epoch = (training: string, number: number): RunEvent => ({
  type: "epoch",
  training,
  epoch: number,
  epochs: 2,
  trainLoss: 0.42,
  validation: { accuracy: 0.75, macroF1: 0.7, logLoss: 0.5 },
  isBest: true,
});

const plan: RunEvent = {
  type: "plan",
  trainings: [planned("old", 20, true), planned("ce", 20), planned("imp", 20)],
  trials: [],
  steps: {},
  executor: "in-process",
  store: "store",
};

const start = (training: string, where = "in-process"): RunEvent => ({
  type: "training-start",
  training,
  where,
  attempt: 1,
});

const after = (...events: RunEvent[]): ProgressState =>
  events.reduce((state, event) => reduceProgress(state, event), initialProgress);

describe("renderProgress", () => {
  it("shows place, epoch, step, loss, speed and the time left of the training and the run", () => {
    const state = after(
      plan,
      { type: "training-reused", training: "old" },
      start("ce"),
      step("ce", 12),
    );
    // 8 steps of half a second are left here, and 20 more in the training that waits.
    expect(renderProgress(state)).toEqual([
      "[2/3] toy-world, ce, seed 0  epoch 2  step 12/20  loss 0.5000  64 rows/s  0:04 left  run 0:14 left",
    ]);
  });

  it("shows one line a running training and none for what has ended", () => {
    const both = after(plan, start("ce"), start("imp"));
    // The benchmark, a line each, and the queue.
    expect(renderProgress(both)).toHaveLength(4);
    const failed = reduceProgress(both, {
      type: "training-failed",
      training: "ce",
      message: "NaN",
    });
    expect(renderProgress(failed)).toEqual(["[3/3] toy-world, imp, seed 0  epoch 1  step 0/20"]);
  });

  it("never is wider than the terminal", () => {
    const state = after(plan, start("ce"), step("ce", 3));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (width) => {
        for (const line of renderProgress(state, { width })) {
          expect(line.length).toBeLessThanOrEqual(width);
        }
      }),
    );
  });
});

describe("a training that is taken up again", () => {
  const started = after(plan, start("ce"));

  it("says so with its step, and what was damaged; its place starts there", () => {
    const event: RunEvent = {
      type: "resumed",
      training: "ce",
      step: 12,
      damaged: ["checkpoint-14: state.safetensors is missing"],
    };
    const state = reduceProgress(started, event);
    expect(eventLine(event, state)).toEqual([
      "toy-world, ce, seed 0: damaged, not used: checkpoint-14: state.safetensors is missing",
      "toy-world, ce, seed 0: goes on after step 12 of 20",
    ]);
    expect(renderProgress(state)).toEqual(["[2/3] toy-world, ce, seed 0  step 12/20"]);
    // Eight steps are left here and twenty in the training that waits.
    expect(renderProgress(reduceProgress(state, step("ce", 13)))).toEqual([
      "[2/3] toy-world, ce, seed 0  epoch 2  step 13/20  loss 0.5000  64 rows/s  0:04 left  run 0:14 left",
    ]);
  });

  it("says that it starts anew where no checkpoint can be used", () => {
    const event: RunEvent = { type: "resumed", training: "ce", step: 0, damaged: ["a: b"] };
    const state = reduceProgress(started, event);
    expect(eventLine(event, state).at(-1)).toBe(
      "toy-world, ce, seed 0: no usable checkpoint, training from the start",
    );
    expect(renderProgress(state)).toEqual(["[2/3] toy-world, ce, seed 0  epoch 1  step 0/20"]);
  });
});

describe("warnings", () => {
  const lines = (...events: RunEvent[]): string[] => {
    let state = after(plan);
    return events.flatMap((event) => {
      state = reduceProgress(state, event);
      return eventLine(event, state);
    });
  };
  const checkpoint = (training: string, number: number, problem?: string): RunEvent => ({
    type: "checkpoint",
    training,
    step: number,
    milliseconds: 1,
    ...(problem === undefined ? {} : { problem }),
  });

  it("of checkpoints that cannot be written come once a training", () => {
    const said = lines(
      start("ce"),
      checkpoint("ce", 2),
      checkpoint("ce", 4, "The disk is full."),
      checkpoint("ce", 6, "The disk is full."),
      start("imp"),
      checkpoint("imp", 2, "The disk is full."),
    ).filter((line) => line.includes("warning"));
    expect(said).toHaveLength(2);
    expect(said[0]).toContain(
      "toy-world, ce, seed 0: warning: no checkpoint after step 4: The disk is full.",
    );
    expect(said[1]).toContain("imp");
  });

  it("of weights come a line each, none where all is well", () => {
    const weights = (problems: readonly string[]): RunEvent => ({
      type: "weights",
      training: "imp",
      epoch: 2,
      effectiveShare: 0.1,
      largestShare: 0.3,
      massOnTopTenth: 0.9,
      problems,
    });
    expect(lines(weights([]))).toEqual([]);
    expect(lines(weights(["few rows count", "one row carries most"]))).toEqual([
      "toy-world, imp, seed 0: warning: weights of epoch 2: few rows count",
      "toy-world, imp, seed 0: warning: weights of epoch 2: one row carries most",
    ]);
  });
});

describe("formatDuration", () => {
  it.each([
    [0.2, "0:00"],
    [59.6, "1:00"],
    [725, "12:05"],
    [3723, "1:02:03"],
  ])("%f s is %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

/** A writer whose clock the test moves. */
function writer(columns: number | undefined) {
  let time = Date.parse("2026-01-01T00:00:00Z");
  let text = "";
  const progress = progressWriter({
    write: (part) => {
      text += part;
    },
    columns: columns === undefined ? undefined : () => columns,
    now: () => new Date(time),
  });
  return {
    progress,
    wait: (seconds: number) => {
      time += seconds * 1000;
    },
    text: () => text,
  };
}

describe("progressWriter off a terminal", () => {
  it("writes a line with its time for each epoch, none for a step, and no control characters", () => {
    const { progress, wait, text } = writer(undefined);
    progress.handle(plan);
    progress.handle(start("ce"));
    for (let number = 1; number <= 10; number++) {
      wait(0.5);
      progress.handle(step("ce", number));
    }
    progress.handle(epoch("ce", 1));
    expect(text()).toBe(
      `2026-01-01T00:00:00Z 3 trainings, 1 of them in the store already
2026-01-01T00:00:00Z toy-world, ce, seed 0: training
2026-01-01T00:00:05Z toy-world, ce, seed 0: epoch 1/2, loss 0.4200, validation accuracy 75.0 % (kept), 64 rows/s, 0:05 left
`,
    );
  });

  it("gives a sign of life every 30 s, whether steps come or only the clock", () => {
    const { progress, wait, text } = writer(undefined);
    progress.handle(plan);
    progress.handle(start("ce"));
    progress.handle(step("ce", 1));
    for (let second = 1; second <= 95; second++) {
      wait(1);
      if (second < 50) progress.handle(step("ce", 1 + (second >> 4), 8000));
      else progress.tick();
    }
    const times = text()
      .trimEnd()
      .split("\n")
      .map((line) => Date.parse(line.slice(0, 20)));
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(30_000);
    expect(times.length).toBeLessThan(8);
    expect(text()).toMatch(/step 4\/20 {2}loss 0\.5000 {2}\d+ rows\/s {2}\d+:\d\d left/);
  });
});

describe("progressWriter on a terminal", () => {
  /** What a terminal shows after the writes: cursor up and erase below are obeyed. */
  function screen(text: string): string[] {
    const lines: string[] = [];
    const up = `\u001b\\[(\\d+)F`;
    for (const part of text.split(new RegExp(`(${up.replace("(", "(?:")}\u001b\\[J|\n)`))) {
      const count = new RegExp(`^${up}`).exec(part)?.[1];
      if (count !== undefined) lines.splice(lines.length - Number(count));
      else if (part !== "\n" && part !== "") lines.push(part);
    }
    return lines;
  }

  it("keeps one live line below the lasting ones, and takes it away at the end", () => {
    const { progress, wait, text } = writer(80);
    progress.handle(plan);
    progress.handle(start("ce"));
    for (let number = 1; number <= 12; number++) {
      wait(0.5);
      progress.handle(step("ce", number));
      if (number === 10) progress.handle(epoch("ce", 1));
    }
    const shown = screen(text());
    expect(shown).toHaveLength(4);
    expect(shown[2]).toContain("epoch 1/2");
    expect(shown[3]).toContain("step 12/20");
    progress.say("stopping");
    expect(screen(text()).slice(-2)[0]).toBe("stopping");
    progress.close();
    expect(screen(text())).toHaveLength(4);
  });

  it("redraws at most ten times a second", () => {
    const { progress, wait, text } = writer(80);
    progress.handle(plan);
    progress.handle(start("ce"));
    for (let number = 1; number <= 1000; number++) {
      wait(0.001);
      progress.handle(step("ce", 1));
    }
    expect(text().split("step 1/20").length - 1).toBeLessThanOrEqual(11);
  });
});
