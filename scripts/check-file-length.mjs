#!/usr/bin/env node
// @ts-check
// A source file holds one idea: over 300 lines it is time to split it by concept. Tests are exempt.
// Usage: node scripts/check-file-length.mjs [--root DIR]
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { sourceFiles } from "./lib/source-imports.mjs";

const LIMIT = 300;

const { values } = parseArgs({ options: { root: { type: "string" } } });
const root = resolve(values.root ?? fileURLToPath(new URL("..", import.meta.url)));
const tooLong = readdirSync(join(root, "packages"))
  .flatMap((name) => sourceFiles(join(root, "packages", name, "src")))
  .filter((file) => !/\.test\.[cm]?tsx?$/.test(file))
  .map((file) => ({ file, lines: readFileSync(file, "utf8").trimEnd().split("\n").length }))
  .filter(({ lines }) => lines > LIMIT);

for (const { file, lines } of tooLong) {
  console.error(`${relative(root, file)}: ${lines} lines, over ${LIMIT}; split it by concept`);
}
console.log(
  tooLong.length === 0 ? "file lengths: fine" : `file lengths: ${tooLong.length} too long`,
);
process.exitCode = tooLong.length === 0 ? 0 : 1;
