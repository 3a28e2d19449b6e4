import { execFileSync } from "node:child_process";
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Metric } from "../entities.js";
import { findMlflow } from "../testing/mlflow-server.js";
import type { FileStore } from "./file-store.js";
import { openFileStore } from "./open-file-store.js";

const mlflow = await findMlflow();

let parent: string;
let store: FileStore;
let runId: string;

const invalid = { errorCode: "INVALID_PARAMETER_VALUE" };
const absent = { errorCode: "RESOURCE_DOES_NOT_EXIST" };

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "file-store-"));
  store = await openFileStore(join(parent, "tracking"));
});
afterAll(() => rm(parent, { recursive: true, force: true }));
beforeEach(async () => {
  runId = (await store.createRun("0")).info.runId;
});

const keyPart = fc.stringMatching(/^[\p{L}\p{N}_][\p{L}\p{N}_.\- :]{0,8}$/u);
const key = fc.array(keyPart, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
/** Keys none of which is a folder of another. */
const keys = fc
  .uniqueArray(key, { minLength: 1, maxLength: 5 })
  .map((all) => all.filter((one) => !all.some((other) => one.startsWith(`${other}/`))));
const text = fc.string({ unit: "grapheme", maxLength: 60 });
const point = fc.record({
  value: fc.double(),
  timestamp: fc.integer({ min: 0, max: 5 }).map((n) => 1_700_000_000_000 + n),
  step: fc.integer({ min: -3, max: 3 }),
});

describe("metrics", () => {
  it("come back as they were written, each once, in order, also in many batches", async () => {
    const batches = keys.chain((names) =>
      fc.array(
        fc.array(
          fc
            .tuple(fc.constantFrom(...names), point)
            .map(([name, p]): Metric => ({ key: name, ...p })),
          { maxLength: 12 },
        ),
        { minLength: 1, maxLength: 5 },
      ),
    );
    await fc.assert(
      fc.asyncProperty(batches, async (all) => {
        const { runId: id } = (await store.createRun("0")).info;
        for (const metrics of all) await store.logBatch(id, { metrics });
        // Sent again, also by another process, nothing is added.
        const other = await openFileStore(store.folder);
        for (const metrics of all) await other.logBatch(id, { metrics });
        const run = await store.getRun(id);
        const names = new Set(all.flat().map((metric) => metric.key));
        expect(Object.keys(run.data.metrics).sort()).toEqual([...names].sort());
        for (const name of names) {
          const wanted = distinctPoints(all.flat().filter((metric) => metric.key === name));
          expect(await store.getMetricHistory(id, name)).toEqual(wanted);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("keep NaN and infinities as Python writes them", async () => {
    const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e21, 5e-324];
    const metrics = values.map((value, step) => ({ key: "m", value, timestamp: 7, step }));
    await store.logBatch(runId, { metrics });
    const path = join(store.folder, "0", runId, "metrics", "m");
    expect(await readFile(path, "utf8")).toBe(
      "7 nan 0\n7 inf 1\n7 -inf 2\n7 1e+21 3\n7 5e-324 4\n",
    );
    expect(await store.getMetricHistory(runId, "m")).toEqual(metrics);
  });

  it("have as the latest that of the greatest step, then time, then value", async () => {
    const of = (value: number, timestamp: number, step: number) => ({
      ...{ key: "m", value, timestamp, step },
    });
    await store.logBatch(runId, {
      metrics: [of(9, 1, 1), of(3, 5, 2), of(4, 6, 2), of(2, 6, 2), of(8, 9, 0)],
    });
    expect((await store.getRun(runId)).data.latestMetrics).toEqual([of(4, 6, 2)]);
  });

  it.each(["5 0.", "5 0.5", "5 0.5 1", "\0\0\0"])(
    "cut a torn line %j when appended to",
    async (torn) => {
      await store.logMetric(runId, "a/b", 1, { timestamp: 1, step: 1 });
      const path = join(store.folder, "0", runId, "metrics", "a", "b");
      await appendFile(path, torn);
      expect(await store.getMetricHistory(runId, "a/b")).toHaveLength(1);
      await store.logMetric(runId, "a/b", 2, { timestamp: 2, step: 2 });
      expect(await readFile(path, "utf8")).toBe("1 1 1\n2 2 2\n");
    },
  );

  it("cut torn lines and remove empty files when the store is opened", async () => {
    await store.logMetric(runId, "cut", 1, { timestamp: 1, step: 1 });
    const folder = join(store.folder, "0", runId, "metrics");
    await appendFile(join(folder, "cut"), "17");
    await writeFile(join(folder, "empty"), "");
    await openFileStore(store.folder);
    expect(await readFile(join(folder, "cut"), "utf8")).toBe("1 1 1\n");
    expect(await readdir(folder)).toEqual(["cut"]);
  });

  it("refuse a damaged line in the middle, naming it", async () => {
    await store.logMetric(runId, "m", 1, { timestamp: 1 });
    await appendFile(join(store.folder, "0", runId, "metrics", "m"), "what\n2 2 2\n");
    await expect(store.getMetricHistory(runId, "m")).rejects.toMatchObject({
      errorCode: "INTERNAL_ERROR",
      message: expect.stringContaining("m, line 2"),
    });
    await rm(join(store.folder, "0", runId), { recursive: true });
  });
});

function distinctPoints(metrics: readonly Metric[]): Metric[] {
  const clamp = (value: number) =>
    Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE) + 0;
  const seen = new Map<string, Metric>();
  for (const metric of metrics) {
    const identity = `${metric.step}/${metric.timestamp}/${clamp(metric.value)}`;
    if (!seen.has(identity)) seen.set(identity, metric);
  }
  return [...seen.values()];
}

describe("params and tags", () => {
  it("come back as they were written", async () => {
    const table = keys.chain((names) =>
      fc.record(Object.fromEntries(names.map((name) => [name, text]))),
    );
    await fc.assert(
      fc.asyncProperty(table, table, async (params, tags) => {
        const { runId: id } = (await store.createRun("0", { tags })).info;
        await store.logBatch(id, { params });
        const { data } = await store.getRun(id);
        expect(data.params).toEqual({ ...params });
        expect(data.tags).toEqual({ ...tags, "mlflow.runName": data.tags["mlflow.runName"] });
      }),
      { numRuns: 40 },
    );
  });

  it("a param may be repeated, not changed; nothing else of a refused batch is written", async () => {
    await store.logParam(runId, "lr", "6e-5");
    await store.logParam(runId, "lr", "6e-5");
    await expect(
      store.logBatch(runId, { params: { other: "1", lr: "1" }, tags: { t: "1" } }),
    ).rejects.toMatchObject(invalid);
    const { data } = await store.getRun(runId);
    expect(data.params).toEqual({ lr: "6e-5" });
    expect(data.tags).not.toHaveProperty("t");
  });

  it("a tag may be changed and deleted; that of the name renames the run", async () => {
    await store.setTag(runId, "t", "1");
    await store.setTag(runId, "t", "2");
    expect((await store.getRun(runId)).data.tags.t).toBe("2");
    await store.deleteTag(runId, "t");
    expect((await store.getRun(runId)).data.tags).not.toHaveProperty("t");
    await expect(store.deleteTag(runId, "t")).rejects.toMatchObject(absent);
    await store.setTag(runId, "mlflow.runName", "new");
    expect((await store.getRun(runId)).info.runName).toBe("new");
    await store.updateRun(runId, { runName: "newer" });
    expect((await store.getRun(runId)).data.tags["mlflow.runName"]).toBe("newer");
  });

  it.each(["metrics", "params", "tags"] as const)(
    "%s refuse a key that is a folder of another",
    async (what) => {
      const batch = (name: string) =>
        what === "metrics"
          ? { metrics: [{ key: name, value: 1, timestamp: 1, step: 1 }] }
          : { [what]: { [name]: "1" } };
      await store.logBatch(runId, batch("a/b"));
      await expect(store.logBatch(runId, batch("a"))).rejects.toMatchObject(invalid);
      await expect(store.logBatch(runId, batch("a/b/c"))).rejects.toMatchObject(invalid);
      const both =
        what === "metrics"
          ? { metrics: ["x", "x/y"].flatMap((name) => batch(name).metrics ?? []) }
          : { [what]: { x: "1", "x/y": "1" } };
      await expect(store.logBatch(runId, both)).rejects.toMatchObject(invalid);
      expect(await readdir(join(store.folder, "0", runId, what))).not.toContain("x");
    },
  );
});

describe("names", () => {
  const bad = [
    "..",
    "../x",
    "a/../b",
    "/etc/x",
    "a\0b",
    "",
    "a//b",
    "./a",
    "a/",
    "x".repeat(251),
    "\u4e2d".repeat(100),
    "..a",
  ];
  it.each(bad)("refuses the key and path %j", async (name) => {
    if (name.length <= 250 && name !== "..a") {
      await expect(store.logBytes(runId, "x", name)).rejects.toMatchObject(invalid);
    }
    await expect(store.logMetric(runId, name, 1)).rejects.toMatchObject(invalid);
    await expect(store.logParam(runId, name, "1")).rejects.toMatchObject(invalid);
    await expect(store.setTag(runId, name, "1")).rejects.toMatchObject(invalid);
    await expect(store.setExperimentTag("0", name, "1")).rejects.toMatchObject(invalid);
  });

  it("refuses symbolic links on the way, and reads none", async () => {
    const outside = join(parent, "outside");
    await mkdir(outside, { recursive: true });
    await writeFile(join(outside, "secret"), "1 1 1\n");
    const run = join(store.folder, "0", runId);
    for (const what of ["metrics", "params", "tags", "artifacts"]) {
      await symlink(outside, join(run, what, "link"));
    }
    await expect(store.logMetric(runId, "link/x", 1)).rejects.toMatchObject(invalid);
    await expect(store.logParam(runId, "link/x", "1")).rejects.toMatchObject(invalid);
    await expect(store.setTag(runId, "link/x", "1")).rejects.toMatchObject(invalid);
    await expect(store.logBytes(runId, "1", "link/x")).rejects.toMatchObject(invalid);
    await expect(store.downloadArtifact(runId, "link/secret")).rejects.toMatchObject(absent);
    expect(await store.listArtifacts(runId, "link")).toEqual([]);
    expect(await store.getMetricHistory(runId, "link/secret")).toEqual([]);
    expect((await store.getRun(runId)).data).toMatchObject({ metrics: {}, params: {} });
    expect(await readdir(outside)).toEqual(["secret"]);
  });

  it("refuses a folder named mlruns, saying why, and one that holds other things", async () => {
    await expect(openFileStore(join(parent, "mlruns"))).rejects.toMatchObject({
      ...invalid,
      message: expect.stringContaining("refuses to start"),
    });
    await mkdir(join(parent, "full", "src"), { recursive: true });
    await expect(openFileStore(join(parent, "full"))).rejects.toMatchObject(invalid);
  });
});

describe("experiments and runs", () => {
  it("a name is taken once, also among processes that create it at once", async () => {
    const stores = await Promise.all([1, 2, 3, 4].map(() => openFileStore(store.folder)));
    const results = await Promise.allSettled(stores.map((one) => one.createExperiment("race")));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of results) {
      if (result.status === "fulfilled") continue;
      expect(result.reason).toMatchObject({ errorCode: "RESOURCE_ALREADY_EXISTS" });
    }
  });

  it("delete and restore, runs too; a deleted one holds its name", async () => {
    const id = await store.createExperiment("gone", { tags: { team: "x" } });
    const run = (await store.createRun(id)).info.runId;
    await store.deleteExperiment(id);
    expect(await store.getExperimentByName("gone")).toMatchObject({
      ...{ experimentId: id, lifecycleStage: "deleted", tags: { team: "x" } },
    });
    await expect(store.createExperiment("gone")).rejects.toMatchObject({
      errorCode: "RESOURCE_ALREADY_EXISTS",
    });
    await expect(store.createRun(id)).rejects.toMatchObject(invalid);
    await expect(store.logParam(run, "a", "1")).rejects.toMatchObject(invalid);
    expect((await store.searchExperiments({ filter: "name = 'gone'" })).items).toEqual([]);
    expect(
      (await store.searchExperiments({ filter: "tags.team = 'x'", viewType: "DELETED_ONLY" }))
        .items,
    ).toHaveLength(1);
    await store.restoreExperiment(id);
    expect((await store.getRun(run)).info.lifecycleStage).toBe("active");
    await store.deleteRun(run);
    expect((await store.searchRuns({ experimentIds: [id] })).items).toEqual([]);
    await store.restoreRun(run);
    expect((await store.searchRuns({ experimentIds: [id] })).items).toHaveLength(1);
  });

  it("a run of a chosen id or request is made once, also by processes at once", async () => {
    const chosen = { runId: "0123456789abcdef0123456789abcdef", runName: "chosen" };
    const stores = await Promise.all([1, 2, 3].map(() => openFileStore(store.folder)));
    const runs = await Promise.all(stores.map((one) => one.createRun("0", chosen)));
    expect(new Set(runs.map(({ info }) => JSON.stringify(info))).size).toBe(1);
    const request = { requestId: "sweep/1", parentRunId: chosen.runId };
    const first = await store.createRun("0", request);
    expect(await store.createRun("0", request)).toEqual(first);
    expect(first.data.tags).toMatchObject({
      ...{ "mlflow.parentRunId": chosen.runId, "mlflow-js-client.request": "sweep/1" },
    });
    const other = await store.createExperiment("other");
    await expect(store.createRun(other, chosen)).rejects.toMatchObject({
      errorCode: "RESOURCE_ALREADY_EXISTS",
    });
    await expect(store.createRun("0", { runId: "xyz" })).rejects.toMatchObject(invalid);
  });

  it("unknown ids are RESOURCE_DOES_NOT_EXIST, a stopped call is ABORTED", async () => {
    await expect(store.getRun("f".repeat(32))).rejects.toMatchObject(absent);
    await expect(store.getExperiment("17")).rejects.toMatchObject(absent);
    await expect(store.createRun("17")).rejects.toMatchObject(absent);
    await expect(
      store.logParam(runId, "a", "1", { signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ errorCode: "ABORTED" });
  });

  it("ends runs, and keeps data set inputs once", async () => {
    const input = {
      dataset: { name: "tweets", digest: "abc", sourceType: "local", source: '{"p":"\u2028"}' },
      tags: { "mlflow.data.context": "train" },
    };
    await store.logInputs(runId, [input, input]);
    await store.logInputs(runId, [input]);
    await store.setTerminated(runId, "FAILED", 1_800_000_000_000.5);
    const run = await store.getRun(runId);
    expect(run.inputs.datasetInputs).toEqual([input]);
    expect(run.info).toMatchObject({ status: "FAILED", endTime: 1_800_000_000_000 });
  });
});

describe("artifacts", () => {
  it("come back as they were written, one by one and as folders", async () => {
    const files = { "a.txt": "1", "dir/b.bin": "2", "dir/deep/c": "" };
    for (const [path, content] of Object.entries(files)) await store.logBytes(runId, content, path);
    expect(await store.listArtifacts(runId)).toEqual([
      { path: "a.txt", isDir: false, fileSize: 1 },
      { path: "dir", isDir: true, fileSize: undefined },
    ]);
    expect((await store.listArtifacts(runId, "dir")).map(({ path }) => path)).toEqual([
      ...["dir/b.bin", "dir/deep"],
    ]);
    const local = join(parent, "local");
    expect(await store.downloadArtifacts(runId, "", local)).toBe(local);
    const copy = (await store.createRun("0")).info.runId;
    await store.logArtifacts(copy, local);
    await store.logArtifact(copy, join(local, "a.txt"), "more");
    for (const [path, content] of Object.entries({ ...files, "more/a.txt": "1" })) {
      expect(Buffer.from(await store.downloadArtifact(copy, path)).toString()).toBe(content);
    }
    await expect(store.downloadArtifact(copy, "none")).rejects.toMatchObject(absent);
  });
});

describe.skipIf(mlflow === undefined)("meta.yaml (needs mlflow)", () => {
  it("is read back by PyYAML and by this package as it was, whatever the names are", async () => {
    const python =
      "import json,sys,yaml; print(json.dumps([yaml.safe_load(open(p, encoding='utf-8')) for p in sys.argv[1:]]))";
    const anything = fc.oneof(
      text,
      fc.string({ unit: "binary", maxLength: 30 }),
      fc.constantFrom(
        "null",
        "1e3",
        "on",
        "12:30",
        "2001-01-01",
        "~",
        "0x1f",
        "\u0085",
        "\u2028",
        "\ufeff",
        "\u007f",
        "# c",
      ),
    );
    const names = fc.sample(
      anything.filter((name) => name !== ""),
      { numRuns: 60, seed: 5 },
    );
    const paths: string[] = [];
    for (const runName of names) {
      const { info } = await store.createRun("0", { runName });
      expect((await store.getRun(info.runId)).info.runName).toBe(runName);
      paths.push(join(store.folder, "0", info.runId, "meta.yaml"));
    }
    const read = JSON.parse(
      execFileSync(mlflow?.python ?? "", ["-c", python, ...paths], { encoding: "utf8" }),
    );
    expect(read.map((meta: { run_name: string }) => meta.run_name)).toEqual(names);
    expect(new Set(read.map((meta: { experiment_id: unknown }) => meta.experiment_id))).toEqual(
      new Set(["0"]),
    );
  });
});

it.each(["metrics.a > 1 AND", "params.a = '1' params.b = '1'", "AND", "a = ", "metrics.a > 1 1"])(
  "refuses the filter %s, which MLflow may half read",
  async (filter) => {
    const query = { filter, experimentIds: ["0"] };
    await expect(store.searchRuns(query)).rejects.toMatchObject(invalid);
  },
);
