// @ts-check
/**
 * Runs saved models with `@huggingface/transformers`, or with `--xenova` its former name
 * `@xenova/transformers`, and compares with ours.
 *
 *     node check-transformers-js.mjs [--xenova] FOLDER...
 *
 * where FOLDER.json (by save-folders.mjs) holds rows and logits. Nothing is fetched from the hub.
 */
import { readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { compareScores, counter, readExpected } from "./compare.mjs";

const { values: options, positionals: folders } = parseArgs({
  options: { xenova: { type: "boolean", default: false } },
  allowPositionals: true,
});
const library = options.xenova ? "@xenova/transformers" : "@huggingface/transformers";
const { AutoModelForSequenceClassification, AutoTokenizer, env, pipeline } = await import(library);
const { version } = JSON.parse(readFileSync(`node_modules/${library}/package.json`, "utf8"));
console.log(`${library} ${version}`);
env.allowRemoteModels = false;
const { check, end } = counter();

for (const folder of folders) {
  env.localModelPath = dirname(resolve(folder));
  const name = basename(folder);
  const { labels, single, cutSingle, pair, cutPair } = readExpected(folder);
  for (const precision of ["float32", "quantised"]) {
    const exact = precision === "float32";
    const how = options.xenova ? { quantized: !exact } : { dtype: exact ? "fp32" : "q8" };
    const all = options.xenova ? { topk: labels.length } : { top_k: null };
    /** One row at a time: the quantised model's scales depend on all rows of a batch. */
    const judge = ({ furthest, otherClass }, rows, what) => {
      const said = `${name}, ${precision}: ${rows.length} ${what}: probabilities within ${furthest.toExponential(1)}, ${otherClass} in another class`;
      check(exact ? furthest <= 1e-4 && otherClass === 0 : furthest < 0.5, said);
    };
    const classify = await pipeline("text-classification", name, how);
    const results = [];
    for (const { text } of single) results.push(await classify(text, all));
    judge(compareScores(labels, single, results), single, "texts by pipeline");
    if (exact) {
      const together = await classify(
        single.map(({ text }) => text),
        all,
      );
      judge(compareScores(labels, single, together), single, "texts by pipeline in one batch");
    }
    const cut = [];
    for (const { text } of cutSingle) cut.push(await classify(text, all));
    judge(compareScores(labels, cutSingle, cut), cutSingle, "texts that are cut");

    const tokenizer = await AutoTokenizer.from_pretrained(name);
    const model = await AutoModelForSequenceClassification.from_pretrained(name, how);
    for (const [what, rows] of [
      ["pairs", pair],
      ["pairs that are cut", cutPair],
    ]) {
      const scored = [];
      for (const row of rows) {
        const inputs = await tokenizer([row.text], {
          text_pair: [row.pair],
          padding: true,
          truncation: true,
        });
        const { logits } = await model(inputs);
        const data = [...logits.data];
        const total = data.reduce((sum, logit) => sum + Math.exp(logit), 0);
        scored.push(
          data
            .map((logit, index) => ({ label: labels[index], score: Math.exp(logit) / total }))
            .sort((left, right) => right.score - left.score),
        );
      }
      judge(compareScores(labels, rows, scored), rows, what);
    }
  }
}
end();
