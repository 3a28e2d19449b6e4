import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REQUEST_TAG } from "./create-once.js";
import type { Metric, Run } from "./entities.js";
import { MlflowError } from "./errors.js";
import { MlflowClient } from "./mlflow-client.js";
import { forward, type LocalServer, startLocalServer } from "./testing/local-server.js";
import { findMlflow, type MlflowServer, startMlflowServer } from "./testing/mlflow-server.js";

const mlflow = await findMlflow();
const script = fileURLToPath(new URL("./testing/read-experiment.py", import.meta.url));

/** The bits of a number, as the Python script gives them. */
function bits(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, "0");
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** What MLflow's SQL store makes of a value: infinities become the largest number. */
const asStored = (value: number) =>
  Number.isNaN(value) ? value : Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));

const sameAs = (points: readonly Metric[]) =>
  [...new Set(points.map((m) => JSON.stringify([m.step, m.timestamp, bits(asStored(m.value))])))]
    .map((text): [number, number, string] => JSON.parse(text))
    .toSorted(comparePoints);

const comparePoints = (a: [number, number, string], b: [number, number, string]) =>
  a[0] - b[0] || a[1] - b[1] || (a[2] < b[2] ? -1 : a[2] > b[2] ? 1 : 0);

/** Params, tags and metrics by key, as one plain value that can be compared. */
const logged = (run: Run) => {
  const { [REQUEST_TAG]: _, ...tags } = run.data.tags;
  return { params: run.data.params, tags: { ...tags } };
};

const keyPart = fc
  .string({
    unit: fc.constantFrom(..."abzAZ09_-. :äßйλ漢字한".split(""), "٣", "ǆ"),
    minLength: 1,
    maxLength: 12,
  })
  .filter((part) => part !== "." && part !== "..");
const key = fc
  .array(keyPart, { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join("/"))
  .filter((text) => !text.startsWith(".."));
const anyText = (maxLength: number) =>
  fc.oneof(
    fc.string({ unit: "grapheme", maxLength }),
    fc.string({ unit: "binary", maxLength }),
    fc.constantFrom("a\nb", "'; drop table runs; --", '"', "\\", "%s", "{}", "null", "NaN", " x "),
  );
const point = fc.record({
  key,
  // No -0: SQLite does not keep its sign.
  value: fc.oneof(
    fc.double().map((value) => value + 0),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324, 0.1),
  ),
  timestamp: fc.integer({ min: 0, max: 2 ** 42 }),
  step: fc.integer({ min: -5, max: 2 ** 40 }),
});
const batch = fc.record({
  metrics: fc.array(point, { maxLength: 8 }),
  params: fc.dictionary(key, anyText(200), { maxKeys: 6 }),
  tags: fc.dictionary(key, anyText(200), { maxKeys: 6 }),
});

async function failureOf(promise: Promise<unknown>): Promise<MlflowError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof MlflowError) return error;
  throw new Error(`no MlflowError: ${String(error)}`);
}

