/**
 * What the store of steps costs for a small entry (a result and two files of 1 KB): medians and 95 %
 * quantiles in milliseconds.
 *
 *   node scripts/bench/store.mjs [--entries 300] [--folder FOLDER]
 *
 * Needs the built packages. The folder decides the file system; default the system's for temporary
 * files.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { explainMiss, folderStore, keyOf } from "../../packages/steps/dist/index.js";
import { toyRecord } from "../../packages/steps/dist/store/toy-entry.fixture.js";
import { median, quantile } from "./statistics.mjs";

const { values } = parseArgs({
  options: {
    entries: { type: "string", default: "300" },
    folder: { type: "string", default: tmpdir() },
  },
});
const count = Number(values.entries);
const root = mkdtempSync(join(values.folder, "store-bench-"));

/**
 * @param {string} name
 * @param {(index: number) => Promise<unknown>} action
 */
async function measure(name, action, times = count) {
  const taken = [];
  for (let index = 0; index < times; index++) {
    const start = performance.now();
    await action(index);
    taken.push(performance.now() - start);
  }
  const [middle, high] = [median(taken), quantile(taken, 0.95)];
  console.log(`${name.padEnd(44)} ${middle.toFixed(2)} ms (95 %: ${high.toFixed(2)} ms)`);
}

const making = (/** @type {number} */ number) => ({
  kind: "bench",
  version: 1,
  settings: { number, train: { learningRate: 0.1 } },
  inputs: {},
});
const keys = Array.from({ length: count }, (_, number) => keyOf(making(number)));
const kilobyte = Buffer.alloc(1024, 1);

try {
  const store = folderStore(root);
  /** @type {import("../../packages/steps/dist/index.js").Lease[]} */
  const leases = [];
  await measure("has, absent", (index) => store.has(keys[index]));
  await measure("claim", async (index) => {
    const claim = await store.claim(keys[index]);
    if (claim.kind !== "mine") throw new Error(claim.kind);
    leases.push(claim.lease);
  });
  await measure("claim, held", (index) => store.claim(keys[index]));
  await measure("publish, files and marker synced", async (index) => {
    const lease = leases[index];
    for (const name of ["a", "b"]) writeFileSync(join(lease.draft, name), kilobyte);
    await lease.publish({ making: making(index), record: toyRecord(), result: { index } });
  });
  await measure("has, there", (index) => store.has(keys[index]));
  await measure("claim, published", (index) => store.claim(keys[index]));
  await measure("read, all proven", (index) => store.read(keys[index]));
  await measure("describe", (index) => store.describe(keys[index]));
  await measure(`explainMiss among ${count}`, () => explainMiss(store, making(-1)), 5);
  await store.close();
} finally {
  rmSync(root, { recursive: true });
}
