// Peak memory of a whole `counterweight run` in one process, against its number of generated rows.
//
//   npm run build && node scripts/bench/memory.mjs [--rows 1000,1000000] [--guard on,off] [--keep]
//
// Makes CSV files of sentences (12 words of a list of 2,000) in a temporary folder, and trains a tiny
// model of random weights on them with ce and imp (a quality checker too): 1 epoch, batches of 256.
// Each run is a process of its own under Node's default limits. Prints a line a run: the peak of the
// process's resident memory and of its JavaScript heap, seconds of processor and of wall time, and the
// sizes of what was written; then the line through the smallest and the largest run, "N MB + M bytes
// a row". `--guard`: the search for near duplicates between roles. `--keep`: leave the folder.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  createWriteStream,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const command = fileURLToPath(new URL("../../packages/cli/dist/main.js", import.meta.url));

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "1000,10000,100000,1000000" },
    guard: { type: "string", default: "on,off" },
    keep: { type: "boolean", default: false },
  },
});

/** A linear congruential generator: enough to make sentences that differ. */
function numbers(seed) {
  let state = BigInt(seed) + 1n;
  return (below) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number((state >> 33n) % BigInt(below));
  };
}

const syllables = ["ba", "ce", "di", "fo", "gu", "ha", "le", "mi", "no", "pu"];
const words = Array.from({ length: 2000 }, (_, index) =>
  [index % 10, Math.floor(index / 10) % 10, Math.floor(index / 100) % 10, Math.floor(index / 1000)]
    .map((each) => syllables[each])
    .join(""),
);

/** A sentence, and the label that most of its words speak for, wrong in a tenth of the rows. */
function row(next) {
  const chosen = Array.from({ length: 12 }, () => next(words.length));
  const even = chosen.filter((word) => word % 2 === 0).length;
  const label = even > 6 !== (next(10) === 0) ? "even" : "odd";
  return `${chosen.map((word) => words[word]).join(" ")},${label}\n`;
}

async function writeRows(path, rows, seed) {
  const next = numbers(seed);
  const file = createWriteStream(path);
  file.write("text,label\n");
  for (let start = 0; start < rows; start += 1000) {
    const part = Array.from({ length: Math.min(1000, rows - start) }, () => row(next)).join("");
    if (!file.write(part)) await once(file, "drain");
  }
  file.end();
  await once(file, "finish");
}

const spec = (guard) => `version: 1
name: memory
model: { config: { hiddenSize: 16, layers: 1, heads: 1, intermediateSize: 16, maxPositions: 16 } }
benchmarks: [{ kind: files, name: sentences, real: real.csv, generated: generated.csv }]
checkerFraction: 1.0
seeds: [0]
methods: [ce, imp]
train: { epochs: 1, batchSize: 256, learningRate: 1.0e-3, maxLength: 16 }
splitGuard: { near: "${guard === "on" ? "report" : "off"}" }
evaluation: { bootstrapResamples: 100 }
`;

/** Loaded into the run's process: writes what it used to the file that the environment names. */
const watch = `
  import { writeFileSync } from "node:fs";
  let heap = 0;
  const look = () => { heap = Math.max(heap, process.memoryUsage().heapUsed); };
  setInterval(look, 100).unref();
  process.on("exit", () => {
    look();
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
    const cpu = (userCPUTime + systemCPUTime) / 1e6;
    writeFileSync(process.env.MEMORY_REPORT, JSON.stringify({ rss: maxRSS * 1024, heap, cpu }));
  });`;
const preload = `data:text/javascript,${encodeURIComponent(watch)}`;

const MB = (bytes) => Math.round(bytes / 1e6);
const sizeOf = (path) => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) / 1e6;

async function measure(rows, guard) {
  const folder = mkdtempSync(join(tmpdir(), "memory-"));
  try {
    await writeRows(join(folder, "generated.csv"), rows, 1);
    await writeRows(join(folder, "real.csv"), 1000, 2);
    writeFileSync(join(folder, "memory.yaml"), spec(guard));
    const out = join(folder, "out");
    const report = join(folder, "report.json");
    const begin = performance.now();
    const { status, stderr, signal } = spawnSync(
      process.execPath,
      [
        ...["--import", preload, command, "run", join(folder, "memory.yaml"), "--out", out],
        // One process, so that its peak is the whole; nothing from runs before.
        ...["--executor", "in-process", "--store", join(folder, "store")],
        "tracking.enabled=false",
      ],
      { encoding: "utf8", env: { ...process.env, MEMORY_REPORT: report } },
    );
    const seconds = (performance.now() - begin) / 1000;
    if (status !== 0) {
      throw new Error(
        `the run of ${rows} rows ended with ${status ?? signal}:\n${stderr.slice(-2000)}`,
      );
    }
    const used = JSON.parse(readFileSync(report, "utf8"));
    const files = readdirSync(out)
      .filter((name) =>
        /^(results\.json|report\.html|ledger\.(csv|parquet)|events\.jsonl)$/.test(name),
      )
      .map((name) => `${name} ${sizeOf(join(out, name)).toFixed(1)} MB`);
    console.log(
      `${String(rows).padStart(8)} rows, near duplicates ${guard.padEnd(3)}: peak ${MB(used.rss)} MB, ` +
        `heap ${MB(used.heap)} MB, ${used.cpu.toFixed(0)} s of processor, ${seconds.toFixed(0)} s; ` +
        `input ${sizeOf(join(folder, "generated.csv")).toFixed(1)} MB; ${files.join(", ")}`,
    );
    return used.rss;
  } finally {
    if (values.keep) console.log(`kept: ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

const counts = values.rows.split(",").map(Number);
for (const guard of values.guard.split(",")) {
  const peaks = [];
  for (const rows of counts) peaks.push(await measure(rows, guard));
  const [first, last] = [counts[0], counts.at(-1)];
  if (last > first) {
    const each = (peaks.at(-1) - peaks[0]) / (last - first);
    const base = peaks[0] - each * first;
    console.log(`near duplicates ${guard}: ${MB(base)} MB + ${Math.round(each)} bytes a row`);
  }
}
