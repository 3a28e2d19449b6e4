// A sweep on Slurm in a process of its own, to be killed: node slurm-sweep.fixture.js FOLDER TRIALS
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inProcess } from "../run/in-process.js";
import { runSteps } from "../run/run-steps.js";
import { slurmExecutor } from "../slurm/executor.js";
import { folderStore } from "../store/folder-store.js";
import { toyRunner } from "./toy-runner.js";
import { toySweep } from "./toy-sweep.js";

const [, , folder = "", trials = "4"] = process.argv;
const store = folderStore(join(folder, "store"), { leaseSeconds: 6 });
const here = inProcess({ store, runner: toyRunner });
const executor = slurmExecutor({
  ...{ folder: join(folder, "slurm"), store, init: store.folder },
  command: [process.execPath, fileURLToPath(new URL("slurm-worker.fixture.js", import.meta.url))],
  ...{ memoryMegabytes: 100, pollSeconds: 0.2, settleSeconds: 1 },
});
for await (const event of runSteps(toySweep(Number(trials)), { store, here, executor })) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}
await executor.close();
await store.close();
