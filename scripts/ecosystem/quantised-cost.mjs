/**
 * What int8 costs: runs both ONNX models of a saved folder on labelled rows and prints accuracy,
 * macro-F1, size and time of each.
 *
 *     node scripts/ecosystem/quantised-cost.mjs FOLDER TABLE.csv
 *
 * The table has columns `text`, `label` (the class's name) and, for pairs, `text_pair`. Rows run one
 * at a time, as a service would get them: in a batch the activations of all rows share one scale.
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { loadTokenizer, readConfig } from "@counterweight/bert";
import { accuracy, confusionMatrix, macroF1 } from "@counterweight/metrics";
import { parse } from "csv-parse/sync";
import { InferenceSession, Tensor } from "onnxruntime-node";

const [, , folder = "", table = ""] = process.argv;
if (table === "") throw new Error("usage: quantised-cost.mjs FOLDER TABLE.csv");

const config = await readConfig(folder);
const tokenizer = await loadTokenizer(folder);
const settings = JSON.parse(await readFile(join(folder, "tokenizer_config.json"), "utf8"));
const rows = parse(await readFile(table), { columns: true, bom: true });
const gold = Int32Array.from(rows, ({ label }) => config.id2label.indexOf(label));
if (gold.includes(-1)) throw new Error(`labels must be among ${config.id2label.join(", ")}`);
const encoded = rows.map(({ text, text_pair }) =>
  tokenizer.encode(text, text_pair, { maxLength: settings.model_max_length }),
);

const results = [];
for (const name of ["model.onnx", "model_quantized.onnx"]) {
  const path = join(folder, "onnx", name);
  const session = await InferenceSession.create(path, { intraOpNumThreads: 1 });
  const logits = [];
  const start = performance.now();
  for (const { ids, typeIds } of encoded) {
    const tensor = (list) => new Tensor("int64", BigInt64Array.from(list, BigInt), [1, ids.length]);
    const inputs = {
      input_ids: tensor(ids),
      attention_mask: tensor(ids.map(() => 1)),
      token_type_ids: tensor(typeIds),
    };
    const feeds = Object.fromEntries(session.inputNames.map((key) => [key, inputs[key]]));
    logits.push([...(await session.run(feeds)).logits.data]);
  }
  const milliseconds = (performance.now() - start) / encoded.length;
  const { size } = await stat(path);
  const predicted = Int32Array.from(logits, (values) => values.indexOf(Math.max(...values)));
  results.push({ name, size, milliseconds, logits, predicted });
}

console.log(`${rows.length} rows`);
console.log("| file | MB | accuracy | macro-F1 | ms a row, one thread |");
console.log("|---|---|---|---|---|");
for (const { name, size, milliseconds, predicted } of results) {
  const cells = [
    name,
    (size / 1e6).toFixed(1),
    accuracy(gold, predicted).toFixed(4),
    macroF1(confusionMatrix(gold, predicted, config.numLabels)).toFixed(4),
    milliseconds.toFixed(1),
  ];
  console.log(`| ${cells.join(" | ")} |`);
}
const [exact, rounded] = results;
const changed = exact.predicted.filter((value, row) => value !== rounded.predicted[row]).length;
const differences = exact.logits.flatMap((values, row) =>
  values.map((value, column) => Math.abs(value - rounded.logits[row][column])),
);
const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
console.log(
  `${changed} rows in another class; logits differ by ${mean.toFixed(3)} on average, ${Math.max(...differences).toFixed(3)} at most`,
);
