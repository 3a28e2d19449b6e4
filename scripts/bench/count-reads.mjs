// Loaded before a command by `node --import=file:///.../count-reads.mjs?/tmp/counts`: counts the bytes
// that are read, and so hashed, from files of a store's entries, without their markers: in pieces, to
// prove them (and models to copy them), or whole, to be used. Appends a line of JSON to that file when the process ends.
import { appendFileSync } from "node:fs";
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { isMainThread } from "node:worker_threads";

let proven = 0;
let used = 0;
const isCounted = (path) =>
  /\/entries\/../.test(String(path)) && !/entry\.json$/.test(String(path));
const counted = new WeakSet();

const { open, readFile } = promises;
const probe = await open(process.execPath, "r");
const prototype = Object.getPrototypeOf(probe);
await probe.close();
const { read } = prototype;
prototype.read = async function countedRead(...words) {
  const found = await read.apply(this, words);
  if (counted.has(this)) proven += found.bytesRead;
  return found;
};
promises.open = async (...words) => {
  const handle = await open(...words);
  if (isCounted(words[0])) counted.add(handle);
  return handle;
};
promises.readFile = async (...words) => {
  const content = await readFile(...words);
  if (isCounted(words[0])) used += content.length;
  return content;
};
syncBuiltinESMExports();

const file = decodeURIComponent(new URL(import.meta.url).search.slice(1));
if (isMainThread) {
  process.on("exit", () => {
    appendFileSync(file, `${JSON.stringify({ proven, used })}\n`);
  });
}
