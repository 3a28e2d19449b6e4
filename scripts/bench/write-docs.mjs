/** Puts the tables of the latest results between their markers in docs/benchmarks.md. */
import { readFile, writeFile } from "node:fs/promises";

/**
 * @param {string} file
 * @param {Readonly<Record<string, string | undefined>>} tables Markdown by the name of its markers.
 */
export async function writeDocs(file, tables) {
  let text = await readFile(file, "utf8");
  for (const [name, body] of Object.entries(tables)) {
    if (body === undefined) continue;
    const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
    const [before, rest] = [text.indexOf(begin), text.indexOf(end)];
    if (before < 0 || rest < before) throw new Error(`${file} lacks ${begin} ... ${end}`);
    text = `${text.slice(0, before + begin.length)}\n${body}\n${text.slice(rest)}`;
  }
  await writeFile(file, text);
}
