import { join } from "node:path";
import { writeFileAtomic } from "@counterweight/base";
import { renderReport, resultsToCsv } from "@counterweight/evaluation";
import type { RunResults } from "../run/results.js";
import { storedSpec } from "../spec/resolve.js";
import { specToYaml } from "../spec/write.js";
import { reportData } from "./report-data.js";
import { resultsJson } from "./results-json.js";
import { predictionsCsv, weightsCsv } from "./rows-csv.js";

/** Writes every output of a run into a folder, each file whole or not at all. */
export async function writeOutputs(folder: string, results: RunResults, time: Date): Promise<void> {
  const { rows } = results;
  const spec = specToYaml(storedSpec(results.spec, folder));
  const files: Readonly<Record<string, string>> = {
    "spec.yaml": spec,
    "results.json": resultsJson(results, rows, { folder, time }),
    "results.csv": resultsToCsv(rows),
    "predictions.csv": predictionsCsv(results),
    "weights.csv": weightsCsv(results),
    "report.html": renderReport(reportData(results, rows, { spec, time })),
  };
  for (const [name, content] of Object.entries(files)) {
    await writeFileAtomic(join(folder, name), content);
  }
}
