import { at, CounterweightError } from "@counterweight/base";
import { checkLabelSetsAgree } from "../guards.js";
import { sortLabels } from "../reading/labels.js";
import { checkTwoClasses, type ReadTable } from "../reading/table-from-records.js";
import { listed, visible } from "../reading/visible.js";
import { classCounts, type TextTable } from "../text-table.js";

/** The labels that rows of a table have, in class order. */
function presentLabels(table: TextTable): string[] {
  const counts = classCounts(table);
  return table.labelNames.filter((_, index) => at(counts, index) > 0);
}

/** One file with names and another with integers: the same classes, surely, but which is which? */
function checkLabelTypes(tables: readonly TextTable[]): void {
  const files = tables.map((table) => {
    const labels = presentLabels(table);
    return { file: table.file, labels, integers: labels.every((label) => /^-?\d+$/.test(label)) };
  });
  const named = files.filter(({ integers }) => !integers);
  const [first] = named;
  const names = new Set(named.flatMap(({ labels }) => labels));
  const odd = files.find(
    ({ integers, labels }) => integers && labels.some((label) => !names.has(label)),
  );
  if (first === undefined || odd === undefined) return;
  const shown = (labels: readonly string[]): string => listed(labels.map(visible), 6);
  throw new CounterweightError(
    "data",
    `the labels of ${odd.file} are integers (${shown(odd.labels)}), those of ${first.file} are names (${shown(first.labels)}).`,
    {
      fix: "Set labelNames to the names in the order of the integers (0 is the first), or map them with labelMap.",
    },
  );
}

/**
 * Gives several files' tables one class order: the order that a real file itself names, else all
 * labels found, sorted.
 * @param read the tables of the real files, then that of the generated one.
 * @throws CounterweightError `data` when the labels of real and generated rows differ, when one file
 * has names and another integers, and when a file has one class only.
 */
export function joinLabels(read: readonly ReadTable[]): TextTable[] {
  const tables = read.map(({ table }) => table);
  checkLabelTypes(tables);
  const real = tables.slice(0, -1);
  const generated = at(tables, tables.length - 1);
  const realLabels = new Set(real.flatMap(presentLabels));
  checkLabelSetsAgree(
    { place: `the real rows (${real.map(({ file }) => file).join(", ")})`, labels: realLabels },
    {
      place: `the generated rows (${generated.file})`,
      labels: new Set(presentLabels(generated)),
    },
  );
  for (const table of tables) checkTwoClasses(presentLabels(table), table.file);
  const own = read.slice(0, -1).find(({ orderFromFile }) => orderFromFile === true)
    ?.table.labelNames;
  const complete = own !== undefined && [...realLabels].every((label) => own.includes(label));
  const labelNames = complete ? own : sortLabels(realLabels);
  return tables.map((table) => {
    const classOf = table.labelNames.map((name) => labelNames.indexOf(name));
    return { ...table, labelNames, label: table.label.map((label) => at(classOf, label)) };
  });
}
