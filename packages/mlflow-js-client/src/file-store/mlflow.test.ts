import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MlflowClient } from "../mlflow-client.js";
import {
  findMlflow,
  freePort,
  type MlflowServer,
  startMlflowServer,
} from "../testing/mlflow-server.js";
import type { FileStore } from "./file-store.js";
import { mlflowUiCommand } from "./mlflow-ui-command.js";
import { openFileStore } from "./open-file-store.js";
import { type Snapshot, snapshot } from "./snapshot.fixture.js";

const run = promisify(execFile);
const reader = fileURLToPath(new URL("./read-store.py", import.meta.url));
const mlflow = await findMlflow();
const timeout = 300_000;

let parent = "";
let store: FileStore;
let server: MlflowServer | undefined;
let experimentId = "";
let runIds: readonly string[] = [];

beforeAll(async () => {
  if (mlflow === undefined) return;
  parent = await mkdtemp(join(tmpdir(), "file-store-mlflow-"));
  // A name with a space and a letter beyond ASCII, which file: addresses must survive.
  store = await openFileStore(join(parent, "tracking é"));
  const port = await freePort();
  const ui = mlflowUiCommand(store.folder, { port });
  expect(ui.command).toBe("mlflow");
  server = await startMlflowServer({
    ...{ folder: parent, port, python: mlflow.python },
    // Of options given twice MLflow takes the last: exactly the command that users get.
    ...{ arguments: ui.args.slice(1), env: ui.environment },
  });
  // Written while the server runs.
  await fill();
}, timeout);

afterAll(async () => {
  await server?.stop();
  if (parent !== "") await rm(parent, { recursive: true, force: true });
});

const digits = (n: number) => n.toString(16).padStart(32, "0");
const data = (digest: string) => ({
  dataset: {
    ...{ name: "tweets: ümlaut", digest, sourceType: "local", source: '{"uri":"a\u2028b"}' },
    ...(digest === "b" ? { schema: '{"n":1}', profile: "{}" } : {}),
  },
  tags: { "mlflow.data.context": digest === "b" ? "test" : "train" },
});

async function fill(): Promise<void> {
  const gone = await store.createExperiment("gone");
  await store.createRun(gone, { runName: "in the trash", startTime: 1 });
  await store.deleteExperiment(gone);
  experimentId = await store.createExperiment('sweep: "checker" #1', {
    tags: { team: "x", "a/b": "on" },
  });
  const parentRun = await store.createRun(experimentId, {
    ...{ runId: digits(1), runName: "12:30", startTime: 1000, tags: { "mlflow.user": "ana" } },
  });
  const ids = [parentRun.info.runId];
  for (let n = 0; n < 6; n++) {
    const { info } = await store.createRun(experimentId, {
      ...{ runName: `trial_${n}`, startTime: 2000 + (n >> 1), parentRunId: digits(1) },
      tags: { method: n % 2 === 0 ? "IMP" : "dimp", __proto: "x", empty: "" },
    });
    ids.push(info.runId);
    const metrics = [0, 1, 2, 3].flatMap((step) => [
      { key: "val/acc", value: (n * 7 + step) / 13, timestamp: 5000 + step, step },
      { key: "größe", value: -1 - step, timestamp: 5000, step: 3 - step },
    ]);
    await store.logBatch(info.runId, { metrics });
    const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY][n];
    if (special !== undefined) await store.logMetric(info.runId, "odd", special, { timestamp: 9 });
    await store.logBatch(info.runId, {
      params: { lr: n < 3 ? "6e-5" : "1", "a.b/c d": `ä\n"${n}"`, none: "" },
      tags: { "deep/er": "%_", note: "line 1\nline 2" },
    });
    await store.logInputs(info.runId, n % 2 === 0 ? [data("a"), data("b")] : [data("a")]);
    await store.logBytes(info.runId, `n,${n}\n`, "tables/dir é/rows.csv");
    await store.logBytes(info.runId, new Uint8Array([0, 255, n]), "raw.bin");
    if (n === 5) await store.deleteRun(info.runId);
    else if (n > 0)
      await store.setTerminated(info.runId, n === 1 ? "FAILED" : "FINISHED", 9000 + n);
  }
  await store.updateRun(digits(1), { status: "KILLED", endTime: 77, runName: "null" });
  runIds = ids;
}

/** Clients keep no connection open, so nothing needs to be closed. */
function client(of: MlflowServer | undefined): MlflowClient {
  if (of === undefined) throw new Error("no server");
  return new MlflowClient({ trackingUri: of.trackingUri });
}

