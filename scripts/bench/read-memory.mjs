// Time and memory of reading a user's file, against its number of rows.
//
//   npm run build && node scripts/bench/read-memory.mjs [format ...] [--rows 1000,1000000]
//
// Formats: csv, jsonl, json, parquet, csv.gz (default: all). Each file is made in a temporary folder
// (rows of a text of about 90 characters and a label) and read by a process of its own with
// --max-old-space-size=2048; the peak is that of the process's resident memory. Prints one line a file.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createGzip } from "node:zlib";

const formats = ["csv", "jsonl", "json", "parquet", "csv.gz"];

async function read(path) {
  const { readTable } = await import("../../packages/data/dist/index.js");
  const begin = performance.now();
  const { table } = await readTable(path);
  const seconds = (performance.now() - begin) / 1000;
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const peakMiB = maxRSS / 1024;
  const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6;
  console.log(JSON.stringify({ rows: table.text.length, seconds, cpuSeconds, peakMiB }));
}

/** Row i: a text that no other row has, and a label. */
function rowOf(index) {
  const words =
    "the quick brown fox jumps over a lazy dog and says, well, that it was no great leap";
  return { text: `row ${index} ${words.slice(index % 17)}`, label: index % 3 === 0 ? "yes" : "no" };
}

async function writeText(path, format, rows) {
  const file = createWriteStream(path);
  const out = format.endsWith(".gz") ? createGzip({ level: 1 }) : file;
  if (out !== file) out.pipe(file);
  const line = {
    csv: ({ text, label }) => `"${text}",${label}\n`,
    jsonl: (row) => `${JSON.stringify(row)}\n`,
    json: (row, index) => `${index === 0 ? "[" : ","}${JSON.stringify(row)}\n`,
  }[format.replace(".gz", "")];
  if (format.startsWith("csv")) out.write("text,label\n");
  for (let start = 0; start < rows; start += 1000) {
    const count = Math.min(1000, rows - start);
    const part = Array.from({ length: count }, (_, i) => line(rowOf(start + i), start + i)).join(
      "",
    );
    if (!out.write(part)) await once(out, "drain");
  }
  out.end(format === "json" ? "]\n" : "");
  await once(file, "finish");
}

async function writeParquet(path, rows) {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const { writeFileSync } = await import("node:fs");
  const all = Array.from({ length: rows }, (_, index) => rowOf(index));
  const columnData = ["text", "label"].map((name) => ({ name, data: all.map((row) => row[name]) }));
  writeFileSync(path, new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 100_000 })));
}

async function main(args) {
  const at = args.indexOf("--rows");
  const counts = at === -1 ? [1e3, 1e4, 1e5, 1e6] : args[at + 1].split(",").map(Number);
  const chosen = args.filter((name) => formats.includes(name));
  const folder = mkdtempSync(join(tmpdir(), "read-memory-"));
  try {
    for (const format of chosen.length === 0 ? formats : chosen) {
      for (const rows of counts) {
        const path = join(folder, `${rows}.${format}`);
        await (format === "parquet" ? writeParquet(path, rows) : writeText(path, format, rows));
        const megabytes = statSync(path).size / 1e6;
        const child = spawnSync(
          process.execPath,
          ["--max-old-space-size=2048", fileURLToPath(import.meta.url), "--read", path],
          { encoding: "utf8" },
        );
        rmSync(path);
        if (child.status !== 0) throw new Error(`${format}, ${rows} rows: ${child.stderr}`);
        const { rows: got, seconds, cpuSeconds, peakMiB } = JSON.parse(child.stdout);
        if (got !== rows) throw new Error(`${format}: ${got} of ${rows} rows came back`);
        console.log(
          `${format.padEnd(8)} ${String(rows).padStart(8)} rows ${megabytes.toFixed(1).padStart(7)} MB ${seconds.toFixed(2).padStart(7)} s (${cpuSeconds.toFixed(2)} s of processor) ${peakMiB.toFixed(0).padStart(6)} MiB peak`,
        );
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [first, ...rest] = process.argv.slice(2);
if (first === "--read") await read(rest[0]);
else await main(process.argv.slice(2));
