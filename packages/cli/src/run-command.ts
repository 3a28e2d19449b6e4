import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import { comparisonLines, resultsTable, tableToText } from "@counterweight/evaluation";
import {
  describePlan,
  joinOverrideWords,
  prepareRun,
  type ResolvedSpec,
  type RunResults,
  resolveSpec,
  runExperiment,
  type TrainingBackend,
} from "@counterweight/experiments";
import type { CommandParts, RunFlags } from "./command.js";
import { type CommandIo, exitCodes } from "./io.js";
import { planTable } from "./plan-table.js";
import { progressWriter } from "./progress/progress-writer.js";
import { counted } from "./progress/render.js";

/** `counterweight run SPEC [key=value...]`, as parsed. */
export interface RunCommand {
  readonly spec: string;
  readonly overrides: readonly string[];
  readonly flags: RunFlags;
}

/** Runs or plans an experiment; the table goes to standard output, all talk to standard error. */
export async function runCommand(
  { spec: file, overrides, flags }: RunCommand,
  io: CommandIo,
  parts: CommandParts,
): Promise<number> {
  const spec = resolveSpec(await readSpec(file), {
    file,
    overrides: [...flags.set, ...joinOverrideWords(overrides)],
    environment: io.environment,
    exists: existsSync,
  });
  for (const { path, value, replaced, where } of spec.replacements) {
    const old = replaced === undefined ? "" : ` replaces ${replaced}`;
    io.stderr(`${path}=${value}${old}${where === undefined ? "" : ` (${where})`}\n`);
  }
  const out = flags.out ?? join("runs", spec.settings.name);
  const backend = await parts.createBackend(io);
  try {
    if (flags.dryRun) return await dryRun(spec, { out, json: flags.json, backend }, io);
    const results = await run(spec, { out, backend }, io);
    if (flags.json) io.stdout(await readFile(join(out, "results.json"), "utf8"));
    else if (results.outcomes.length > 0) {
      io.stdout(`${tableToText(resultsTable(results.rows))}\n`);
      const [how = "", ...lines] = results.comparisons.slice(0, 1).flatMap(comparisonLines);
      if (lines.length > 0) {
        io.stdout(`${how.replaceAll("; ", ";\n")}:\n${lines.join("\n")}\n\n`);
      }
    }
    conclude(results, { out, file, words: [...overrides, ...flags.set] }, io);
    return { done: exitCodes.done, failed: exitCodes.failed, stopped: exitCodes.interrupted }[
      results.status
    ];
  } finally {
    await backend.close();
  }
}

async function readSpec(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    const known: Readonly<Record<string, string>> = {
      ENOENT: "there is no such file.",
      EISDIR: "this is a folder, needed a file.",
    };
    throw new CounterweightError("usage", known[code] ?? `cannot be read (${code}).`, {
      where: file,
      fix: "Give the path of a spec, such as experiments/quickstart.yaml.",
      cause,
    });
  }
}

interface Prepared {
  readonly out: string;
  readonly backend: TrainingBackend;
}

async function dryRun(
  spec: ResolvedSpec,
  { out, json, backend }: Prepared & { readonly json: boolean },
  io: CommandIo,
): Promise<number> {
  const prepared = await prepareRun(spec, backend);
  const trainings = await describePlan(prepared, out);
  const { trials } = prepared.plan;
  if (json) {
    const records = trials.map(({ trial, result }) => ({ ...trial, training: result }));
    io.stdout(`${JSON.stringify({ trials: records, trainings }, null, 2)}\n`);
    return exitCodes.done;
  }
  for (const [name, { notes }] of prepared.benchmarks) {
    for (const note of notes) io.stderr(`${name}: ${note}\n`);
  }
  for (const note of prepared.modelNotes) io.stderr(`model: ${note}\n`);
  io.stdout(`${tableToText(planTable(trainings))}\n`);
  const todo = trainings.filter(({ stored }) => !stored).length;
  io.stderr(
    `${counted(trials.length, "trial")} from ${counted(trainings.length, "training")}, ${todo} to do. Nothing was trained.\n`,
  );
  return exitCodes.done;
}

async function run(
  spec: ResolvedSpec,
  { out, backend }: Prepared,
  io: CommandIo,
): Promise<RunResults> {
  const progress = progressWriter({ write: io.stderr, columns: io.columns, now: io.now });
  const stop = new AbortController();
  const forget = io.onInterrupt(() => {
    if (stop.signal.aborted) {
      progress.close();
      io.exit(exitCodes.interrupted);
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
    const stream = runExperiment(spec, { out, backend, signal: stop.signal, now: io.now });
    let next = await stream.next();
    while (next.done !== true) {
      progress.handle(next.value);
      next = await stream.next();
    }
    return next.value;
  } finally {
    clearInterval(ticking);
    forget();
    progress.close();
  }
}

function conclude(
  { status, failures, spec }: RunResults,
  {
    out,
    file,
    words,
  }: { readonly out: string; readonly file: string; readonly words: readonly string[] },
  io: CommandIo,
): void {
  for (const { label, message } of failures) io.stderr(`${label}: ${message}\n`);
  io.stderr(`Results are in ${out}; the report to open is ${join(out, "report.html")}\n`);
  if (status === "done") return;
  const folder = out === join("runs", spec.settings.name) ? [] : ["--out", out];
  const command = ["counterweight", "run", file, ...words, ...folder].map(quoted).join(" ");
  const what =
    status === "stopped" ? "Stopped. Continue with" : "Try the failed trainings again with";
  io.stderr(`${what}: ${command}\n`);
}

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
