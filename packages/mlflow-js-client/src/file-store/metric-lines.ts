import type { Metric } from "../entities.js";
import { MlflowError } from "../errors.js";

/** A number as Python's `float` reads it. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (value === Number.POSITIVE_INFINITY) return "inf";
  if (value === Number.NEGATIVE_INFINITY) return "-inf";
  return Object.is(value, -0) ? "-0.0" : String(value);
}

/** A number as Python's `float` or MLflow's JSON writes it; undefined where it is none. */
export function parseNumber(text: string): number | undefined {
  const special = /^([+-]?)(nan|inf|infinity)$/i.exec(text);
  if (special !== null) {
    if (special[2]?.toLowerCase() === "nan") return Number.NaN;
    return special[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

/** `<milliseconds> <value> <step>` and the end of the line. */
export const formatLine = (metric: Metric): string =>
  `${metric.timestamp} ${formatNumber(metric.value)} ${metric.step}\n`;

/**
 * What makes two points of one metric the same. As in MLflow's SQL store, where -0 is 0 and an
 * infinity is the largest number: two points that are the same there would stop a migration.
 */
export function identityOf({ timestamp, value, step }: Metric): string {
  const clamped = Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE);
  return `${step} ${timestamp} ${clamped === 0 ? 0 : clamped}`;
}

function parseLine(line: string, key: string): Metric | undefined {
  const fields = line.trim().split(" ");
  if (fields.length !== 2 && fields.length !== 3 && fields.length !== 5) return undefined;
  const [time = "", number = "", count = "0"] = fields;
  const value = parseNumber(number);
  // MLflow reads the step of lines that name a data set (five fields) as 0.
  const step = fields.length === 3 ? count : "0";
  if (value === undefined || !/^-?\d+$/.test(time) || !/^-?\d+$/.test(step)) return undefined;
  return { key, value, timestamp: Number(time), step: Number(step) };
}

/**
 * The points of a metric's file, in its order. A last line without an end is left out: it is being
 * written, or its writer was killed.
 * @throws MlflowError `INTERNAL_ERROR` where another line is no point; MLflow then refuses the whole
 *   experiment.
 */
export function parseLines(content: string, key: string, path: string): readonly Metric[] {
  const lines = content.split("\n");
  lines.pop();
  return lines.map((line, index) => {
    const metric = parseLine(line, key);
    if (metric !== undefined) return metric;
    throw new MlflowError(
      `${path}, line ${index + 1}: no "<milliseconds> <value> <step>". Remove the line.`,
      { errorCode: "INTERNAL_ERROR" },
    );
  });
}

/** Whether `a` is later than `b`: by step, then time, then value. NaN is later than no value. */
function isLater(a: Metric, b: Metric): boolean {
  if (a.step !== b.step) return a.step > b.step;
  return a.timestamp === b.timestamp ? a.value > b.value : a.timestamp > b.timestamp;
}

/** The point of the greatest (step, timestamp, value); the first of equals. Undefined for none. */
export function latestOf(metrics: readonly Metric[]): Metric | undefined {
  let latest = metrics[0];
  for (const metric of metrics) {
    if (latest !== undefined && isLater(metric, latest)) latest = metric;
  }
  return latest;
}
