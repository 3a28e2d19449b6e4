#!/usr/bin/env node
// @ts-check
// Runs experiments/checker-fraction.yaml as a team's bad day: on the pool of workers, killed again and
// again, then continued on a Slurm cluster of this machine, everything in a real MLflow server.
// Prints what happened, and leaves it in WORK/story.json for docs/results.md.
// Needs a build, COUNTERWEIGHT_ASSETS, `mlflow` and Slurm.
// Usage: node scripts/lib/checker-fraction.mjs WORK [--kills 12] [--seed 0] [--after 25] [--spread 60]
//   WORK      folder for the run, the store, MLflow's database, the cluster
//   --kills   how often the pool is killed
//   --after   seconds that every attempt has at least; --spread: and at most so many more
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));
const command = join(root, "packages/cli/bin/counterweight.mjs");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: "string", default: "12" },
    seed: { type: "string", default: "0" },
    after: { type: "string", default: "25" },
    spread: { type: "string", default: "60" },
    spec: { type: "string", default: join(root, "experiments/checker-fraction.yaml") },
  },
});
const work = resolve(positionals[0] ?? "checker-fraction-run");
const kills = Number(values.kills);
const after = Number(values.after);
const spread = Number(values.spread);
mkdirSync(work, { recursive: true });

/** The n-th number in [0, 1) of this seed. @param {number} n */
const random = (n) =>
  createHash("sha256").update(`${values.seed}/${n}`).digest().readUInt32BE(0) / 2 ** 32;
/** @param {number} seconds */
const sleep = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));
/** @param {string} line */
const say = (line) => console.log(`${new Date().toISOString().slice(0, 19)}Z ${line}`);

const freePort = () =>
  new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" ? address?.port : undefined));
    });
  });

