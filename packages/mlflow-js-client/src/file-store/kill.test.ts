import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Metric, StringMap } from "../entities.js";
import { findMlflow } from "../testing/mlflow-server.js";
import { openFileStore } from "./open-file-store.js";
import { type Snapshot, snapshot } from "./snapshot.fixture.js";

/** Kills, two writers of one run each time. */
const ROUNDS = Math.ceil(Number(process.env.COUNTERWEIGHT_KILLS ?? 20) / 2);
const RUN = "c".repeat(32);
const reader = fileURLToPath(new URL("./read-store.py", import.meta.url));
/** Compiled, as a process of its own knows no TypeScript; `npm test` builds before it tests. */
const writer = fileURLToPath(
  new URL("../../dist/file-store/kill-writer.fixture.js", import.meta.url),
);
const mlflow = await findMlflow();

interface Acknowledged {
  readonly metrics?: readonly Metric[];
  readonly params?: StringMap;
  readonly tags?: StringMap;
  readonly path?: string;
  readonly dataset?: { readonly name: string; readonly digest: string };
  readonly run?: string;
}

let parent = "";
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "file-store-kill-"));
});
afterAll(() => rm(parent, { recursive: true, force: true }));

/** Lets a writer work and kills it. @returns what it said it had written. */
function killed(
  folder: string,
  experiment: string,
  name: string,
  afterMs: number,
): Promise<readonly Acknowledged[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [writer, folder, experiment, RUN, name], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    let said = "";
    let isDoomed = false;
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      text += part;
      if (isDoomed) return;
      isDoomed = true;
      setTimeout(() => child.kill("SIGKILL"), afterMs);
    });
    child.stderr.on("data", (part: Buffer) => {
      said += part.toString();
    });
    child.on("error", reject);
    child.on("close", (_code, signal) => {
      if (signal !== "SIGKILL") reject(new Error(said));
      else
        resolve(
          text
            .split("\n")
            .slice(0, -1)
            .map((line) => JSON.parse(line)),
        );
    });
  });
}

describe(`${ROUNDS * 2} kills of two processes that write one run`, () => {
  it("lose nothing acknowledged, and MLflow reads all of it", async () => {
    const folder = join(parent, "tracking");
    const experiment = await (await openFileStore(folder)).createExperiment("killed");
    const said: Acknowledged[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      // Spread over what a writer does in a few of its rounds.
      const both = ["a", "b"].map((name, n) =>
        killed(folder, experiment, `${name}${round}`, ((2 * round + n) * 37) % 120),
      );
      said.push(...(await Promise.all(both)).flat());
    }

    const store = await openFileStore(folder);
    const { data, inputs } = await store.getRun(RUN);
    for (const key of ["loss", "val/acc"]) {
      const lines = (await store.getMetricHistory(RUN, key)).map((one) => JSON.stringify(one));
      const kept = new Set(lines);
      // Nothing was written twice, and all points that were acknowledged are there.
      expect(kept.size).toBe(lines.length);
      const wanted = said.flatMap(({ metrics = [] }) => metrics.filter((one) => one.key === key));
      expect(wanted.length).toBeGreaterThan(0);
      expect(wanted.filter((one) => !kept.has(JSON.stringify(one)))).toEqual([]);
    }
    const files = new Set((await store.listArtifacts(RUN, "files")).map(({ path }) => path));
    const datasets = new Set(
      inputs.datasetInputs.map(({ dataset }) => `${dataset.name} ${dataset.digest}`),
    );
    for (const { params = {}, tags = {}, path, dataset, run } of said) {
      expect(data.params).toMatchObject(params);
      expect(data.tags).toMatchObject(tags);
      if (path !== undefined) expect(files).toContain(path);
      if (dataset !== undefined) expect(datasets).toContain(`${dataset.name} ${dataset.digest}`);
      if (run !== undefined) expect((await store.getRun(run)).info.experimentId).toBe(experiment);
    }
    for (const path of files) {
      expect(Buffer.from(await store.downloadArtifact(RUN, path)).toString()).toBe(
        path.repeat(1000),
      );
    }
    if (mlflow === undefined) return;
    const { stdout } = await promisify(execFile)(mlflow.python, [reader, folder], {
      env: { ...process.env, MLFLOW_ALLOW_FILE_STORE: "true" },
      maxBuffer: 2 ** 30,
    });
    const read: Snapshot = JSON.parse(stdout);
    const wanted = await snapshot(store, true);
    expect(read).toEqual(wanted);
  }, 600_000);
});
