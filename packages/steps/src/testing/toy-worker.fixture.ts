import { CounterweightError } from "@counterweight/base";
import { serveWorker } from "../run/serve-worker.js";
import { folderStore } from "../store/folder-store.js";
import { memoryStore } from "./memory-store.js";
import { toyRunner } from "./toy-runner.js";

/** What the tests give a toy worker. */
export interface ToyInit {
  readonly folder: string;
  readonly store?: "memory" | "folder";
  readonly broken?: boolean;
}

const isInit = (value: unknown): value is ToyInit =>
  typeof value === "object" && value !== null && "folder" in value;

serveWorker({
  openStore: (init) => {
    if (!isInit(init)) throw new TypeError("no folder");
    if (init.broken) throw new CounterweightError("model", "no such model.");
    return init.store === "folder" ? folderStore(init.folder) : memoryStore(init.folder);
  },
  createRunner: () => toyRunner,
  orphanMilliseconds: 1000,
});
