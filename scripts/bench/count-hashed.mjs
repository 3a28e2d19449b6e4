// Loaded before a command by `node --import=file:///.../count-hashed.mjs?/tmp/counts`: counts the bytes
// that go into hashes, and appends them as a line of JSON to that file when the process ends.
import { Hash } from "node:crypto";
import { appendFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

let bytes = 0;
const { update } = Hash.prototype;
Hash.prototype.update = function counted(content, ...rest) {
  bytes += content.length;
  return update.call(this, content, ...rest);
};
const file = decodeURIComponent(new URL(import.meta.url).search.slice(1));
if (isMainThread) {
  process.on("exit", () => {
    appendFileSync(file, `${JSON.stringify({ process: process.pid, bytes })}\n`);
  });
}
