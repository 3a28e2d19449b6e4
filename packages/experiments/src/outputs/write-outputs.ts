import { join } from "node:path";
import { writeFileAtomic } from "@counterweight/base";
import { renderReport, resultsToCsv } from "@counterweight/evaluation";
import type { RunResults } from "../run/results.js";
import { storedSpec } from "../spec/resolve.js";
import { specToYaml } from "../spec/write.js";
import { rowLedger } from "./ledger.js";
import { reportData } from "./report-data.js";
import { resultsJson } from "./results-json.js";
import { predictionsFile, weightsFile } from "./rows-csv.js";
import { writeCsv } from "./write-blocks.js";
import { writeLedgerCsv, writeLedgerParquet } from "./write-ledger.js";

/**
 * Writes every output of a run into a folder, each file whole or not at all. Returns the resolved spec
 * as written.
 */
export async function writeOutputs(
  folder: string,
  results: RunResults,
  time: Date,
): Promise<string> {
  const { rows } = results;
  const spec = specToYaml(storedSpec(results.spec, folder));
  const files: Readonly<Record<string, string>> = {
    "spec.yaml": spec,
    "results.json": resultsJson(results, rows, { folder, time }),
    "results.csv": resultsToCsv(rows),
    "report.html": renderReport(reportData(results, rows, { spec, time })),
  };
  for (const [name, content] of Object.entries(files)) {
    await writeFileAtomic(join(folder, name), content);
  }
  const rowFiles = {
    "predictions.csv": predictionsFile(results),
    "weights.csv": weightsFile(results),
  };
  for (const [name, { header, blocks }] of Object.entries(rowFiles)) {
    await writeCsv(join(folder, name), header, blocks());
  }
  const ledger = rowLedger(results);
  await writeLedgerCsv(join(folder, "ledger.csv"), ledger);
  await writeLedgerParquet(join(folder, "ledger.parquet"), ledger);
  return spec;
}
