/**
 * Loaded by `--import`: in the first worker of a pool, and not in its coordinator, the file that
 * COUNTERWEIGHT_EDIT names gets COUNTERWEIGHT_EDIT_TO for its content, before anything is read.
 */
import { readFileSync, writeFileSync } from "node:fs";

const { COUNTERWEIGHT_EDIT: file, COUNTERWEIGHT_EDIT_TO: content } = process.env;
const isWorker = process.argv.includes("worker");
if (isWorker && file !== undefined && content !== undefined) {
  if (readFileSync(file, "utf8") !== content) writeFileSync(file, content);
}