/** Starts the tracking server; ends with this process. */
async function startMlflow() {
  const port = await freePort();
  const child = spawn(
    "mlflow",
    ["server", "--host", "127.0.0.1", "--port", String(port), "--workers", "1"].concat(
      ["--backend-store-uri", `sqlite:///${join(work, "mlflow.db")}`],
      ["--artifacts-destination", join(work, "mlflow-artifacts")],
    ),
    { stdio: "ignore", env: { ...process.env, MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false" } },
  );
  process.on("exit", () => child.kill());
  const uri = `http://127.0.0.1:${port}`;
  for (let second = 0; second < 180; second++) {
    if (
      await fetch(`${uri}/health`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return { uri, child };
    await sleep(1);
  }
  throw new Error("the MLflow server did not start");
}

/**
 * One attempt of the command, in a process group of its own.
 * @param {string} uri
 * @param {string[]} more
 */
function run(uri, more) {
  const words = [
    "run",
    values.spec ?? "",
    "--out",
    join(work, "run"),
    "--store",
    join(work, "store"),
  ];
  const child = spawn(process.execPath, [command, ...words, `tracking.uri=${uri}`, ...more], {
    stdio: ["ignore", "inherit", "inherit"],
    detached: true,
    cwd: work,
  });
  const ended = new Promise((done) => child.once("exit", (code, signal) => done({ code, signal })));
  return { child, ended };
}

/** Processes of a group but its leader: the workers. @param {number} group */
function workersOf(group) {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== group)
    .filter((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]) === group;
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** @param {number} process */
function kill(process) {
  try {
    globalThis.process.kill(process, "SIGKILL");
  } catch {}
}

const started = Date.now();
const mlflow = await startMlflow();
say(`MLflow is at ${mlflow.uri}`);
const story = { kills: { coordinator: 0, worker: 0, both: 0 }, poolSeconds: 0, slurmSeconds: 0 };

let done = 0;
let isFinished = false;
while (!isFinished && done < kills) {
  const begun = Date.now();
  const { child, ended } = run(mlflow.uri, []);
  const group = child.pid ?? 0;
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  // A killed worker is replaced and the run goes on; a killed coordinator ends the attempt.
  while (!isOver && done < kills) {
    await Promise.race([ended, sleep(after + spread * random(3 * done))]);
    if (isOver) break;
    const [what, which] = [random(3 * done + 1), random(3 * done + 2)];
    const workers = workersOf(group);
    const worker = workers[Math.floor(which * workers.length)];
    done += 1;
    if (what < 0.4 && worker !== undefined) {
      story.kills.worker += 1;
      say(`kill ${done}: worker ${worker}`);
      kill(worker);
      continue;
    }
    if (what < 0.7) {
      story.kills.coordinator += 1;
      say(`kill ${done}: coordinator ${group}`);
    } else {
      story.kills.both += 1;
      say(`kill ${done}: coordinator ${group} and its ${workers.length} workers`);
      for (const other of workers) kill(other);
    }
    kill(group);
  }
  if (!isOver && done >= kills && workersOf(group).length > 0 && child.exitCode === null) {
    // The last kill was a worker's: the rest is Slurm's.
    kill(group);
  }
  await ended;
  story.poolSeconds += (Date.now() - begun) / 1000;
  if (child.exitCode === 0) {
    say("the pool finished before all kills");
    isFinished = true;
  }
}

const cluster = join(work, "slurm");
const slurm = join(root, "scripts/slurm-local.sh");
const environment = { SLURM_LOCAL_MEM: "8192", ...process.env };
execFileSync(slurm, [cluster, "up"], { stdio: "inherit", env: environment });
process.env.SLURM_CONF = join(cluster, "slurm.conf");
process.on("exit", () => execFileSync(slurm, [cluster, "down"], { stdio: "ignore" }));
const begun = Date.now();
const last = run(mlflow.uri, ["--executor", "slurm"]);
const { code } = await last.ended;
story.slurmSeconds = (Date.now() - begun) / 1000;
if (code !== 0) throw new Error(`the run on Slurm ended with exit code ${code}`);

/** Lines of the event log. @type {Record<string, any>[]} */
const events = readFileSync(join(work, "run/events.jsonl"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line));
const count = (/** @type {(event: Record<string, any>) => boolean} */ test) =>
  events.filter(test).length;
const made = events.filter(({ type }) => type === "training-end");
const by = (/** @type {string} */ stem) => {
  const starts = new Map(
    events.filter(({ type }) => type === "training-start").map((e) => [e.training, e.where]),
  );
  return made.filter(({ training }) => starts.get(training)?.startsWith(stem)).length;
};
Object.assign(story, {
  wallSeconds: (Date.now() - started) / 1000,
  trainings: new Set(made.map(({ training }) => training)).size,
  madeTwice: made.length - new Set(made.map(({ training }) => training)).size,
  byPool: by("worker"),
  bySlurm: by("job"),
  resumedInTheMiddle: count(({ type, step }) => type === "resumed" && step > 0),
  takenOver: count(({ type }) => type === "step-taken-over"),
  retried: count(({ type }) => type === "step-retry"),
  trainingSeconds: made.reduce((sum, { seconds }) => sum + seconds, 0),
});

// What MLflow has: read back by the server's own interface.
/** @param {string} path @param {unknown} [body] @returns {Promise<any>} */
const ask = async (path, body) => {
  const answer = await fetch(`${mlflow.uri}/api/2.0/mlflow/${path}`, {
    ...(body === undefined
      ? {}
      : {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        }),
  });
  return answer.json();
};
const { name } = JSON.parse(readFileSync(join(work, "run/results.json"), "utf8"));
const { experiment } = await ask(`experiments/get-by-name?experiment_name=${name}`);
const { runs = [] } = await ask("runs/search", {
  experiment_ids: [experiment.experiment_id],
  max_results: 1000,
});
const children = runs.filter((/** @type {any} */ { data }) =>
  data.tags?.some((/** @type {any} */ { key }) => key === "mlflow.parentRunId"),
);
let points = 0;
for (const { info, data } of children) {
  for (const { key } of data.metrics ?? []) {
    const query = new URLSearchParams({ run_id: info.run_id, metric_key: key });
    points += (await ask(`metrics/get-history?${query}`)).metrics?.length ?? 0;
  }
}
Object.assign(story, {
  mlflow: {
    parents: runs.length - children.length,
    children: children.length,
    finished: runs.filter((/** @type {any} */ { info }) => info.status === "FINISHED").length,
    metricPoints: points,
  },
});
writeFileSync(join(work, "story.json"), `${JSON.stringify(story, null, 2)}\n`);
console.log(JSON.stringify(story, null, 2));
mlflow.child.kill();
process.exit(existsSync(join(work, "run/results.json")) ? 0 : 1);
