import { CounterweightError, nearest } from "@counterweight/base";
import { listed, visible } from "./visible.js";

/**
 * Class order for labels as they stand in files: integers by value (also negative ones), anything
 * else by code unit, so that the order is the same on every machine.
 */
export function sortLabels(labels: Iterable<string>): string[] {
  const distinct = [...new Set(labels)];
  const integers = distinct.every((label) => /^-?\d{1,15}$/.test(label));
  return distinct.sort(
    integers
      ? (left, right) => Number(left) - Number(right)
      : (left, right) => (left < right ? -1 : 1),
  );
}

/** How labels as written become classes. */
export interface LabelOptions {
  /** Class names in class order. Default: the labels found, see `sortLabels`. */
  readonly labelNames?: readonly string[];
  /** Class name for a label as written, such as `{ sarcastic: "irony" }`. */
  readonly labelMap?: Readonly<Record<string, string>>;
}

/** The class name of a label as written, by `labelMap` where it has an entry. */
export function mapLabel(label: string, options: LabelOptions): string {
  const map = options.labelMap;
  return map !== undefined && Object.hasOwn(map, label) ? (map[label] ?? label) : label;
}

/** Whether a label is what pandas writes for a missing one, "nan", and no class is named so. */
export function isMissingLabel(label: string, options: LabelOptions): boolean {
  if (!/^[+-]?nan$/i.test(label)) return false;
  const mapped = options.labelMap !== undefined && Object.hasOwn(options.labelMap, label);
  return !mapped && options.labelNames?.includes(label) !== true;
}

/**
 * The class index of a label: its place in `labelNames`, or, for an integer that is no name itself,
 * that index.
 * @throws CounterweightError `data` for an unknown label, with the known ones and the nearest.
 */
export function classIndex(label: string, labelNames: readonly string[], where: string): number {
  const index = labelNames.indexOf(label);
  if (index !== -1) return index;
  if (/^\d{1,9}$/.test(label) && Number(label) < labelNames.length) return Number(label);
  const close = nearest(label, labelNames);
  throw new CounterweightError(
    "data",
    `unknown label ${visible(label)}; the classes are ${listed(labelNames.map(visible))}.`,
    {
      where,
      fix:
        close === undefined
          ? "Add it to labelNames, or map it with labelMap."
          : `Did you mean ${visible(close)}? Else add it to labelNames, or map it with labelMap.`,
    },
  );
}

/** Refuses class names that repeat, are empty, or are fewer than two. */
export function checkLabelNames(labelNames: readonly string[], where: string): void {
  const repeated = labelNames.find((name, index) => labelNames.indexOf(name) !== index);
  if (repeated !== undefined || labelNames.includes("") || labelNames.length < 2) {
    const what =
      repeated !== undefined
        ? `labelNames has ${visible(repeated)} twice.`
        : labelNames.length < 2
          ? `needed two classes or more, got ${listed(labelNames.map(visible))}.`
          : "labelNames has an empty name.";
    throw new CounterweightError("data", what, { where, fix: "Give each class one name." });
  }
}
