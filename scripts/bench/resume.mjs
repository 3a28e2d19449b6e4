/**
 * What the same command costs once a sweep is finished: bytes of entries that are hashed to prove
 * them, bytes that are hashed as they are used, and wall time, beside the size of the store.
 *
 *   node scripts/bench/resume.mjs [--spec FILE] [--cli FILE] [--again 3]
 *
 * Without a spec: toy world, three methods, two seeds, models kept. `--cli` is the command of another
 * checkout, to compare with. Needs the built packages.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({
  options: {
    spec: { type: "string" },
    cli: { type: "string", default: here("../../packages/cli/bin/counterweight.mjs") },
    again: { type: "string", default: "3" },
  },
});
const root = mkdtempSync(join(tmpdir(), "resume-bench-"));
const spec = values.spec ?? join(root, "spec.yaml");
if (values.spec === undefined) {
  writeFileSync(
    spec,
    `version: 1
name: resume
model: { config: { hiddenSize: 32, layers: 1, heads: 2, intermediateSize: 64, maxPositions: 32 } }
benchmarks:
  - { kind: toy-world, generatedRows: 1000, realRows: 500, validationRows: 300, testRows: 1000 }
allowSharedText: [train, validation, generated]
checkerFraction: 1.0
seeds: [0, 1]
methods: [ce, imp, dimp]
train: { epochs: 3, batchSize: 64, maxLength: 32 }
saveModels: true
tracking: { uri: off }
`,
  );
}
const store = join(root, "store");
const reads = join(root, "reads.jsonl");
const counter = new URL("count-reads.mjs", import.meta.url);

/** One command: what all its processes read of entries, and seconds. */
function run() {
  rmSync(reads, { force: true });
  const start = performance.now();
  execFileSync(
    process.execPath,
    [values.cli, "run", spec, "--store", store, "--out", join(root, "out")],
    {
      stdio: ["ignore", "ignore", "ignore"],
      env: {
        ...process.env,
        NODE_OPTIONS: `--import=${counter}?${encodeURIComponent(reads)}`,
      },
    },
  );
  const seconds = (performance.now() - start) / 1000;
  const lines = readFileSync(reads, "utf8").trimEnd().split("\n");
  const sum = (/** @type {"proven" | "used"} */ what) =>
    lines.reduce((all, line) => all + JSON.parse(line)[what], 0);
  return { proven: sum("proven"), used: sum("used"), seconds };
}

const megabytes = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(2)} MB`;
try {
  const say = (
    /** @type {string} */ what,
    /** @type {ReturnType<typeof run>} */ { proven, used, seconds },
  ) =>
    console.log(
      `${what}: ${megabytes(proven)} proven, ${megabytes(used)} used, ${seconds.toFixed(2)} s`,
    );
  say("made", run());
  const entries = join(store, "entries");
  const files = readdirSync(entries, { recursive: true, withFileTypes: true }).filter(
    (file) => file.isFile() && file.name !== "entry.json",
  );
  const size = files.reduce(
    (sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size,
    0,
  );
  console.log(`the store: ${files.length} files, ${megabytes(size)}`);
  // What is younger than some seconds is proven anew each time: not so in a resume.
  await new Promise((done) => setTimeout(done, 3000));
  for (let time = 1; time <= Number(values.again); time++) say(`again, ${time}`, run());
} finally {
  rmSync(root, { recursive: true });
}
