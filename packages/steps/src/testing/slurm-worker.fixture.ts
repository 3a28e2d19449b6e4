// A job of the tests: node slurm-worker.fixture.js --job FOLDER
import { serveJob } from "../slurm/serve-job.js";
import { folderStore } from "../store/folder-store.js";
import { toyRunner } from "./toy-runner.js";

const [, , , folder = ""] = process.argv;
process.exitCode = await serveJob(folder, {
  openStore: (init) => folderStore(String(init), { leaseSeconds: 6 }),
  createRunner: () => toyRunner,
  needsSeconds: 5,
});
