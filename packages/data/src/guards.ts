import { at, CounterweightError } from "@counterweight/base";
import { type Benchmark, type Role, roles } from "./benchmark.js";
import { counted, listed, visible } from "./reading/visible.js";
import { classCounts, rowCount, type TextTable, textKey } from "./text-table.js";

/** Labels that one file or table holds, for comparing. */
export interface LabelSet {
  /** Where they stand, such as "real (train.csv)". */
  readonly place: string;
  readonly labels: ReadonlySet<string>;
}

/**
 * Real and generated data must speak of the same classes.
 * @throws CounterweightError `data` that says which label is only where.
 */
export function checkLabelSetsAgree(real: LabelSet, generated: LabelSet): void {
  const only = (here: LabelSet, there: LabelSet): string[] =>
    [...here.labels].filter((label) => !there.labels.has(label)).sort();
  const onlyReal = only(real, generated);
  const onlyGenerated = only(generated, real);
  if (onlyReal.length === 0 && onlyGenerated.length === 0) return;
  const parts: string[] = [];
  if (onlyReal.length > 0) parts.push(`only in ${real.place}: ${listed(onlyReal.map(visible))}`);
  if (onlyGenerated.length > 0) {
    parts.push(`only in ${generated.place}: ${listed(onlyGenerated.map(visible))}`);
  }
  throw new CounterweightError("data", `real and generated labels differ; ${parts.join("; ")}.`, {
    fix: "Map the labels of one to those of the other (labelMap), or use data with the same classes.",
  });
}

function presentLabels(table: TextTable): Set<string> {
  const counts = classCounts(table);
  return new Set(table.labelNames.filter((_, index) => at(counts, index) > 0));
}

/**
 * Checks a benchmark's classes: one class order in all tables, and the same classes present in the
 * real rows (train, validation and test together) as in the generated ones.
 * @throws CounterweightError `data` that says which label is only where.
 */
export function checkBenchmarkLabels(benchmark: Benchmark): void {
  for (const role of roles) {
    const { labelNames, name } = benchmark[role];
    if (JSON.stringify(labelNames) !== JSON.stringify(benchmark.labelNames)) {
      throw new CounterweightError(
        "data",
        `the classes of ${role} are ${listed(labelNames.map(visible))}, those of the benchmark ${listed(benchmark.labelNames.map(visible))}.`,
        { where: name, fix: "Give all tables the same labelNames in the same order." },
      );
    }
  }
  const { train, validation, test, generated } = benchmark;
  const real = new Set([train, validation, test].flatMap((table) => [...presentLabels(table)]));
  checkLabelSetsAgree(
    { place: `the real rows (${train.file})`, labels: real },
    { place: `the generated rows (${generated.file})`, labels: presentLabels(generated) },
  );
}

/** A role that may share texts with test when a spec says so. */
export type SharingRole = Exclude<Role, "test">;

/** All roles that may share texts with test, for options. */
export const sharingRoles: readonly SharingRole[] = ["train", "validation", "generated"];

/** Texts that stand both in test and in another role. */
export interface SharedText {
  readonly role: SharingRole;
  /** Number of different texts in both. */
  readonly texts: number;
  /** Row numbers (1-based, in their files) of all rows with such a text. */
  readonly testRows: readonly number[];
  readonly roleRows: readonly number[];
}

/**
 * Texts (or text pairs) that stand in test and in another role, compared exactly, after the readers'
 * trimming, whatever their labels. Roles without any are left out.
 */
export function findSharedText(benchmark: Benchmark): SharedText[] {
  const { test } = benchmark;
  const testRows = new Map<string, number[]>();
  for (let index = 0; index < rowCount(test); index++) {
    const key = textKey(test, index);
    const known = testRows.get(key);
    if (known === undefined) testRows.set(key, [at(test.row, index)]);
    else known.push(at(test.row, index));
  }
  return sharingRoles.flatMap((role) => {
    const table = benchmark[role];
    const keys = new Set<string>();
    const roleRows: number[] = [];
    for (let index = 0; index < rowCount(table); index++) {
      const key = textKey(table, index);
      if (!testRows.has(key)) continue;
      keys.add(key);
      roleRows.push(at(table.row, index));
    }
    if (keys.size === 0) return [];
    const rows = [...keys].flatMap((key) => testRows.get(key) ?? []).sort((a, b) => a - b);
    return [{ role, texts: keys.size, testRows: rows, roleRows }];
  });
}

/**
 * Stops when test shares texts with a role that `allow` does not name.
 * @throws CounterweightError `data` with roles, counts and row numbers (never the texts).
 */
export function checkSharedText(benchmark: Benchmark, allow: readonly SharingRole[] = []): void {
  const found = findSharedText(benchmark).filter(({ role }) => !allow.includes(role));
  if (found.length === 0) return;
  const rows = (numbers: readonly number[]): string => listed(numbers.map(String), 10);
  const parts = found.map(
    ({ role, texts, testRows, roleRows }) =>
      `test and ${role} share ${counted(texts, "text")} (test rows ${rows(testRows)} of ${benchmark.test.file}; ${role} rows ${rows(roleRows)} of ${benchmark[role].file})`,
  );
  throw new CounterweightError("data", `${parts.join("; ")}.`, {
    where: benchmark.name,
    fix: `Remove these rows from one side, or allow it by name: allowSharedText: [${found.map(({ role }) => role).join(", ")}].`,
  });
}
