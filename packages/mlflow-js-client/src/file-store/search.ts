import type { Experiment, Run } from "../entities.js";
import {
  type Comparison,
  type Identifier,
  parseFilter,
  parseOrderBy,
  type Vocabulary,
} from "./filter-language.js";

const RUNS: Vocabulary = {
  types: ["attribute", "metric", "param", "tag", "dataset"],
  numericAttributes: ["start_time", "end_time"],
  textAttributes: ["run_id", "run_name", "status", "user_id", "artifact_uri"],
  listAttributes: ["run_id"],
  aliases: {
    ...{ created: "start_time", Created: "start_time" },
    ...{ "run name": "run_name", "Run name": "run_name", "Run Name": "run_name" },
  },
};

const EXPERIMENTS: Vocabulary = {
  types: ["attribute", "tag"],
  numericAttributes: ["creation_time", "last_update_time"],
  textAttributes: ["name", "experiment_id"],
  listAttributes: ["experiment_id"],
  aliases: {},
};

type Value = string | number | undefined;

/** Not what every object inherits: a tag may be called `constructor`. */
const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/** The values that a comparison looks at: one, or one a data set. */
type Values = (identifier: Identifier) => readonly Value[];

const valuesOfRun =
  ({ info, data, inputs }: Run): Values =>
  ({ type, key }) => {
    switch (type) {
      case "metric":
        return [own(data.metrics, key)];
      case "param":
        return [own(data.params, key)];
      case "tag":
        return [own(data.tags, key)];
      case "dataset":
        return inputs.datasetInputs.map(({ dataset, tags }) => {
          if (key === "context") return own(tags, "mlflow.data.context");
          return key === "name" ? dataset.name : dataset.digest;
        });
      case "attribute":
        return [
          new Map<string, Value>([
            ["run_id", info.runId],
            ["run_name", info.runName],
            ["status", info.status],
            ["user_id", info.userId],
            ["artifact_uri", info.artifactUri],
            ["start_time", info.startTime],
            ["end_time", info.endTime],
          ]).get(key),
        ];
    }
  };

const valuesOfExperiment =
  (experiment: Experiment): Values =>
  ({ type, key }) => [
    type === "tag"
      ? own(experiment.tags, key)
      : new Map<string, Value>([
          ["name", experiment.name],
          ["experiment_id", experiment.experimentId],
          ["creation_time", experiment.creationTime],
          ["last_update_time", experiment.lastUpdateTime],
        ]).get(key),
  ];

/** SQL's LIKE: `%` for any text, `_` for one character. */
function isLike(text: string, pattern: string, flags: string): boolean {
  const source = pattern
    .replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")
    .replaceAll("%", ".*")
    .replaceAll("_", ".");
  return new RegExp(`^${source}$`, `su${flags}`).test(text);
}

function holds(value: Value, { comparator, value: other }: Comparison): boolean {
  if (comparator === "IS NULL") return value === undefined;
  if (comparator === "IS NOT NULL") return value !== undefined;
  // As in MLflow, what is absent matches nothing, != neither.
  if (value === undefined || other === undefined) return false;
  if (typeof other === "object") {
    return other.includes(String(value)) === (comparator === "IN");
  }
  switch (comparator) {
    case "=":
      return value === other;
    case "!=":
      return value !== other;
    case ">":
      return value > other;
    case ">=":
      return value >= other;
    case "<":
      return value < other;
    case "<=":
      return value <= other;
    default:
      return isLike(String(value), String(other), comparator === "ILIKE" ? "i" : "");
  }
}

/** Values first, then NaN, then what has none; `descending` turns the values only. */
function compareValues(a: Value, b: Value, descending: boolean): number {
  const rank = (value: Value) => (value === undefined ? 2 : Number.isNaN(value) ? 1 : 0);
  if (rank(a) !== 0 || rank(b) !== 0) return rank(a) - rank(b);
  if (a === undefined || b === undefined || a === b) return 0;
  return a < b === descending ? 1 : -1;
}

interface Entry<T> {
  readonly item: T;
  readonly values: Values;
}

function search<T>(
  items: readonly T[],
  valuesOf: (item: T) => Values,
  filter: string | undefined,
  orderBy: readonly string[],
  vocabulary: Vocabulary,
): readonly T[] {
  const comparisons = parseFilter(filter, vocabulary);
  const orders = orderBy.map((clause) => parseOrderBy(clause, vocabulary));
  const matches = ({ values }: Entry<T>) =>
    comparisons.every((comparison) => values(comparison).some((value) => holds(value, comparison)));
  const compare = (a: Entry<T>, b: Entry<T>) => {
    for (const order of orders) {
      const result = compareValues(a.values(order)[0], b.values(order)[0], order.descending);
      if (result !== 0) return result;
    }
    return 0;
  };
  return items
    .map((item) => ({ item, values: valuesOf(item) }))
    .filter(matches)
    .sort(compare)
    .map(({ item }) => item);
}

/** Refuses a filter or order before anything is read. */
export function checkRunSearch(filter: string | undefined, orderBy: readonly string[] = []): void {
  parseFilter(filter, RUNS);
  for (const clause of orderBy) parseOrderBy(clause, RUNS);
}

/**
 * Runs that match, in order; newest first, then by id, where `orderBy` says nothing.
 *
 * Of MLflow's filter language: `attributes.` (run_id, run_name, status, user_id, artifact_uri,
 * start_time, end_time; the prefix may be left out), `metrics.`, `params.`, `tags.` and `datasets.`
 * (name, digest, context), compared by `= != > >= < <=` (numbers), `= != LIKE ILIKE` (texts),
 * `IN`, `NOT IN` (run_id, datasets) and `IS NULL`, `IS NOT NULL` (params, tags), joined by `AND`.
 * @throws MlflowError `INVALID_PARAMETER_VALUE` for anything else.
 */
export function searchedRuns(
  runs: readonly Run[],
  filter: string | undefined,
  orderBy: readonly string[] = [],
): readonly Run[] {
  const order = [...orderBy, "start_time DESC", "run_id ASC"];
  return search(runs, valuesOfRun, filter, order, RUNS);
}

/** The same for experiments: name, experiment_id, creation_time, last_update_time and `tags.`. */
export function searchedExperiments(
  experiments: readonly Experiment[],
  filter: string | undefined,
  orderBy: readonly string[] = [],
): readonly Experiment[] {
  const order = [...orderBy, "creation_time DESC", "experiment_id ASC"];
  return search(experiments, valuesOfExperiment, filter, order, EXPERIMENTS);
}
