/** docs/results.md as sections between markers, each written by the script that makes its numbers. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeFileAtomic } from "@counterweight/base";

const root = new URL("../../", import.meta.url);
const pagePath = fileURLToPath(new URL("docs/results.md", root));

/** Puts `text` between a section's markers, or at the end where the page has no such section. */
export async function writeSection(name, text) {
  const [begin, end] = [`<!-- section ${name} -->`, `<!-- end of ${name} -->`];
  const page = await readFile(pagePath, "utf8");
  const section = `${begin}\n${text.trim()}\n${end}`;
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  const whole =
    from === -1
      ? `${page.trimEnd()}\n\n${section}\n`
      : `${page.slice(0, from)}${section}${page.slice(to + end.length)}`;
  await writeFileAtomic(pagePath, whole);
}

/** A run's results.json without folders of this machine, as text and as value. */
export async function portableResults(folder) {
  const text = await readFile(join(folder, "results.json"), "utf8");
  const assets = process.env.COUNTERWEIGHT_ASSETS;
  const portable =
    assets === undefined ? text : text.replaceAll(assets, `$\{COUNTERWEIGHT_ASSETS}`);
  return { text: portable, results: JSON.parse(portable) };
}

/** Writes docs/results/NAME.json. */
export async function writeNumbers(name, text) {
  await writeFileAtomic(fileURLToPath(new URL(`docs/results/${name}.json`, root)), text);
}

/**
 * The environment of the run that trained: of the folder's runs the first that ended a training, or
 * the first of all where every training came from the store.
 */
export async function trainingEnvironment(folder) {
  const log = await readFile(join(folder, "events.jsonl"), "utf8");
  const environments = new Map();
  for (const line of log.split("\n")) {
    // Most lines are steps, and none of those matters.
    if (!/"type":"(run-start|training-end)"/.test(line)) continue;
    const { type, run, environment } = JSON.parse(line);
    if (type === "run-start") environments.set(run, environment);
    else if (environments.has(run)) return environments.get(run);
  }
  const [first] = environments.values();
  if (first === undefined) throw new Error(`${folder}/events.jsonl begins no run`);
  return first;
}

/** Such as `commit 0123456789ab, 2026-01-31, Node v20, onnxruntime-node 1.30.0, 2 cores`. */
export function describeEnvironment(environment, time) {
  const { git, node, packages, cores } = environment;
  const commit = `${git?.commit?.slice(0, 12) ?? "unknown"}\`${git?.dirty ? " (with uncommitted changes)" : ""}`;
  return `commit \`${commit}, ${time.slice(0, 10)}, Node ${node}, onnxruntime-node ${packages["onnxruntime-node"]}, ${cores} cores`;
}
