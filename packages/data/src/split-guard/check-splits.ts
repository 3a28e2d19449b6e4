import { at } from "@counterweight/base";
import type { Benchmark } from "../benchmark.js";
import { checkSharedText, type SharingRole } from "../guards.js";
import { counted, listed } from "../reading/visible.js";
import {
  type FindSharedOptions,
  findSharedTexts,
  type SharedTexts,
  type SplitReport,
} from "./report.js";

/** What the split guard lets pass, and how it looks. */
export interface SplitPolicy extends FindSharedOptions {
  /** Roles that may share exact texts with test. Default: none. */
  readonly allowSharedText?: readonly SharingRole[];
}

/** What the split guard found in rows that may be trained on. */
export interface SplitCheck {
  /** Sentences for people: counts and row numbers, never texts. Test comes first. */
  readonly notes: readonly string[];
  readonly report: SplitReport;
}

/**
 * The split guard: stops when test shares an exact text with a role that is not allowed to, and
 * reports all other equal, normalised-equal and near texts between roles and within them.
 * @throws CounterweightError `data` for an exact text of test elsewhere, with roles, counts and row
 *   numbers; `spec` for a threshold outside 0.5 .. 1.
 */
export function checkSplits(benchmark: Benchmark, policy: SplitPolicy = {}): SplitCheck {
  checkSharedText(benchmark, policy.allowSharedText ?? []);
  const report = findSharedTexts(benchmark, policy);
  return { notes: splitNotes(report), report };
}

/** One sentence for each pair of roles that share texts, and one for each role that repeats some. */
export function splitNotes(report: SplitReport): string[] {
  const byRoles = new Map<string, SharedTexts[]>();
  for (const entry of report.shared) {
    const key = entry.roles.join("/");
    byRoles.set(key, [...(byRoles.get(key) ?? []), entry]);
  }
  const notes = [...byRoles.values()].map((entries) => {
    const [left, right] = at(entries, 0).roles;
    const parts = entries.map((entry) => describe(entry, report));
    return left === right
      ? `within ${left}: ${parts.join("; ")}.`
      : `${left} and ${right}: ${parts.join("; ")}.`;
  });
  if (!report.nearComplete) {
    notes.push(
      "so many texts resemble each other that not every near pair was compared; the numbers of near texts are lower bounds.",
    );
  }
  return notes;
}

/** The first rows of each side are named where test is involved: these decide what is measured. */
function describe(entry: SharedTexts, report: SplitReport): string {
  const [left, right] = entry.roles;
  const within = left === right;
  const [leftTexts, rightTexts] = entry.texts;
  const conflicts =
    entry.conflicts === 0 ? "" : `, ${entry.conflicts} of them with different labels`;
  const pairs =
    left === "test"
      ? ` (rows ${listed(
          entry.listed.map((pair) => `${pair.left} and ${pair.right}`),
          Math.min(5, entry.listed.length),
        )}${entry.links > 5 ? ` of ${entry.links} pairs` : ""})`
      : "";
  if (entry.level === "near") {
    const threshold = `similarity ${report.nearThreshold} or more, highest ${entry.highest.toFixed(2)}`;
    return within
      ? `${counted(leftTexts, "text")} nearly equal to another (${threshold})${conflicts}${pairs}`
      : `${counted(leftTexts, "text")} of ${left} nearly equal to ${rightTexts} of ${right} (${threshold})${conflicts}${pairs}`;
  }
  const how = entry.level === "exact" ? "equal" : "equal but for case, spacing or punctuation";
  return within
    ? `${counted(leftTexts, "text")} in ${entry.rows[0]} rows ${how}${conflicts}${pairs}`
    : `${counted(leftTexts, "text")} ${how} (${entry.rows[0]} and ${counted(entry.rows[1], "row")})${conflicts}${pairs}`;
}
