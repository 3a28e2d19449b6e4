#!/usr/bin/env node
// Writes counterweight.schema.json (for editors) and docs/spec.md (the table of keys) from the one
// schema of specs. Build first; `node scripts/write-schema.mjs --check` only says what is stale.
import { readFile, writeFile } from "node:fs/promises";
import { schemaFile, specReference } from "@counterweight/experiments";

const root = new URL("../", import.meta.url);
const stale = [];
for (const [name, content] of [
  ["counterweight.schema.json", schemaFile()],
  ["docs/spec.md", specReference()],
]) {
  const url = new URL(name, root);
  const old = await readFile(url, "utf8").catch(() => "");
  if (old === content) continue;
  stale.push(name);
  if (!process.argv.includes("--check")) await writeFile(url, content);
}
if (process.argv.includes("--check") && stale.length > 0) {
  process.stderr.write(`Stale: ${stale.join(", ")}. Run \`node scripts/write-schema.mjs\`.\n`);
  process.exitCode = 1;
}
