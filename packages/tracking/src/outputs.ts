import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { pipeline } from "node:stream/promises";

/** A file of a run to be kept with it. */
export interface Output {
  /** From the run folder; absolute where it lies elsewhere. */
  readonly file: string;
  /** Folder among the artifacts. */
  readonly folder: string;
  readonly digest: string;
}

const names: ReadonlySet<string> = new Set([
  "results.json",
  "results.csv",
  "report.html",
  "spec.yaml",
  "ledger.parquet",
  "ledger.csv",
  "predictions.csv",
  "weights.csv",
]);

/** Folders whose files are kept, under the same name. */
const folders: ReadonlySet<string> = new Set(["figures", "tables"]);

/** What of a folder of results is kept with the run, each with its SHA-256. */
export async function outputsOf(runFolder: string, outputs = runFolder): Promise<Output[]> {
  const entries = await readdir(outputs, { withFileTypes: true }).catch(() => []);
  const found: { path: string; folder: string }[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(outputs, entry.name);
    if (entry.isFile() && names.has(entry.name)) found.push({ path, folder: "" });
    if (!entry.isDirectory() || !folders.has(entry.name)) continue;
    for (const file of await readdir(path, { withFileTypes: true })) {
      if (file.isFile()) found.push({ path: join(path, file.name), folder: entry.name });
    }
  }
  const known: Output[] = [];
  for (const { path, folder } of found) {
    const inside = relative(runFolder, path);
    const outside = inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside);
    known.push({ file: outside ? path : inside, folder, digest: await digestOf(path) });
  }
  return known;
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
