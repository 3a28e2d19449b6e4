import { Worker } from "node:worker_threads";
import { beatDigits } from "./lease-files.js";

/** A lease to keep alive. */
export interface Beating {
  /** Folder of the key's leases. */
  readonly folder: string;
  readonly path: string;
  readonly token: number;
  /** What the file holds after the counter: another content is another's lease. */
  readonly tail: string;
}

/** Keeps lease files changing from a thread of its own. */
export interface Heartbeats {
  /** @param onLost called once, when the lease is no longer this one's. Returns what ends it. */
  readonly start: (lease: Beating, onLost: () => void) => () => void;
  /** Ends the thread. */
  readonly close: () => Promise<void>;
}

/**
 * A computation may hold the main thread for seconds, so the counters are raised by another thread.
 * A stopped process stops this thread too, and falls silent as it should.
 *
 * It is a text, since a worker file would be another file in the sources than in the built package.
 */
const threadCode = `
const { parentPort, workerData } = require("node:worker_threads");
const { closeSync, openSync, readdirSync, readFileSync, writeSync } = require("node:fs");
const leases = new Map();
function isMine(lease) {
  let file;
  try {
    for (const name of readdirSync(lease.folder)) {
      if (parseInt(name, 10) > lease.token) return false;
    }
    file = openSync(lease.path, "r+");
    const tail = readFileSync(file).toString("latin1", workerData.digits + 1);
    if (tail !== lease.tail) return false;
    lease.count += 1;
    writeSync(file, String(lease.count).padStart(workerData.digits, "0"), 0, "latin1");
    return true;
  } catch (error) {
    // A disk with a bad moment is no reason to give up: publishing looks again.
    return error.code !== "ENOENT";
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
setInterval(() => {
  for (const [id, lease] of leases) {
    if (isMine(lease)) continue;
    leases.delete(id);
    parentPort.postMessage(id);
  }
}, workerData.milliseconds);
parentPort.on("message", ({ id, lease }) => {
  if (lease === undefined) leases.delete(id);
  else leases.set(id, { ...lease, count: 0 });
});
`;

export function heartbeats(milliseconds: number): Heartbeats {
  const lost = new Map<number, () => void>();
  let ids = 0;
  let thread: Worker | undefined;

  const ended = (): void => {
    thread = undefined;
    for (const onLost of lost.values()) onLost();
    lost.clear();
  };

  function running(): Worker {
    if (thread !== undefined) return thread;
    const started = new Worker(threadCode, {
      eval: true,
      workerData: { milliseconds, digits: beatDigits },
      execArgv: [],
      env: {},
      name: "store heartbeats",
      resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
    });
    started.on("message", (id: number) => {
      const onLost = lost.get(id);
      lost.delete(id);
      onLost?.();
    });
    // Nobody would keep the leases alive: better to say so than to be taken over unaware.
    started.on("error", () => {
      if (thread === started) ended();
    });
    // Leases keep no process alive. Listening for messages would hold it again, so this comes last.
    started.unref();
    thread = started;
    return started;
  }

  return {
    start: (lease, onLost) => {
      const id = ids++;
      lost.set(id, onLost);
      running().postMessage({ id, lease });
      return () => {
        if (lost.delete(id)) thread?.postMessage({ id });
      };
    },
    close: async () => {
      const last = thread;
      ended();
      await last?.terminate();
    },
  };
}
