/** Starting the processes that are measured. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const measure = fileURLToPath(new URL("measure.py", import.meta.url));

/**
 * Standard output of a command; its standard error comes along in the error when it fails.
 * @param {string} command
 * @param {readonly string[]} words
 * @param {{ cwd?: string }} [options]
 * @returns {Promise<string>}
 */
export function output(command, words, { cwd = root } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
      // Nothing may be looked up on the network: model and data are files.
      env: { ...process.env, HF_HUB_OFFLINE: "1", TRANSFORMERS_OFFLINE: "1" },
    });
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      out += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      err = (err + text).slice(-4000);
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(`${command} ${words.join(" ")} ended with ${code}:\n${err}`));
    });
  });
}

/**
 * @typedef {object} Measured
 * @property {number} seconds Wall clock of the whole process.
 * @property {number} processorSeconds
 * @property {number} peakBytes Largest resident memory.
 * @property {number} startedAt Milliseconds since 1970.
 * @property {string} stdout
 */

/**
 * A whole process by the clock, with its peak memory as the operating system counts it.
 * @param {string} python
 * @param {string} command
 * @param {readonly string[]} words
 * @returns {Promise<Measured>}
 */
export async function measured(python, command, words) {
  const folder = await mkdtemp(join(tmpdir(), "counterweight-bench-"));
  try {
    const report = join(folder, "report.json");
    const stdout = await output(python, [measure, report, command, ...words]);
    return { ...JSON.parse(await readFile(report, "utf8")), stdout };
  } finally {
    await rm(folder, { recursive: true });
  }
}
