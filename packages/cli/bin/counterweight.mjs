#!/usr/bin/env node
// Committed so that `npm ci` can link the command before the first build.
import { existsSync } from "node:fs";

const entry = new URL("../dist/main.js", import.meta.url);
if (!existsSync(entry)) {
  process.stderr.write("counterweight: the project is not built yet. Run `npm run build` first.\n");
  process.exit(2);
}
await import(entry.href);
