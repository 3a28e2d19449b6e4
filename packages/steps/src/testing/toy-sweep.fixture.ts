// A sweep of seconds in a process of its own, to be killed: node toy-sweep.fixture.js FOLDER
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inProcess } from "../run/in-process.js";
import { runSteps } from "../run/run-steps.js";
import { workerPool } from "../run/worker-pool.js";
import { folderStore } from "../store/folder-store.js";
import { toyRunner } from "./toy-runner.js";
import { toySweep } from "./toy-sweep.js";

const [, , folder = ""] = process.argv;
const store = folderStore(join(folder, "store"));
const logs = join(folder, "logs");
const here = inProcess({ store, runner: toyRunner, logs });
const executor = workerPool({
  workers: 2,
  script: fileURLToPath(new URL("toy-worker.fixture.js", import.meta.url)),
  init: { folder: join(folder, "store"), store: "folder" },
  logs,
});
const stop = new AbortController();
process.on("SIGINT", () => stop.abort());
const options = { store, here, executor, signal: stop.signal, pollMilliseconds: 20 };
for await (const event of runSteps(toySweep(), options)) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}
await executor.close();
await store.close();
