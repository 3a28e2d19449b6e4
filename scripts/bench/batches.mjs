/** The very batches that the PyTorch peer `torch_step.py` trains on. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadTokenizer } from "@counterweight/bert";

const order = fileURLToPath(new URL("batch-order.py", import.meta.url));
/** Rows that the length-grouped way sorts at a time. */
const megabatch = 1600;

/**
 * Encoded rows, their labels, and all full batches of 32 in the peer's order.
 * @param {string} assets
 * @param {"random" | "length"} group
 * @param {string} python
 */
export async function peerBatches(assets, group, python) {
  const source = join(assets, "data/tweet-irony/generated/gpt-3.5-turbo_few-shot.json");
  /** @type {{ augmented_text: string, labels: string }[]} */
  const all = JSON.parse(readFileSync(source, "utf8"));
  /** @type {{ rows: number[], order: number[], batches: number[] }} */
  const permutations = JSON.parse(
    execFileSync(python, [order, String(all.length)], { encoding: "utf8" }),
  );
  const rows = permutations.rows.flatMap((index) => all[index] ?? []);
  const tokenizer = await loadTokenizer(join(assets, "models/all-MiniLM-L6-v2"));
  const texts = rows.map((row) => row.augmented_text.trim());
  const encoded = tokenizer.encodeAll(texts, undefined, { maxLength: 128 });
  const length = (/** @type {number} */ row) =>
    (encoded.offsets[row + 1] ?? 0) - (encoded.offsets[row] ?? 0);

  let sequence = permutations.order;
  if (group === "length") {
    sequence = chunks(sequence, megabatch).flatMap((rows) =>
      rows.toSorted((a, b) => length(b) - length(a)),
    );
  }
  const full = chunks(sequence, 32).filter((batch) => batch.length === 32);
  return {
    encoded,
    vocabularySize: tokenizer.vocabularySize,
    labels: Int32Array.from(rows, (row) => Number(row.labels === "sarcastic")),
    batches: permutations.batches.flatMap((index) => {
      const batch = full[index];
      return batch === undefined ? [] : [batch];
    }),
  };
}

/**
 * @param {readonly number[]} values
 * @param {number} size
 */
function chunks(values, size) {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
}
