import type { DatasetInput, Metric } from "mlflow-js-client";
import { isOperation, type Operation } from "../operations.js";
import type { SpoolRecord } from "../spool/record-line.js";

type Of<K extends Operation["op"]> = Extract<Operation, { readonly op: K }>;

/** What some records ask for of one run, put together so that few requests do it. */
export interface RunWork {
  readonly run: string;
  describe: Of<"run"> | undefined;
  metrics: Metric[];
  tags: Record<string, string>;
  datasets: DatasetInput[];
  artifacts: Of<"artifact">[];
  status: Of<"status"> | undefined;
}

/** Work by run, in the order in which runs come up: a parent is described before its children. */
export function gatherWork(records: readonly SpoolRecord[]): RunWork[] {
  const work = new Map<string, RunWork>();
  const of = (run: string): RunWork => {
    const known = work.get(run) ?? {
      run,
      describe: undefined,
      metrics: [],
      tags: {},
      datasets: [],
      artifacts: [],
      status: undefined,
    };
    work.set(run, known);
    return known;
  };
  for (const { value } of records) {
    // Of a later version, perhaps: nothing that this one could do.
    if (!isOperation(value)) continue;
    switch (value.op) {
      case "points": {
        const { to, names, rows } = value;
        for (const [run, prefix] of to) {
          const { metrics } = of(run);
          const keys = names.map((name) => prefix + name);
          for (const [step, timestamp, ...values] of rows) {
            for (const [index, key] of keys.entries()) {
              metrics.push({ key, value: Number(values[index]), timestamp, step });
            }
          }
        }
        break;
      }
      case "run":
        of(value.run).describe = value;
        break;
      case "inputs":
        of(value.run).datasets.push(...value.datasets);
        break;
      case "status":
        of(value.run).status = value;
        break;
      case "tags":
        Object.assign(of(value.run).tags, value.tags);
        break;
      case "artifact":
        of(value.run).artifacts.push(value);
    }
  }
  return [...work.values()];
}
