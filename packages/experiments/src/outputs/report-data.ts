import { basename } from "node:path";
import type { SharingLevel } from "@counterweight/data";
import {
  conditionOf,
  type ReportData,
  type ReportNote,
  type ResultRow,
  type SplitOverlap,
  type TrainingCurve,
} from "@counterweight/evaluation";
import { type PreparedBenchmark, rowsByRole } from "../run/prepare.js";
import type { RunResults, TrialOutcome } from "../run/results.js";
import { qualityChecker } from "../spec/schema-training.js";
import { drawnTrials } from "./drawn-trials.js";

/** What the HTML report shows of a run. Texts are left out here already where the spec hides them. */
export function reportData(
  results: RunResults,
  rows: readonly ResultRow[],
  { spec, time }: { readonly spec: string; readonly time: Date },
): ReportData {
  const { settings } = results.spec;
  const drawn = drawnTrials(results.outcomes);
  return {
    version: 1,
    name: settings.name,
    ...(settings.description === "" ? {} : { description: settings.description }),
    provenance: {
      codeVersion: codeVersion(results),
      finishedAt: time.toISOString(),
      environment: environmentItems(results),
      inputs: [...results.benchmarks].flatMap(([name, { digests, benchmark }]) =>
        Object.entries(rowsByRole(benchmark)).map(([role, count]) => ({
          name: `${name}, ${role}`,
          value: `${count} rows, sha256 ${Reflect.get(digests, role)}`,
        })),
      ),
      spec,
    },
    results: rows,
    curves: drawn.map(curve),
    weights: drawn.flatMap(({ weights }) => weights ?? []),
    classReports: drawn.map(({ trial, classes: report }) => {
      return { ...conditionOf(trial), method: trial.method, seed: trial.seed, report };
    }),
    comparisons: results.comparisons,
    calibration: results.calibration,
    weightHealth: results.weightHealth,
    splitGuard: [...results.benchmarks].flatMap(([name, prepared]) =>
      splitOverlaps(name, prepared, settings.allowSharedText),
    ),
    ...(results.modelNotes.length === 0
      ? {}
      : { modelNotes: [{ model: modelName(results), missing: [], notes: results.modelNotes }] }),
    notes: [...notes(results), ...drawnNote(drawn.length, results.outcomes.length)],
    hideRowText: settings.hideRowText,
  };
}

function drawnNote(drawn: number, all: number): ReportNote[] {
  if (drawn === all) return [];
  const text = `Courses, weights and classes of ${drawn} of ${all} trials are drawn here; the tables, results.json and the row ledger have all of them.`;
  return [{ kind: "note", text }];
}

/** The last part of a folder's path, or the hub's id: the page travels, the path does not. */
function modelName({ spec }: RunResults): string {
  return basename(spec.settings.model.checkpoint ?? "random weights");
}

/** Rows of each role that stand in another, one entry a pair of roles. */
function splitOverlaps(
  benchmark: string,
  { splits }: PreparedBenchmark,
  allowed: readonly string[],
): SplitOverlap[] {
  const { shared, rows } = splits.report;
  const pairs = new Map(shared.map(({ roles }) => [roles.join("/"), roles]));
  return [...pairs.values()].map(([foundIn, role]) => {
    const count = (level: SharingLevel): number =>
      shared.find(
        (entry) => entry.level === level && entry.roles[0] === foundIn && entry.roles[1] === role,
      )?.rows[1] ?? 0;
    return {
      benchmark,
      role,
      foundIn,
      rows: rows[role],
      exact: count("exact"),
      normalised: count("normalised"),
      near: count("near"),
      ...(foundIn === "test" && role !== "test" ? { allowed: allowed.includes(role) } : {}),
    };
  });
}

function curve({ trial, training }: TrialOutcome): TrainingCurve {
  return {
    ...conditionOf(trial),
    method: trial.method,
    seed: trial.seed,
    stepLoss: training.steps.loss,
    epochs: training.epochs.map(({ epoch, validation }) => ({
      epoch,
      validationAccuracy: validation.accuracy,
    })),
    bestEpoch: training.bestEpoch,
  };
}

function notes(results: RunResults): ReportNote[] {
  const { status, failures, benchmarks } = results;
  const warnings = failures.map(({ label, message }) => `${label}: ${message}`);
  for (const { trial, training, temperature } of results.outcomes) {
    if (!temperature.atBound || trial.loss !== qualityChecker) continue;
    warnings.push(
      `${training.label}: no temperature fits its held-out rows (all right or all wrong); its scores are not calibrated.`,
    );
  }
  if (status === "stopped") warnings.push("The run was stopped; trials are missing.");
  const read = [...benchmarks.values()].flatMap(({ notes }) => notes);
  const noise = results.labelNoise.map(
    ({ method, benchmark, seed, wrong, rows, auc, precision }) =>
      `${benchmark}, ${method}, seed ${seed}: ${wrong} of ${rows} generated labels are wrong; a wrong row weighs less than a right one with probability ${auc.toFixed(3)} (0.5 is chance), and ${(100 * precision).toFixed(0)} % of the ${wrong} lightest rows are wrong.`,
  );
  return [
    ...warnings.map((text): ReportNote => ({ kind: "warning", text })),
    ...noise.map((text): ReportNote => ({ kind: "note", text })),
    ...read.map((text): ReportNote => ({ kind: "note", text })),
  ];
}

function codeVersion({ environment }: RunResults): string {
  const version = environment?.packages["@counterweight/experiments"] ?? "unknown";
  const git = environment?.git;
  const state =
    git === undefined ? "" : `, commit ${git.commit}${git.dirty ? " with changes" : ""}`;
  return `${version}${state}`;
}

function environmentItems({ environment, spec }: RunResults): { name: string; value: string }[] {
  if (environment === undefined) return [];
  const { node, platform, cpu, cores, memoryGiB, packages } = environment;
  return [
    { name: "Node.js", value: node },
    { name: "platform", value: platform },
    { name: "processor", value: `${cpu}, ${cores} cores, ${memoryGiB} GiB` },
    { name: "threads of a training", value: String(spec.settings.train.threads) },
    ...Object.entries(packages).map(([name, value]) => ({ name, value })),
  ];
}
