/**
 * Speed beside official PyTorch, in one session, alternating. About 20 minutes on two quiet cores.
 *
 *     npm run bench                     both parts; results go to scripts/bench/results/*.json
 *     npm run bench -- step --quick     one part, fewer repeats
 *     npm run bench -- --write-docs     no measurement: latest results into docs/benchmarks.md
 *
 * Needs COUNTERWEIGHT_ASSETS (a folder with data/, models/ and peers/) and a Python with torch and
 * transformers (`python3`, or the one that --python names).
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benchLine } from "./line.mjs";
import { machineRecord } from "./machine.mjs";
import { output, root } from "./processes.mjs";
import { benchStep } from "./step.mjs";
import { lineTables, stepTables } from "./tables.mjs";
import { writeDocs } from "./write-docs.mjs";

const results = join(root, "scripts/bench/results");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    // A few batches and steps: shows that everything runs; measures and keeps nothing.
    smoke: { type: "boolean", default: false },
    python: { type: "string", default: "python3" },
    "write-docs": { type: "boolean", default: false },
  },
});
const { python } = values;
const say = (/** @type {string} */ line) => process.stderr.write(`${line}\n`);

if (values["write-docs"]) await docs();
else await bench();

async function bench() {
  const [part] = positionals;
  if (part !== undefined && part !== "step" && part !== "line") {
    return stop(`there is no part "${part}"; it is step or line.`);
  }
  const assets = await requirements();
  if (assets === undefined) return;
  const machine = await machineRecord(python);
  if (machine.loadBefore > 0.5) {
    say(
      `The machine is busy (load ${machine.loadBefore.toFixed(1)}): expect figures that mislead.`,
    );
  }
  const { quick, smoke } = values;
  if (part !== "line") {
    const counts = smoke
      ? { batches: 3, large: 0, rounds: 1 }
      : { batches: 60, large: 12, rounds: quick ? 1 : 2 };
    const report = { machine, ...(await benchStep({ assets, python, say, ...counts })) };
    if (!smoke) await keep("step", report);
    console.log(`## Step\n\n${stepTables(report)}\n`);
  }
  if (part !== "step") {
    const pairs = quick || smoke ? 1 : 2;
    const options = { assets, python, pairs, slow: !quick, smoke, say };
    const report = { machine, ...(await benchLine(options)) };
    if (!smoke) await keep("line", report);
    console.log(`## Line\n\n${lineTables(report)}\n`);
  }
}

/** The assets folder, or undefined after saying what is missing. */
async function requirements() {
  const assets = process.env.COUNTERWEIGHT_ASSETS;
  if (assets === undefined || assets === "") {
    return stop("set COUNTERWEIGHT_ASSETS to the folder with data/, models/ and peers/.");
  }
  for (const needed of [
    "peers/torch_step.py",
    "peers/torch_imp.py",
    "models/all-MiniLM-L6-v2/config.json",
    "data/tweet-irony",
  ]) {
    if (!existsSync(join(assets, needed))) return stop(`COUNTERWEIGHT_ASSETS has no ${needed}.`);
  }
  if (!existsSync(join(root, "packages/cli/dist/main.js"))) {
    return stop("the project is not built; run npm run build first.");
  }
  try {
    await output(python, ["-c", "import torch, transformers"]);
  } catch {
    return stop(
      `${python} has no torch and transformers; install them or name another with --python.`,
    );
  }
  return assets;
}

/** @param {string} why */
function stop(why) {
  say(`bench: ${why}`);
  process.exitCode = 2;
  return undefined;
}

/**
 * @param {"step" | "line"} part
 * @param {unknown} report
 */
async function keep(part, report) {
  await mkdir(results, { recursive: true });
  await writeFile(join(results, `${part}.json`), `${JSON.stringify(report, null, 2)}\n`);
}

async function docs() {
  const read = async (/** @type {string} */ part) => {
    const file = join(results, `${part}.json`);
    return existsSync(file) ? JSON.parse(await readFile(file, "utf8")) : undefined;
  };
  const [step, line] = [await read("step"), await read("line")];
  if (step === undefined && line === undefined) return stop("there are no results yet.");
  await writeDocs(join(root, "docs/benchmarks.md"), {
    step: step && stepTables(step),
    line: line && lineTables(line),
  });
}
