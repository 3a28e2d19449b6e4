import { createHash } from "node:crypto";
import { classCounts, rowCount, type TextTable } from "../text-table.js";

/** What scripts/golden/benchmarks.py tells of a file, without its texts. */
export interface FileDigest {
  readonly rows: number;
  readonly classes: readonly number[];
  readonly distinctTexts: number;
  readonly sha256: string;
}

/** The same of a table: the digest is over one compact JSON list of texts and label a row. */
export function digestOf(table: TextTable): FileDigest {
  const hash = createHash("sha256");
  const distinct = new Set<string>();
  table.text.forEach((text, row) => {
    const texts = table.textPair === undefined ? [text] : [text, table.textPair[row]];
    distinct.add(JSON.stringify(texts));
    hash.update(`${JSON.stringify([...texts, table.label[row]])}\n`);
  });
  return {
    rows: rowCount(table),
    classes: [...classCounts(table)],
    distinctTexts: distinct.size,
    sha256: hash.digest("hex"),
  };
}
