import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const OPTIONS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--remote-debugging-pipe",
];

/**
 * A headless Chromium spoken to in the DevTools protocol through a pipe: no port, no package.
 * Messages are JSON, each ended by a zero byte, to file descriptor 3 and from 4.
 *
 * @param {string} command
 */
export function startChromium(command) {
  const profile = mkdtempSync(join(tmpdir(), "chromium-"));
  const child = spawn(command, [...OPTIONS, `--user-data-dir=${profile}`, "about:blank"], {
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    // A group of its own, so that its helper processes can be ended with it.
    detached: true,
  });
  const [, , , input, output] = child.stdio;
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  const waiting = new Map();
  /** @type {((method: string, params: any) => void)[]} */
  const listeners = [];
  let last = 0;
  let rest = "";
  output.setEncoding("utf8");
  output.on("data", (chunk) => {
    const messages = (rest + chunk).split("\0");
    rest = messages.pop() ?? "";
    for (const message of messages.map((text) => JSON.parse(text))) {
      const request = waiting.get(message.id);
      waiting.delete(message.id);
      if (request === undefined)
        for (const listen of listeners) listen(message.method, message.params);
      else if (message.error === undefined) request.resolve(message.result);
      else request.reject(new Error(`${command}: ${message.error.message}`));
    }
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const fail = (/** @type {Error} */ error) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  child.once("error", fail);
  child.once("exit", (code) => fail(new Error(`${command} ended with exit status ${code}`)));
  input.on("error", fail);

  return {
    /**
     * @param {string} method
     * @param {object} [params]
     * @param {string} [sessionId]
     * @returns {Promise<any>}
     */
    send(method, params = {}, sessionId = undefined) {
      const id = ++last;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
      });
    },
    /** @param {(method: string, params: any) => void} listener */
    onEvent(listener) {
      listeners.push(listener);
    },
    async close() {
      endGroup(child);
      await ended;
      try {
        rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
      } catch (error) {
        // A helper may still be writing; a temporary folder left over fails no check.
        console.error(`${profile} could not be removed: ${error}`);
      }
    },
  };
}

/** @param {import("node:child_process").ChildProcess} child */
function endGroup(child) {
  try {
    process.kill(-(child.pid ?? 0), "SIGKILL");
  } catch {
    child.kill("SIGKILL");
  }
}