describe.skipIf(mlflow === undefined)("MlflowClient with a real server (needs mlflow)", () => {
  let server: MlflowServer;
  let client: MlflowClient;
  let folder: string;
  let names = 0;
  const newExperiment = () => client.createExperiment(`experiment ${names++}`);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mlflow-client-"));
    server = await startMlflowServer(mlflow === undefined ? {} : { program: mlflow.program });
    client = new MlflowClient({ trackingUri: server.trackingUri, retries: 2 });
  }, 180_000);

  afterAll(async () => {
    await client?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  it("reads back what it logs, and MLflow's Python client reads the same", async () => {
    const experimentId = await newExperiment();
    const expected = new Map<string, unknown>();
    await fc.assert(
      fc.asyncProperty(batch, anyText(50), async (content, name) => {
        const runName = name.trim() === "" ? "run" : name;
        const tags = { ...content.tags };
        const { info } = await client.createRun(experimentId, { runName, startTime: 1234 });
        await client.logBatch(info.runId, { ...content, tags });
        const run = await client.getRun(info.runId);
        const want = {
          params: { ...content.params },
          tags: { ...tags, "mlflow.runName": runName },
        };
        expect(logged(run)).toEqual(want);
        const keys = [...new Set(content.metrics.map((m) => m.key))].toSorted();
        expect(Object.keys(run.data.metrics).toSorted()).toEqual(keys);
        const history: Record<string, unknown> = {};
        for (const k of keys) {
          const points = sameAs(content.metrics.filter((m) => m.key === k));
          expect(sameAs(await client.getMetricHistory(info.runId, k))).toEqual(points);
          history[k] = points;
        }
        expected.set(info.runId, { ...want, history });
      }),
      { numRuns: 25, examples: [[{ metrics: [], params: {}, tags: {} }, "r"]] },
    );
    const runs = await pythonReads(experimentId);
    expect(runs).toHaveLength(expected.size);
    for (const { run_id, params, tags, history } of runs) {
      const { [REQUEST_TAG]: _, ...others } = tags;
      const sorted = Object.fromEntries(
        Object.entries(history).map(([k, points]) => [k, points.toSorted(comparePoints)]),
      );
      expect({ params, tags: others, history: sorted }).toEqual(expected.get(run_id));
    }
  }, 180_000);

  it("logs more at once than a request may hold, and pages through the history", async () => {
    const { info } = await client.createRun(await newExperiment());
    const metrics = Array.from({ length: 10_500 }, (_, step) => ({
      key: "train/loss",
      value: Math.sin(step),
      timestamp: 1_700_000_000_000.5 + step,
      step,
    }));
    const many = (count: number, prefix: string) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}${i}`, `${i}`]));
    await client.logBatch(info.runId, { metrics, params: many(230, "p"), tags: many(150, "t") });
    const history = await client.getMetricHistory(info.runId, "train/loss");
    expect(sameAs(history)).toEqual(
      sameAs(metrics.map((m) => ({ ...m, timestamp: Math.trunc(m.timestamp) }))),
    );
    const { data } = await client.getRun(info.runId);
    expect(data.params).toEqual(many(230, "p"));
    expect(data.tags).toMatchObject(many(150, "t"));
    expect(data.latestMetrics).toEqual([{ ...metrics.at(-1), timestamp: 1_700_000_010_499 }]);
    // Twice the same is stored once.
    await client.logBatch(info.runId, { metrics: metrics.slice(0, 1500) });
    expect(await client.getMetricHistory(info.runId, "train/loss")).toHaveLength(10_500);
    expect(await client.getMetricHistory(info.runId, "unknown")).toEqual([]);
  }, 120_000);

  it("keeps values up to the limits whole, and refuses longer ones before it sends any", async () => {
    const { info } = await client.createRun(await newExperiment());
    const id = info.runId;
    const params = { ["k".repeat(250)]: "v".repeat(6000), emoji: "🙂".repeat(6000) };
    const tags = { ["é".repeat(250)]: "t".repeat(8000), emoji: "🙂".repeat(8000) };
    await client.logBatch(id, { params, tags });
    expect(logged(await client.getRun(id))).toMatchObject({ params, tags });
    const tooMuch = [
      { params: { ["k".repeat(251)]: "" } },
      { params: { a: "v".repeat(6001) } },
      { params: { a: "🙂".repeat(6001) } },
      { tags: { a: "v".repeat(8001) } },
      { metrics: [{ key: "k".repeat(251), value: 1, timestamp: 1, step: 1 }] },
    ];
    for (const content of tooMuch) {
      expect(await failureOf(client.logBatch(id, { ...content }))).toMatchObject({
        errorCode: "INVALID_PARAMETER_VALUE",
        status: undefined,
      });
    }
    const long = { params: { cut: "🙂".repeat(6001) }, tags: { cut: "x".repeat(9000) } };
    await client.logBatch(id, long, { longValues: "cut" });
    const { data } = await client.getRun(id);
    expect(data.params.cut).toBe("🙂".repeat(6000));
    expect(data.tags.cut).toBe("x".repeat(8000));
    expect(data.params.a).toBeUndefined();
  });

  it("gives the server's code where a param has another value already", async () => {
    const { info } = await client.createRun(await newExperiment());
    await client.logParam(info.runId, "lr", "1");
    await client.logParam(info.runId, "lr", "1");
    expect(await failureOf(client.logParam(info.runId, "lr", "2"))).toMatchObject({
      errorCode: "INVALID_PARAMETER_VALUE",
      status: 400,
      retryable: false,
      request: "POST /api/2.0/mlflow/runs/log-batch",
    });
    await client.setTag(info.runId, "a", "1");
    await client.setTag(info.runId, "a", "2");
    await client.deleteTag(info.runId, "mlflow.runName");
    expect(logged(await client.getRun(info.runId)).tags).toEqual({ a: "2" });
  });

  it("follows a run through its life", async () => {
    const { info } = await client.createRun(await newExperiment(), { startTime: 1000.9 });
    expect(info).toMatchObject({ status: "RUNNING", startTime: 1000, endTime: undefined });
    await client.setTerminated(info.runId, "FAILED", 2000.7);
    await client.updateRun(info.runId, { runName: "renamed" });
    expect((await client.getRun(info.runId)).info).toMatchObject({
      status: "FAILED",
      endTime: 2000,
      runName: "renamed",
    });
    await client.updateRun(info.runId, { status: "RUNNING" });
    await client.setTerminated(info.runId);
    expect((await client.getRun(info.runId)).info.status).toBe("FINISHED");
    await client.deleteRun(info.runId);
    expect((await client.getRun(info.runId)).info.lifecycleStage).toBe("deleted");
    const found = await client.searchRuns({ experimentIds: [info.experimentId] });
    expect(found).toEqual({ items: [], nextPageToken: undefined });
    await client.restoreRun(info.runId);
    expect((await client.getRun(info.runId)).info.lifecycleStage).toBe("active");
    expect(await failureOf(client.getRun("0".repeat(32)))).toMatchObject({
      errorCode: "RESOURCE_DOES_NOT_EXIST",
      status: 404,
    });
  });

  it("pages through nested runs, filtered and ordered", async () => {
    const experimentId = await newExperiment();
    const parent = await client.createRun(experimentId, { runName: "parent" });
    const parentRunId = parent.info.runId;
    for (let i = 0; i < 23; i++) {
      const { info } = await client.createRun(experimentId, { parentRunId, startTime: i });
      await client.logMetric(info.runId, "val/acc", i / 23, { step: 1 });
    }
    const query = {
      experimentIds: [experimentId],
      filter: `tags.mlflow.parentRunId = '${parentRunId}' and metrics.\`val/acc\` > 0.1`,
      orderBy: ["metrics.`val/acc` DESC"],
      maxResults: 6,
    };
    const values: (number | undefined)[] = [];
    for await (const run of client.iterateRuns(query)) values.push(run.data.metrics["val/acc"]);
    expect(values).toEqual(Array.from({ length: 20 }, (_, i) => (22 - i) / 23));
    const first = await client.searchRuns(query);
    expect(first.items).toHaveLength(6);
    const second = await client.searchRuns({
      ...query,
      ...(first.nextPageToken === undefined ? {} : { pageToken: first.nextPageToken }),
    });
    expect(second.items[0]?.data.metrics["val/acc"]).toBe(16 / 23);
    expect(await failureOf(client.searchRuns({ ...query, filter: "no filter" }))).toMatchObject({
      errorCode: "INVALID_PARAMETER_VALUE",
    });
  }, 120_000);

  it("creates, finds, deletes and restores experiments", async () => {
    const name = "über/😀 & 'more'";
    const tags = { team: "a b", "x/y": "z" };
    const id = await client.createExperiment(name, { tags });
    await client.setExperimentTag(id, "later", "1");
    const { tags: read, ...rest } = await client.getExperiment(id);
    expect(read).toMatchObject({ ...tags, later: "1" });
    expect(rest).toMatchObject({ experimentId: id, name, lifecycleStage: "active" });
    expect(await client.getExperimentByName("nobody's")).toBeUndefined();
    const again = client.createExperiment(name);
    expect(await failureOf(again)).toMatchObject({ errorCode: "RESOURCE_ALREADY_EXISTS" });
    await client.deleteExperiment(id);
    expect((await client.getExperimentByName(name))?.lifecycleStage).toBe("deleted");
    expect(await failureOf(client.createExperiment(name))).toMatchObject({
      errorCode: "RESOURCE_ALREADY_EXISTS",
    });
    expect(await failureOf(client.createRun(id))).toMatchObject({
      errorCode: "INVALID_PARAMETER_VALUE",
    });
    await client.restoreExperiment(id);
    const found = await client.searchExperiments({ filter: "tags.later = '1'", maxResults: 5 });
    expect(found.items.map((e) => e.experimentId)).toEqual([id]);
    const page = await client.searchExperiments({ maxResults: 1, orderBy: ["name ASC"] });
    expect(page.items).toHaveLength(1);
    expect(page.nextPageToken).toBeDefined();
  });

  it("keeps artifacts of any bytes and names, as Python lists and reads them", async () => {
    const experimentId = await newExperiment();
    const { info } = await client.createRun(experimentId);
    const files: Record<string, Buffer> = {
      "empty.bin": Buffer.alloc(0),
      "big/random.bin": randomBytes(3_000_000),
      "a b/ü ☃ 漢字/it's, + & = ; @ [x] {y} ~.txt": Buffer.from("héllo\r\n"),
      "page.html": Buffer.from("<html></html>"),
      "data.json": Buffer.from("[NaN"),
    };
    for (const [path, bytes] of Object.entries(files)) {
      await client.logBytes(info.runId, bytes, path);
      const read = await client.downloadArtifact(info.runId, path);
      expect(sha256(read)).toBe(sha256(bytes));
    }
    const source = join(folder, "source");
    await mkdir(join(source, "deep", "er"), { recursive: true });
    await writeFile(join(source, "top.bin"), randomBytes(700_000));
    await writeFile(join(source, "deep", "er", "leaf"), "");
    await client.logArtifact(info.runId, join(source, "top.bin"), "single");
    await client.logArtifacts(info.runId, source, "many");
    files["single/top.bin"] = await readFile(join(source, "top.bin"));
    files["many/top.bin"] = files["single/top.bin"];
    files["many/deep/er/leaf"] = Buffer.alloc(0);
    const digests = Object.fromEntries(Object.entries(files).map(([p, b]) => [p, sha256(b)]));

    await symlink(source, join(source, "deep", "round"));
    expect(await failureOf(client.logArtifacts(info.runId, source, "round"))).toMatchObject({
      errorCode: "INVALID_PARAMETER_VALUE",
    });
    expect(await client.listArtifacts(info.runId, "many")).toEqual([
      { path: "many/deep", isDir: true, fileSize: undefined },
      { path: "many/top.bin", isDir: false, fileSize: 700_000 },
    ]);
    expect(await client.listArtifacts(info.runId, "nowhere")).toEqual([]);
    const target = join(folder, "target");
    expect(await client.downloadArtifacts(info.runId, "", target)).toBe(target);
    for (const [path, digest] of Object.entries(digests)) {
      expect(sha256(await readFile(join(target, path)))).toBe(digest);
    }
    const one = await client.downloadArtifacts(info.runId, "many/top.bin", join(folder, "one"));
    expect(sha256(await readFile(one))).toBe(digests["many/top.bin"]);
    const [run] = await pythonReads(experimentId);
    expect(run?.artifacts).toEqual(digests);

    expect(await failureOf(client.downloadArtifact(info.runId, "absent"))).toMatchObject({
      errorCode: "RESOURCE_DOES_NOT_EXIST",
    });
    expect(await failureOf(client.downloadArtifacts(info.runId, "absent", target))).toMatchObject({
      errorCode: "RESOURCE_DOES_NOT_EXIST",
    });
    // The Python client cannot read these back: it does not escape paths.
    for (const path of ["100%", "?question", "a+b%zz/é?x=1&y"]) {
      await client.logBytes(info.runId, path, path);
      expect(Buffer.from(await client.downloadArtifact(info.runId, path)).toString()).toBe(path);
    }
    const top = await client.listArtifacts(info.runId);
    expect(top.map((file) => file.path)).toEqual(expect.arrayContaining(["100%", "?question"]));

    for (const path of ["../up", "/etc/x", "a//b", "a/./b", "", "a\\b", "a#b", "%2e%2e/x", "a\n"]) {
      expect(await failureOf(client.logBytes(info.runId, "x", path))).toMatchObject({
        errorCode: "INVALID_PARAMETER_VALUE",
        status: undefined,
      });
    }
  }, 120_000);

  it("reads and writes artifacts of local paths directly, unless it may not", async () => {
    const artifactLocation = join(folder, "local artifacts");
    const experimentId = await client.createExperiment(`local ${names++}`, { artifactLocation });
    const { info } = await client.createRun(experimentId);
    const bytes = randomBytes(1000);
    await client.logBytes(info.runId, bytes, "a b/x.bin");
    await client.logBytes(info.runId, "", "empty");
    expect(await readFile(join(artifactLocation, info.runId, "artifacts/a b/x.bin"))).toEqual(
      bytes,
    );
    expect(await client.listArtifacts(info.runId)).toEqual([
      { path: "a b", isDir: true, fileSize: undefined },
      { path: "empty", isDir: false, fileSize: 0 },
    ]);
    expect(Buffer.from(await client.downloadArtifact(info.runId, "a b/x.bin"))).toEqual(bytes);
    const copy = await client.downloadArtifacts(info.runId, "a b", join(folder, "copy"));
    expect(await readFile(join(copy, "x.bin"))).toEqual(bytes);
    const wary = new MlflowClient({ trackingUri: server.trackingUri, localArtifacts: false });
    expect(await failureOf(wary.logBytes(info.runId, "x", "y"))).toMatchObject({
      errorCode: "INVALID_PARAMETER_VALUE",
    });
    await wary.close();
  }, 60_000);

  it("logs data sets, and Python reads them", async () => {
    const experimentId = await newExperiment();
    const { info } = await client.createRun(experimentId);
    const inputs = ["train", "test"].map((context) => ({
      dataset: {
        name: `irony ${context} é`,
        digest: "0123456789abcdef",
        sourceType: "local",
        source: JSON.stringify({ uri: `data/${context}.jsonl` }),
        schema: JSON.stringify({ columns: ["text", "label"] }),
        profile: JSON.stringify({ rows: 1000 }),
      },
      tags: { "mlflow.data.context": context },
    }));
    await client.logInputs(info.runId, inputs);
    await client.logInputs(info.runId, inputs);
    const byName = (a: { dataset: { name: string } }, b: { dataset: { name: string } }) =>
      a.dataset.name < b.dataset.name ? -1 : 1;
    const run = await client.getRun(info.runId);
    expect(run.inputs.datasetInputs.toSorted(byName)).toEqual(inputs.toSorted(byName));
    const [read] = await pythonReads(experimentId);
    expect(read?.inputs.toSorted(byName)).toEqual(
      inputs.toSorted(byName).map(({ dataset: { sourceType, ...dataset }, tags }) => ({
        dataset: { ...dataset, source_type: sourceType },
        tags,
      })),
    );
  });

  it("keeps logged models and the registry", async () => {
    const experimentId = await newExperiment();
    const { info } = await client.createRun(experimentId);
    const model = await client.createLoggedModel(experimentId, {
      name: "classifier",
      sourceRunId: info.runId,
      params: { lr: "6e-5" },
      tags: { method: "IMP" },
    });
    expect(model).toMatchObject({ status: "PENDING", sourceRunId: info.runId });
    await client.logModelBytes(model.modelId, "weights", "data/model.bin");
    expect((await client.finalizeLoggedModel(model.modelId, "READY")).status).toBe("READY");
    await client.logOutputs(info.runId, [{ modelId: model.modelId, step: 7 }]);
    expect((await client.getRun(info.runId)).outputs.modelOutputs).toEqual([
      { modelId: model.modelId, step: 7 },
    ]);
    const found = await client.searchLoggedModels({
      experimentIds: [experimentId],
      filter: "params.lr = '6e-5'",
      orderBy: [{ fieldName: "creation_timestamp", ascending: false }],
    });
    expect(found.items).toEqual([await client.getLoggedModel(model.modelId)]);

    const name = `irony ${names++}`;
    await client.createRegisteredModel(name, { description: "d", tags: { a: "b" } });
    expect(await failureOf(client.createRegisteredModel(name))).toMatchObject({
      errorCode: "RESOURCE_ALREADY_EXISTS",
    });
    const version = await client.createModelVersion(name, model.artifactUri, {
      runId: info.runId,
      modelId: model.modelId,
      tags: { x: "y" },
    });
    expect(version).toMatchObject({ name, version: "1", source: model.artifactUri });
    await client.setRegisteredModelAlias(name, "champion", "1");
    expect((await client.getModelVersionByAlias(name, "champion")).tags).toEqual({ x: "y" });
    expect((await client.getModelVersion(name, "1")).aliases).toEqual(["champion"]);
    expect(await client.getRegisteredModel(name)).toMatchObject({
      description: "d",
      tags: { a: "b" },
      aliases: { champion: "1" },
    });
    const filter = `name = '${name}'`;
    expect((await client.searchRegisteredModels({ filter })).items).toHaveLength(1);
    expect((await client.searchModelVersions({ filter })).items).toHaveLength(1);
    await client.deleteRegisteredModelAlias(name, "champion");
    await client.deleteRegisteredModel(name);
    await client.deleteLoggedModel(model.modelId);
    expect(await failureOf(client.getRegisteredModel(name))).toMatchObject({
      errorCode: "RESOURCE_DOES_NOT_EXIST",
    });
  }, 60_000);

  describe("through a line that loses answers", () => {
    let proxy: LocalServer;
    let through: MlflowClient;
    /** Decides for each request: pass it on, lose the answer, or pass it on only after `late`. */
    let fate: (path: string, count: number) => "pass" | "lose" | "late" = () => "pass";
    const asked = new Map<string, number>();
    const lateOnes: Promise<unknown>[] = [];

    beforeAll(async () => {
      proxy = await startLocalServer(async (response, request) => {
        const path = request.url.replace(/\?.*/, "").replace("/api/2.0/mlflow/", "");
        const count = asked.get(path) ?? 0;
        asked.set(path, count + 1);
        const what = fate(path, count);
        if (what === "late") {
          response.destroy();
          await new Promise((resolve) => setTimeout(resolve, 400));
          lateOnes.push(forward(server.trackingUri, request));
          return;
        }
        const { status, body } = await forward(server.trackingUri, request);
        if (what === "lose") response.destroy();
        else response.writeHead(status, { "content-type": "application/json" }).end(body);
      });
      through = new MlflowClient({ trackingUri: proxy.uri, retries: 6, backoffMs: 40 });
    });

    afterAll(async () => {
      await through?.close();
      await proxy?.close();
    });

    it("creates one run and one experiment, and logs each point once", async () => {
      asked.clear();
      fate = (_, count) => (count % 2 === 0 ? "lose" : "pass");
      const experimentId = await through.createExperiment(`lossy ${names++}`);
      const { info } = await through.createRun(experimentId);
      const metrics = Array.from({ length: 2500 }, (_, step) => ({
        key: "m",
        value: step,
        timestamp: 1,
        step,
      }));
      await through.logBatch(info.runId, { metrics, params: { a: "1" }, tags: { b: "2" } });
      await through.setTerminated(info.runId);
      expect(
        (await client.searchExperiments({ filter: `name LIKE 'lossy %'` })).items,
      ).toHaveLength(1);
      const runs = (await client.searchRuns({ experimentIds: [experimentId], viewType: "ALL" }))
        .items;
      expect(runs.map((run) => run.info.runId)).toEqual([info.runId]);
      expect(await client.getMetricHistory(info.runId, "m")).toHaveLength(2500);
      expect(asked.get("runs/create")).toBe(1);
    }, 60_000);

    it("gives the same run for the same request, also when it was asked for twice", async () => {
      fate = () => "pass";
      const experimentId = await newExperiment();
      const options = { requestId: "spool/7:trial-3" };
      const first = await through.createRun(experimentId, options);
      const second = await through.createRun(experimentId, options);
      const other = await through.createRun(experimentId, { requestId: "spool/7:trial-4" });
      expect(second.info.runId).toBe(first.info.runId);
      expect(other.info.runId).not.toBe(first.info.runId);
      expect(
        await failureOf(through.createRun(experimentId, { requestId: "' or ''='" })),
      ).toMatchObject({ errorCode: "INVALID_PARAMETER_VALUE" });
    });

    it("leaves one active run where the server did the first request after the second", async () => {
      asked.clear();
      fate = (path, count) => {
        if (path === "runs/create" && count === 0) return "late";
        // Looked for in vain, then after the second creation long enough for the first to be done.
        return path === "runs/search" && count === 1 ? "lose" : "pass";
      };
      const patient = new MlflowClient({ trackingUri: proxy.uri, retries: 6, backoffMs: 800 });
      const experimentId = await newExperiment();
      const { info } = await patient.createRun(experimentId, { startTime: 5 });
      await Promise.all(lateOnes);
      const runs = await client.searchRuns({ experimentIds: [experimentId] });
      expect(runs.items.map((run) => run.info.runId)).toEqual([info.runId]);
      await patient.close();
    }, 60_000);
  });

  interface PythonRun {
    readonly run_id: string;
    readonly params: Record<string, string>;
    readonly tags: Record<string, string>;
    readonly history: Record<string, [number, number, string][]>;
    readonly inputs: { dataset: { name: string }; tags: Record<string, string> }[];
    readonly artifacts: Record<string, string>;
  }

  async function pythonReads(experimentId: string): Promise<PythonRun[]> {
    const { stdout } = await promisify(execFile)(
      mlflow?.python ?? "python3",
      [script, server.trackingUri, experimentId],
      { maxBuffer: 2 ** 28 },
    );
    return JSON.parse(stdout);
  }
});
