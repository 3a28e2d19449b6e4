/**
 * Writes the Tweet Irony section of docs/results.md and docs/results/tweet-irony.json from a finished run and the PyTorch
 * script's output files. Nothing is typed in by hand; run it again after the run.
 *
 *     node scripts/write-results.mjs --run runs/tweet-irony --torch seed0.json,seed1.json
 *
 * The torch files come from the peer pipeline (one a seed, its --out option) on the same rows:
 *     torch_imp.py --task tweet-irony --losses ce,focal,imp,imp-no-div,dimp --seeds S --real 1.0
 *                  --gen 1500 --lr 1e-4 --epochs 3 --dump-rows rows --out seedS.json
 */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { mean } from "@counterweight/evaluation";
import { portableResults, writeNumbers, writeSection } from "./lib/results-page.mjs";

const { values: options } = parseArgs({
  options: { run: { type: "string" }, torch: { type: "string", default: "" } },
});
if (options.run === undefined) throw new Error("give the run's folder: --run runs/tweet-irony");

const { text: portable, results } = await portableResults(options.run);
const peers = (
  await Promise.all(
    options.torch
      .split(",")
      .filter(Boolean)
      .map(async (file) => JSON.parse(await readFile(file, "utf8"))),
  )
).flat();

const peerName = { "imp-no-diversity": "imp-no-div" };
const percent = (value) => (100 * value).toFixed(2);
const list = (values) => values.map((value) => value.toFixed(2)).join(", ");

/** Mean of each side, the bar of the comparison, and the verdict. All in percent. */
function compare(ours, theirs) {
  const squares = (values) => values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0);
  const freedom = ours.length + theirs.length - 2;
  const pooled = Math.sqrt((squares(ours) + squares(theirs)) / freedom);
  const bar = 2 * pooled * Math.sqrt(1 / ours.length + 1 / theirs.length);
  const difference = mean(ours) - mean(theirs);
  return { difference, bar, within: Math.abs(difference) <= bar };
}

function comparison(metric, peerMetric) {
  const lines = [
    "| method | Counterweight, by seed | PyTorch, by seed | difference of means | bar | |",
    "|---|---|---|---|---|---|",
  ];
  for (const row of results.results) {
    const ours = row[metric].values.map((value) => 100 * value);
    const theirs = peers
      .filter(({ method }) => method === (peerName[row.method] ?? row.method))
      .sort((a, b) => a.seed - b.seed)
      .map((peer) => peer[peerMetric]);
    if (theirs.length < 2) continue;
    const { difference, bar, within } = compare(ours, theirs);
    const sign = difference < 0 ? "-" : "+";
    lines.push(
      `| ${row.method} | ${list(ours)} | ${list(theirs)} | ${sign}${Math.abs(difference).toFixed(2)} | ${bar.toFixed(2)} | ${within ? "within" : "**outside**"} |`,
    );
  }
  return lines.join("\n");
}

const main = results.results.map((row) => {
  const cell = (metric) => {
    const { mean: average, standardDeviation, interval } = row[metric];
    return `${percent(average)} ± ${percent(standardDeviation)} | ${percent(interval.low)} to ${percent(interval.high)}`;
  };
  return `| ${row.method} | ${cell("accuracy")} | ${cell("macroF1")} | ${row.seeds.length} |`;
});
const [first] = results.results;
const { interval } = first.accuracy;
const { environment } = results;
const seedsOfPeers = [...new Set(peers.map(({ seed }) => seed))].length;

const page = `## Tweet Irony, MiniLM

\`experiments/tweet-irony.yaml\`: all-MiniLM-L6-v2 as classifier and as both checkers; 1,500 rows of
\`gpt-3.5-turbo_few-shot\`; the quality checker sees all 2,862 real training rows; learning rate 1e-4,
3 epochs, batch 32; best epoch by accuracy on the 955 validation rows; ${first.testRows} test rows.
Run at commit \`${environment.git?.commit?.slice(0, 12) ?? "unknown"}\`${environment.git?.dirty ? " (with uncommitted changes)" : ""}, ${results.time.slice(0, 10)}, Node ${environment.node}, onnxruntime-node ${environment.packages["onnxruntime-node"]}, ${environment.cores} cores. All numbers: [results/tweet-irony.json](results/tweet-irony.json).

\`\`\`sh
npx counterweight run experiments/tweet-irony.yaml
node scripts/write-results.mjs --run runs/tweet-irony --torch seed0.json,seed1.json
\`\`\`

Percent; mean ± standard deviation (n - 1) over seeds, and a ${100 * interval.level} % percentile bootstrap interval that
resamples ${interval.resampled} (${interval.resamples.toLocaleString("en")} resamples, seed ${interval.seed}).

| method | accuracy | interval | macro-F1 | interval | seeds |
|---|---|---|---|---|---|
${main.join("\n")}

What this does not say: with ${first.seeds.length} seeds and ${first.testRows} test rows (one standard error of an accuracy is about 1.6
points) most of these methods cannot be told apart. The intervals hold the trained models fixed and
resample test rows; the standard deviations show what the seed does. The paper's order of methods
(BERT-base, more rows, 5 epochs) is neither confirmed nor refuted here.

### Beside PyTorch

The same rows, settings and best-epoch rule in PyTorch with Transformers (${seedsOfPeers} seeds). Seeds do not mean
the same random numbers on both sides. The bar is 2 s sqrt(1/n1 + 1/n2), s the pooled standard
deviation: differences inside it are what seeds alone produce.

Accuracy, percent:

${comparison("accuracy", "accuracy")}

Macro-F1, percent:

${comparison("macroF1", "macro_f1")}
`;

await writeNumbers("tweet-irony", portable);
await writeSection("tweet-irony", page);
process.stdout.write(page);
