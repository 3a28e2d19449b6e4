/** Markdown of what sweeps.mjs measured. */

/** @param {readonly number[]} numbers */
const median = (numbers) => {
  const sorted = [...numbers].sort((left, right) => left - right);
  const [low, high] = [sorted[(sorted.length - 1) >> 1] ?? 0, sorted[sorted.length >> 1] ?? 0];
  return (low + high) / 2;
};
/** @param {readonly number[]} numbers @param {number} digits */
const spread = (numbers, digits) =>
  `${median(numbers).toFixed(digits)} (${Math.min(...numbers).toFixed(digits)} to ${Math.max(...numbers).toFixed(digits)})`;

/**
 * @param {string[]} head
 * @param {(string | number)[][]} rows
 */
const table = (head, rows) =>
  [head, head.map(() => "---:"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** @param {any} machine */
const where = (machine) =>
  `${machine.processor}; ${machine.cores} cores, ${machine.memoryGiB} GiB. Node ${machine.node}, onnxruntime-node ${machine["onnxruntime-node"]}. ${machine.date}, commit ${machine.commit}, load before ${machine.loadBefore.toFixed(1)}.`;

/**
 * What is there of the parts, each below the machine it was measured on unless that is the one before.
 * @param {any} report
 */
export function sweepTables(report) {
  const measured = [
    { part: "plan", isThere: "plan" in report, lines: planLines },
    { part: "scheduler", isThere: "scheduler" in report, lines: schedulerLines },
    { part: "trainings", isThere: "turns" in report, lines: trainingLines },
  ];
  let before = "";
  return measured
    .filter(({ isThere }) => isThere)
    .flatMap(({ part, lines }) => {
      const own = where(report.machines?.[part] ?? report.machine);
      const head = own === before ? [] : [own];
      before = own;
      return [...head, ...lines(report)];
    })
    .join("\n\n");
}

/** @param {any} report */
function planLines({ plan }) {
  return [
    "`counterweight plan` of five methods over fractions and seeds, or of one whose settings are swept, each combination a variant; the whole command:",
    table(
      ["trials", "variants", "steps", "seconds", "peak MB"],
      plan.map((/** @type {any} */ row) => [
        row.trials,
        (row.variants ?? 1).toLocaleString("en"),
        row.steps,
        row.seconds.toFixed(2),
        row.peakMB.toFixed(0),
      ]),
    ),
  ];
}

/** @param {any} report */
function schedulerLines({ scheduler }) {
  return [
    "The scheduler's own cost, steps that do nothing and a store in memory, milliseconds a step (`node scripts/bench/scheduler.mjs`):",
    table(
      ["steps", "making all", "finding all", "estimating", "peak MiB"],
      scheduler.map((/** @type {any} */ row) => [
        row.steps.toLocaleString("en"),
        row.make.toFixed(4),
        row.again.toFixed(4),
        row.estimate.toFixed(4),
        row.peakMiB.toFixed(0),
      ]),
    ),
  ];
}

/** @param {any} report */
function trainingLines({ turns, estimate }) {
  /** @param {{ seconds: number, rows: number }[]} own */
  const speeds = (own) => own.map(({ seconds, rows }) => rows / seconds);
  const gain = 100 * (median(speeds(turns.pool)) / median(speeds(turns.process)) - 1);
  const foretold = estimate.plan.makespanSeconds;
  const error = 100 * (foretold / estimate.real - 1);
  return [
    "Four CE trainings of MiniLM on 320 generated tweets, from the plan to the last step, in turns:",
    table(
      ["who makes the steps", "seconds", "training rows a second"],
      [
        [
          "one process, two threads",
          spread(
            turns.process.map((/** @type {any} */ one) => one.seconds),
            1,
          ),
          spread(speeds(turns.process), 1),
        ],
        [
          "pool of two workers, one thread each",
          spread(
            turns.pool.map((/** @type {any} */ one) => one.seconds),
            1,
          ),
          spread(speeds(turns.pool), 1),
        ],
      ],
    ),
    `The pool does ${gain.toFixed(0)} % more work in the same time, by the median.`,
    `The plan's estimate of a sweep of three further seeds (quality checker, CE, IMP, DIMP), after one seed had run on this machine: ${foretold.toFixed(0)} s${estimate.plan.guess ? " (called a guess)" : ""}; it took ${estimate.real.toFixed(0)} s: ${error >= 0 ? "+" : ""}${error.toFixed(0)} % (bar: within 30 %).`,
  ];
}
