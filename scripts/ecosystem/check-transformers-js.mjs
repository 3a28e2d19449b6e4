/**
 * Runs saved models with `@huggingface/transformers`, or with `--xenova` its former name
 * `@xenova/transformers`, and compares with ours.
 *
 *     node check-transformers-js.mjs [--xenova] FOLDER...
 *
 * where FOLDER.json (by save-folders.mjs) holds rows, token ids and logits. Run it where the library
 * is installed. Nothing is fetched from the hub. What the libraries' tokenizers do otherwise than
 * Python's is shown as notes, and the models run on our token ids there.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { compareScores, counter, readExpected, softmax } from "./compare.mjs";

const { values: options, positionals: folders } = parseArgs({
  options: { xenova: { type: "boolean", default: false } },
  allowPositionals: true,
});
const library = options.xenova ? "@xenova/transformers" : "@huggingface/transformers";
const { AutoModelForSequenceClassification, AutoTokenizer, env, pipeline, Tensor } = await import(
  library
);
const { version } = JSON.parse(readFileSync(`node_modules/${library}/package.json`, "utf8"));
console.log(`${library} ${version}`);
env.allowRemoteModels = false;
const { check, note, end } = counter();

/** All classes of logits as a pipeline gives them. */
const scoresOf = (labels, logits) =>
  softmax(logits)
    .map((score, index) => ({ label: labels[index], score }))
    .sort((left, right) => right.score - left.score);

/** A row's token ids as a library's tensors. */
const asTensors = (row, TensorClass) => {
  const tensor = (list) =>
    new TensorClass("int64", BigInt64Array.from(list, BigInt), [1, list.length]);
  return {
    input_ids: tensor(row.ids),
    attention_mask: tensor(row.ids.map(() => 1)),
    token_type_ids: tensor(row.typeIds),
  };
};

for (const folder of folders) {
  env.localModelPath = dirname(resolve(folder));
  const name = basename(folder);
  const { labels, single, cutSingle, finalSigma, pair, cutPair } = readExpected(folder);
  const everything = [...single, ...cutSingle, ...finalSigma, ...pair, ...cutPair];
  for (const precision of ["float32", "quantised"]) {
    const exact = precision === "float32";
    const how = options.xenova ? { quantized: !exact } : { dtype: exact ? "fp32" : "q8" };
    const all = options.xenova ? { topk: labels.length } : { top_k: null };
    const judge = (rows, results, what) => {
      const { furthest, otherClass } = compareScores(labels, rows, results);
      check(
        exact ? furthest <= 1e-4 && otherClass === 0 : furthest < 0.5,
        `${name}, ${precision}: ${rows.length} ${what}, probabilities within ${furthest.toExponential(1)}, ${otherClass} in another class`,
      );
    };

    const classify = await pipeline("text-classification", name, how);
    // One at a time: the quantised model's scales depend on all rows of a batch.
    const alone = [];
    for (const { text } of single) alone.push(await classify(text, all));
    judge(single, alone, "texts by pipeline");
    if (exact) {
      const texts = single.map(({ text }) => text);
      judge(single, await classify(texts, all), "texts by pipeline in one batch");
    }

    const tokenizer = await AutoTokenizer.from_pretrained(name);
    const model = await AutoModelForSequenceClassification.from_pretrained(name, how);
    const tokenize = (row) =>
      tokenizer([row.text], {
        text_pair: row.pair === undefined ? null : [row.pair],
        padding: true,
        truncation: true,
      });
    const paired = [];
    for (const row of pair) {
      const { logits } = await model(await tokenize(row));
      paired.push(scoresOf(labels, [...logits.data]));
    }
    judge(pair, paired, "pairs by tokenizer and model");

    const byIds = [];
    for (const row of everything) {
      const { logits } = await model(asTensors(row, Tensor));
      byIds.push(scoresOf(labels, [...logits.data]));
    }
    judge(everything, byIds, "rows by our token ids");
    if (!exact) continue;
    for (const [what, rows] of Object.entries({ cutSingle, cutPair, finalSigma })) {
      const results = [];
      let same = 0;
      for (const row of rows) {
        const inputs = await tokenize(row);
        if ([...inputs.input_ids.data].map(Number).join() === row.ids.join()) same += 1;
        const { logits } = await model(inputs);
        results.push(scoresOf(labels, [...logits.data]));
      }
      const { furthest } = compareScores(labels, rows, results);
      note(
        `${name}, ${what}: its tokenizer agrees with Python's on ${same} of ${rows.length} rows; probabilities within ${furthest.toExponential(1)}`,
      );
    }
  }
  if (options.xenova) await checkWebAssembly(folder, labels, everything);
}
end();

/** The runtime that `@xenova/transformers` has in browsers, which runs in Node too. */
async function checkWebAssembly(folder, labels, rows) {
  const requireFrom = createRequire(createRequire(import.meta.url).resolve(library));
  const web = requireFrom("onnxruntime-web");
  web.env.wasm.numThreads = 1;
  const { version: webVersion } = JSON.parse(
    readFileSync(
      join(dirname(requireFrom.resolve("onnxruntime-web")), "..", "package.json"),
      "utf8",
    ),
  );
  for (const [file, bar] of /** @type {const} */ ([
    ["model.onnx", 1e-4],
    ["model_quantized.onnx", 0.5],
  ])) {
    const session = await web.InferenceSession.create(readFileSync(join(folder, "onnx", file)), {
      executionProviders: ["wasm"],
    });
    const results = [];
    for (const row of rows) {
      const tensors = asTensors(row, web.Tensor);
      const feeds = Object.fromEntries(session.inputNames.map((key) => [key, tensors[key]]));
      const { logits } = await session.run(feeds);
      results.push(scoresOf(labels, [...logits.data]));
    }
    const { furthest } = compareScores(labels, rows, results);
    check(
      furthest <= bar,
      `${basename(folder)}: ${file} in onnxruntime-web ${webVersion} (WebAssembly), ${rows.length} rows, probabilities within ${furthest.toExponential(1)}`,
    );
  }
}