describe.skipIf(mlflow === undefined)("a file store in the real MLflow (needs mlflow)", () => {
  it(
    "a running server shows all that was written, through REST",
    async () => {
      expect(await snapshot(client(server), false)).toEqual(await snapshot(store, false));
      // What the snapshot leaves out.
      for (const id of runIds) {
        const shown = await client(server).getRun(id);
        const written = await store.getRun(id);
        expect(shown.info).toEqual(written.info);
        expect(new Set(shown.data.latestMetrics)).toEqual(new Set(written.data.latestMetrics));
      }
      for (const { experimentId: id } of (await store.searchExperiments({ viewType: "ALL" }))
        .items) {
        expect(await client(server).getExperiment(id)).toEqual(await store.getExperiment(id));
      }
    },
    timeout,
  );

  it("the server lists and serves the artifacts", async () => {
    const base = server?.trackingUri ?? "";
    const [, id = ""] = runIds;
    const path = "tables/dir é/rows.csv";
    const list = `${base}/api/2.0/mlflow/artifacts/list?run_id=${id}&path=${encodeURIComponent("tables/dir é")}`;
    expect(await (await fetch(list)).json()).toMatchObject({
      files: [{ path, is_dir: false, file_size: 4 }],
    });
    const get = (file: string) =>
      fetch(`${base}/get-artifact?run_uuid=${id}&path=${encodeURIComponent(file)}`);
    expect(await (await get(path)).text()).toBe("n,0\n");
    expect(new Uint8Array(await (await get("raw.bin")).arrayBuffer())).toEqual(
      new Uint8Array([0, 255, 0]),
    );
  });

  it(
    "searches find what MLflow finds, in its order, page by page",
    async () => {
      const filters = [
        ...["", "metrics.`val/acc` > 1.2", "metrics.`val/acc` <= 1.5 AND params.lr = '6e-5'"],
        ...["metrics.odd = 0", "metrics.odd < 1", "metrics.odd != 3", "metrics.none != 1"],
        ...["params.lr != '1'", "params.lr LIKE '6%'", "params.`a.b/c d` ILIKE 'Ä%'"],
        ...["tags.method = 'IMP'", "tags.method ILIKE 'imp'", "tags.method LIKE '%imp'"],
        ...["tags.`deep/er` = '%_'", "tag.mlflow.parentRunId = 'x'", "tags.none IS NULL"],
        ...["tags.method IS NOT NULL and params.lr is null", 'tags."method" = "IMP"'],
        ...["status = 'FINISHED'", "attributes.status != 'FINISHED'", "run_name LIKE 'trial__'"],
        ...["attribute.start_time >= 2001", "end_time > 9002", "attributes.`run name` = 'null'"],
        ...[`run_id IN ('${digits(1)}')`, `attributes.run_id NOT IN ('${digits(1)}', 'x')`],
        ...["dataset.digest = 'b'", "datasets.context IN ('test')", "dataset.name LIKE 'tweets%'"],
        ...["user_id = 'ana'", "created < 2000"],
      ];
      const orders = [
        ...[[], ["metrics.odd"], ["metrics.odd DESC"], ["params.lr ASC", "start_time"]],
        ...[["tags.method DESC", "metrics.`val/acc` DESC"], ["attributes.end_time DESC"]],
      ];
      const queries = filters
        .map((filter) => ({ filter, orderBy: [] as readonly string[] }))
        .concat(orders.map((orderBy) => ({ filter: "", orderBy })));
      for (const part of queries) {
        const query = { ...part, experimentIds: [experimentId, "0"] };
        const wanted = await client(server).searchRuns(query);
        const found = await store.searchRuns(query);
        const ids = wanted.items.map(({ info }) => info.runId);
        expect([part, found.items.map(({ info }) => info.runId)]).toEqual([part, ids]);
        if (part.filter !== "") continue;
        const pages: string[] = [];
        for (let pageToken: string | undefined; ; ) {
          const page = await store.searchRuns({
            ...{ ...query, maxResults: 2 },
            ...(pageToken === undefined ? {} : { pageToken }),
          });
          pages.push(...page.items.map(({ info }) => info.runId));
          pageToken = page.nextPageToken;
          if (pageToken === undefined) break;
        }
        expect(pages).toEqual(ids);
      }
      for (const filter of [
        "name LIKE 'sw%'",
        "tags.team = 'x'",
        "tags.team IS NULL",
        "name != 'x'",
      ]) {
        const of = async (one: Pick<FileStore, "searchExperiments">) =>
          (await one.searchExperiments({ filter, viewType: "ALL" })).items.map(({ name }) => name);
        expect([filter, await of(store)]).toEqual([filter, await of(client(server))]);
      }
    },
    timeout,
  );

  it.each([
    ...["params.lr = '1' OR params.lr = '2'", "(params.lr = '1')", "NOT params.lr = '1'"],
    ...["params.lr > '1'", "metrics.a = 'x'", "params.lr = 1", "foo.bar = 1", "colour = 'x'"],
    ...["metrics.a LIKE '1'", "params.lr =", "user_id IN ('a')"],
    ...["params.val/acc = '1'", "metrics.a IS NULL"],
  ])("both refuse the filter %s", async (filter) => {
    const query = { filter, experimentIds: [experimentId] };
    const refused = { errorCode: "INVALID_PARAMETER_VALUE" };
    await expect(store.searchRuns(query)).rejects.toMatchObject(refused);
    await expect(client(server).searchRuns(query)).rejects.toMatchObject(refused);
  });

  it("what the server writes into the folder is read and continued here", async () => {
    const rest = client(server);
    const id = await rest.createExperiment("by the server", { tags: { k: "v" } });
    const { info } = await rest.createRun(id, { runName: "served", startTime: 5 });
    await rest.logBatch(info.runId, {
      metrics: [1, 2].map((step) => ({ key: "m/x", value: step, timestamp: step, step })),
      params: { p: "1" },
    });
    const input = data("server");
    await rest.logInputs(info.runId, [
      { ...input, dataset: { ...input.dataset, source: "on: 'a' # ü" } },
    ]);
    // The server wrote "1.0", this package would write "1": still one point.
    await store.logBatch(info.runId, {
      metrics: [1, 2, 3].map((step) => ({ key: "m/x", value: step, timestamp: step, step })),
      params: { p: "1", q: "2" },
    });
    await store.setTerminated(info.runId, "FINISHED", 99);
    expect(await rest.getMetricHistory(info.runId, "m/x")).toHaveLength(3);
    expect(await store.getRun(info.runId)).toEqual(await rest.getRun(info.runId));
    expect(await store.getExperiment(id)).toEqual(await rest.getExperiment(id));
    await expect(store.createExperiment("by the server")).rejects.toMatchObject({
      errorCode: "RESOURCE_ALREADY_EXISTS",
    });
    await store.deleteExperiment(id);
  });

  it(
    "MLflow's Python client reads the same",
    async () => {
      const { stdout } = await run(mlflow?.python ?? "", [reader, store.folder], {
        env: { ...process.env, MLFLOW_ALLOW_FILE_STORE: "true" },
      });
      const wanted = await snapshot(store, false);
      const read: Snapshot = JSON.parse(stdout);
      const own = read.runs.filter(({ runName }) => runName !== "served");
      const withArtifacts = await Promise.all(
        wanted.runs
          .filter(({ runName }) => runName !== "served")
          .map(async (one) => ({ ...one, artifacts: await artifactsOf(String(one.runId)) })),
      );
      expect(own).toEqual(withArtifacts);
      expect(read.experiments).toEqual(wanted.experiments);
    },
    timeout,
  );

  it(
    "mlflow migrate-filestore takes everything into a database, which a server shows",
    async () => {
      const before = await snapshot(store, false);
      const folder = await mkdtemp(join(parent, "migrated-"));
      const target = `sqlite:///${join(folder, "mlflow.db")}`;
      await run(
        mlflow?.python ?? "",
        [
          ...["-m", "mlflow", "migrate-filestore"],
          ...["--source", store.folder, "--target", target],
        ],
        { cwd: folder },
      );
      await server?.stop();
      server = await startMlflowServer({ folder, ...(mlflow && { python: mlflow.python }) });
      const after = await snapshot(client(server), false);
      const finite = (text: string) =>
        text
          .replaceAll('"inf"', '"1.7976931348623157e+308"')
          .replaceAll('"-inf"', '"-1.7976931348623157e+308"');
      expect(after).toEqual(JSON.parse(finite(JSON.stringify(before))));
      // The comparison has seen what it is about.
      expect(before.runs.length).toBeGreaterThan(8);
      for (const value of ['"inf"', '"-inf"', '"nan"'])
        expect(JSON.stringify(before)).toContain(value);
    },
    timeout,
  );
});

async function artifactsOf(runId: string): Promise<unknown[]> {
  const files = async (path: string): Promise<unknown[]> => {
    const entries = await store.listArtifacts(runId, path);
    const below = entries.map((one) =>
      one.isDir ? files(one.path) : Promise.resolve([[one.path, one.fileSize]]),
    );
    return (await Promise.all(below)).flat();
  };
  return (await files("")).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
