import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { hideSecrets } from "@counterweight/base";
import { comparisonLines, resultsTable, tableToText } from "@counterweight/evaluation";
import {
  type ResolvedSpec,
  type RunEvent,
  type RunResults,
  runExperiment,
  type TrainingBackend,
} from "@counterweight/experiments";
import type { Tracking } from "@counterweight/tracking";
import type { CommandParts } from "./command.js";
import { type CommandIo, exitCodes } from "./io.js";
import { planCommand } from "./plan/plan-command.js";
import { processTreeMemory } from "./progress/process-memory.js";
import { progressWriter } from "./progress/progress-writer.js";
import { readSpec, type SpecFlags } from "./read-spec.js";
import { type RunStory, runStory, summaryLines } from "./run-summary.js";
import { storeToFill } from "./store/open-store.js";
import { openRunTracking } from "./track/run-tracking.js";
import { reportLine } from "./track/track-commands.js";
import { quoted } from "./words.js";

/** Options of `counterweight run`. */
export interface RunFlags extends SpecFlags {
  readonly out?: string;
  readonly retryFailed: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** `counterweight run SPEC [key=value...]`, as parsed. */
export interface RunCommand {
  readonly spec: string;
  readonly overrides: readonly string[];
  readonly flags: RunFlags;
}

/** Runs or plans an experiment; the table goes to standard output, all talk to standard error. */
export async function runCommand(
  command: RunCommand,
  io: CommandIo,
  parts: CommandParts,
): Promise<number> {
  const { spec: file, overrides, flags } = command;
  if (flags.dryRun) {
    return planCommand({ ...command, flags: { ...flags, trials: false, all: false } }, io, parts);
  }
  const spec = await readSpec(file, overrides, flags, io);
  const { folder: store } = await storeToFill(flags, io);
  const out = flags.out ?? join("runs", spec.settings.name);
  const { lastWordMs = 1000 } = parts;
  const backend = await parts.createBackend(io);
  try {
    const { results, story } = await run(spec, { out, store, backend, flags, lastWordMs }, io);
    if (flags.json) {
      const found: unknown = JSON.parse(await readFile(join(out, "results.json"), "utf8"));
      io.stdout(`${JSON.stringify({ type: "results", ...Object(found) })}\n`);
    } else showTable(results, io);
    for (const line of summaryLines(results, story)) io.stderr(`${line}\n`);
    io.stderr(`Results are in ${out}; the report to open is ${join(out, "report.html")}\n`);
    io.stderr(howToGoOn(command, results, out));
    return { done: exitCodes.done, failed: exitCodes.failed, stopped: exitCodes.interrupted }[
      results.status
    ];
  } finally {
    await backend.close();
  }
}

function showTable({ outcomes, rows, comparisons }: RunResults, io: CommandIo): void {
  if (outcomes.length === 0) return;
  io.stdout(`${tableToText(resultsTable(rows))}\n`);
  const [how = "", ...lines] = comparisons.slice(0, 1).flatMap(comparisonLines);
  if (lines.length > 0) io.stdout(`${how.replaceAll("; ", ";\n")}:\n${lines.join("\n")}\n\n`);
}

interface Prepared {
  readonly out: string;
  /** Folder. */
  readonly store: string;
  readonly backend: TrainingBackend;
  readonly flags: RunFlags;
  readonly lastWordMs: number;
}

async function run(
  spec: ResolvedSpec,
  { out, store, backend, flags, lastWordMs }: Prepared,
  io: CommandIo,
): Promise<{ readonly results: RunResults; readonly story: RunStory }> {
  const { executor, jobs } = spec.settings.run;
  const progress = progressWriter({
    write: io.stderr,
    columns: io.columns,
    now: io.now,
    memory: () => processTreeMemory(),
  });
  // The pool and Slurm are loaded only where they are used.
  const createExecutor =
    executor === "in-process"
      ? undefined
      : (await import("./executors.js")).createExecutorFor({
          ...{ executor, jobs, spec },
          onWarning: progress.say,
        });
  const story = runStory();
  let tracking: Tracking | undefined;
  const tell = (event: RunEvent): void => {
    tracking?.see(event);
    if (flags.json) {
      io.stdout(`${JSON.stringify({ at: io.now().toISOString(), ...event })}\n`);
    }
    story.see(event);
    progress.handle(event);
  };
  const stop = new AbortController();
  let leaving = false;
  const forget = io.onInterrupt(() => {
    if (stop.signal.aborted) {
      progress.close();
      const leave = () => io.exit(exitCodes.interrupted);
      // The record is told where that takes a moment; a third interrupt does not wait for it.
      if (tracking === undefined || leaving) leave();
      else void tracking.close("stopped", lastWordMs).finally(leave);
      leaving = true;
      return;
    }
    stop.abort();
    progress.say(
      "Stopping after this step; what is finished is kept. Interrupt again to stop at once.",
    );
  });
  const ticking = setInterval(() => progress.tick(), 1000);
  ticking.unref();
  try {
    const stream = runExperiment(spec, {
      ...{ out, backend, signal: stop.signal, now: io.now },
      store,
      retryFailed: flags.retryFailed,
      ...(createExecutor === undefined ? {} : { createExecutor }),
    });
    let next = await stream.next();
    // Its first event means that the data fits and the folder is this run's: not before is a record due.
    tracking = await openRunTracking(spec, { out, store }, io, progress.say);
    while (next.done !== true) {
      tell(next.value);
      next = await stream.next();
    }
    const report = await tracking?.finish(next.value.status, out);
    if (report !== undefined) progress.say(`MLflow: ${reportLine(out, report)}`);
    return { results: next.value, story };
  } finally {
    await tracking?.close();
    clearInterval(ticking);
    forget();
    progress.close();
  }
}

/** The command that continues; nothing where all is done. */
function howToGoOn(
  { spec: file, overrides, flags }: RunCommand,
  { status, spec }: RunResults,
  out: string,
): string {
  if (status === "done") return "";
  const flag = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [name, value];
  const command = [
    ...["counterweight", "run", file, ...overrides, ...flags.set],
    ...(out === join("runs", spec.settings.name) ? [] : ["--out", out]),
    ...flag("--store", flags.store),
    ...flag("--executor", flags.executor),
    ...flag("--jobs", flags.jobs?.toString()),
    ...(status === "failed" ? ["--retry-failed"] : []),
  ];
  const what =
    status === "stopped" ? "Stopped. Continue with" : "Try the failed trainings again with";
  return `${what}: ${command.map((word) => quoted(hideSecrets(word))).join(" ")}\n`;
}
