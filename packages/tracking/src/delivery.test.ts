import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { at, randomStream } from "@counterweight/base";
import type { RunEvent } from "@counterweight/experiments";
import {
  findMlflow,
  MlflowClient,
  type MlflowServer,
  openFileStore,
  startMlflowServer,
  type TrackingStore,
} from "mlflow-js-client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Destination } from "./destination.js";
import { importRunFolder } from "./import-run-folder.js";
import type { EventFields } from "./map/fields.js";
import { isOperation } from "./operations.js";
import { syncFolder } from "./sync-folder.js";
import { eventLog, exampleEvents } from "./testing/example-run.js";
import { type ReadRun, readBack } from "./testing/read-back.js";
import { openTracking, type TrackingOptions } from "./tracking.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tracking-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const size = { seeds: 2, steps: 40 };

/** Everyday few; `scripts/ci/76-tracking-kills.sh` asks for more. */
const mostKills = Number(process.env.COUNTERWEIGHT_KILLS ?? 6);

/** A run's events through tracking, as `counterweight run` would. */
async function record(
  destination: Destination,
  options: Partial<TrackingOptions> & { readonly events?: readonly EventFields[] } = {},
) {
  const runFolder = join(folder, "run");
  const { events = exampleEvents(size), ...rest } = options;
  const tracking = await openTracking({
    ...{ runFolder, destination, now: () => new Date(), intervalMs: 20 },
    ...rest,
  });
  for (const [index, event] of events.entries()) {
    tracking.see(event as unknown as RunEvent);
    if (index % 50 === 0) await sleep(1);
  }
  await writeFile(join(runFolder, "results.csv"), "benchmark,accuracy\ntoy,0.5\n");
  return tracking.finish("done", runFolder);
}

/** Everything of the example is there exactly once. */
function expectWhole(runs: readonly ReadRun[], { seeds, steps }: typeof size): void {
  expect(runs).toHaveLength(1);
  const { run, children } = at(runs, 0);
  expect(run.info).toMatchObject({ runName: "example", status: "FINISHED" });
  expect(run.inputs.datasetInputs).toHaveLength(4);
  expect(children.map(({ run }) => run.info.runName).sort()).toEqual(
    Array.from({ length: seeds }, (_, seed) => seed)
      .flatMap((seed) => ["ce", "dimp", "imp"].map((one) => `toy ${one} seed ${seed} fraction 1`))
      .sort(),
  );
  const all = Array.from({ length: steps }, (_, index) => index + 1);
  for (const { run, points } of children) {
    const { method } = run.data.params;
    expect(run.info.status).toBe("FINISHED");
    expect(run.data.params).toMatchObject({ benchmark: "toy", gamma: "1" });
    expect(run.inputs.datasetInputs).toHaveLength(4);
    const prefixes = [
      "",
      ...(method === "ce" ? [] : ["checker/quality/"]),
      ...(method === "dimp" ? ["checker/diversity/"] : []),
    ];
    for (const prefix of prefixes) {
      const steps = points[`${prefix}train/loss`]?.map(({ step }) => step);
      expect(steps, `${run.info.runName} ${prefix}`).toEqual(all);
      const norms = points[`${prefix}train/gradient_norm`]?.map(({ step }) => step) ?? [];
      expect(norms).toEqual(all);
      expect(points[`${prefix}validation/accuracy`]?.map(({ step }) => step)).toEqual([1, 2]);
    }
    expect(points["test/accuracy"]).toHaveLength(1);
    expect(points["train/seconds"]).toHaveLength(1);
  }
}

/**
 * Starts a recording process again and again, each time killed at a random moment of its work, until
 * it comes through. Returns how often it was killed.
 */
async function killAndContinue(destination: Destination, most: number, seed: string) {
  const random = randomStream(seed, 0);
  const program = fileURLToPath(new URL("../dist/testing/record-run.js", import.meta.url));
  const words = [join(folder, "run"), JSON.stringify(destination), size.seeds, size.steps, 50];
  for (let kills = 0; ; kills++) {
    const child = spawn(process.execPath, [program, ...words.map(String)]);
    const said: string[] = [];
    let timer: NodeJS.Timeout | undefined;
    child.stderr.on("data", (text) => said.push(String(text)));
    child.stdout.once("data", () => {
      if (kills < most) timer = setTimeout(() => child.kill("SIGKILL"), 220 * random.float());
    });
    const [code] = await once(child, "exit");
    clearTimeout(timer);
    if (code === 0) return kills;
    if (code !== null) throw new Error(said.join(""));
  }
}

const stored = (): Destination => ({
  kind: "folder",
  folder: join(folder, "store"),
  experiment: "example",
});

describe("recording into the embedded store", () => {
  it("keeps everything of a run, with its outputs", async () => {
    const report = await record(stored());
    expect(report).toMatchObject({ waiting: 0, warnings: [], where: join(folder, "store") });
    const store = await openFileStore(join(folder, "store"));
    const runs = await readBack(store, "example");
    expectWhole(runs, size);
    const { runId } = at(runs, 0).run.info;
    expect(String(await store.downloadArtifact(runId, "results.csv"))).toContain("toy,0.5");
    await store.close();
  });

  it("has every point once after many kills", async () => {
    const kills = await killAndContinue(stored(), mostKills, "kill the file store");
    expect(kills).toBe(mostKills);
    await syncFolder(join(folder, "run"));
    const store = await openFileStore(join(folder, "store"));
    expectWhole(await readBack(store, "example"), size);
    await store.close();
  }, 240_000);

  it("imports logs of this and of earlier versions; a second time changes nothing", async () => {
    for (const old of [false, true]) {
      const run = join(folder, `run-${old}`);
      const events = exampleEvents({ ...size, old });
      await mkdir(run);
      // A run that was killed, then continued from its start.
      const log = `${eventLog(events.slice(0, 100), 1e12)}{"at":"torn\n${eventLog(events, 2e12)}`;
      await writeFile(join(run, "events.jsonl"), log);
      await writeFile(join(run, "report.html"), "<html></html>");
      const destination = { ...stored(), experiment: `old ${old}` };
      const first = await importRunFolder(run, destination);
      expect(first.waiting).toBe(0);
      expect(first.warnings).toEqual([expect.stringContaining("line 101")]);
      const store = await openFileStore(join(folder, "store"));
      const runs = await readBack(store, `old ${old}`);
      expectWhole(runs, size);
      const second = await importRunFolder(run, destination);
      expect(second).toMatchObject({ delivered: 0, waiting: 0 });
      // Also where nothing on this side remembers the first time.
      await rm(join(run, "tracking-spool"), { recursive: true });
      const third = await importRunFolder(run, destination);
      expect(third.delivered).toBeGreaterThan(20);
      expect(await readBack(store, `old ${old}`)).toEqual(runs);
      await store.close();
    }
  });

  it("sends every other record, and names the one that is damaged", async () => {
    const away: Destination = { kind: "server", uri: "http://127.0.0.1:9", experiment: "example" };
    await record(away, { finishMs: 100 });
    const spools = join(folder, "run", "tracking-spool");
    const spool = join(
      spools,
      at(
        (await readdir(spools)).filter((name) => name.startsWith("server")),
        0,
      ),
    );
    const log = join(
      spool,
      at(
        (await readdir(spool)).filter((name) => name.endsWith(".log")),
        0,
      ),
    );
    const bytes = await readFile(log);
    const begin = bytes.indexOf('{"op":"points"', bytes.length / 2);
    const lost: unknown = JSON.parse(bytes.toString("utf8", begin, bytes.indexOf(10, begin)));
    if (!isOperation(lost) || lost.op !== "points") throw new Error("there are points");
    bytes[begin + 20] = at(bytes, begin + 20) ^ 1;
    await writeFile(log, bytes);
    const store = await openFileStore(join(folder, "store"));
    const [report] = await syncFolder(folder, { store });
    expect(report).toMatchObject({ waiting: 0, busy: false });
    expect(report?.warnings).toEqual([expect.stringMatching(/^record \d+ of the spool/)]);
    const count = async (experiment: string) => {
      const runs = at(await readBack(store, experiment), 0).children;
      return runs.flatMap(({ points }) => Object.values(points).flat()).length;
    };
    await rm(join(folder, "run"), { recursive: true });
    await record({ ...stored(), experiment: "undamaged" });
    const missing = (await count("undamaged")) - (await count("example"));
    expect(missing).toBe(lost.to.length * lost.names.length * lost.rows.length);
    await store.close();
  });
});

/** A server that misbehaves in one way. */
async function badServer(
  answer: Parameters<typeof createServer>[1],
): Promise<{ uri: string; server: Server }> {
  const server = createServer(answer ?? (() => undefined));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  return { uri: `http://127.0.0.1:${port}`, server };
}

const misbehaviours = {
  "429": (_: unknown, response: ServerResponse) =>
    response.writeHead(429, { "retry-after": "30" }).end(),
  "500 with HTML": (_: unknown, response: ServerResponse) =>
    response.writeHead(500, { "content-type": "text/html" }).end("<h1>Oops</h1>"),
  "200 with HTML": (_: unknown, response: ServerResponse) =>
    response.writeHead(200, { "content-type": "text/html" }).end("<h1>Sign in</h1>"),
  "401": (_: unknown, response: ServerResponse) => response.writeHead(401).end("who are you?"),
  "cut JSON": (_: unknown, response: ServerResponse) =>
    response.writeHead(200, { "content-type": "application/json" }).end('{"experiment":{"exp'),
  silence: () => undefined,
};

describe.each(Object.entries(misbehaviours))("a server that answers %s", (_, answer) => {
  it("costs a warning; the rest waits, and reaches another store whole", async () => {
    const { uri, server } = await badServer(answer);
    try {
      const told: string[] = [];
      const before = performance.now();
      const report = await record(
        { kind: "server", uri, experiment: "example" },
        { finishMs: 300, onWarning: (message) => told.push(message) },
      );
      expect(performance.now() - before).toBeLessThan(20_000);
      expect(report.delivered).toBe(0);
      expect(report.waiting).toBeGreaterThan(20);
      expect(told.length).toBeLessThanOrEqual(1);
    } finally {
      server.closeAllConnections();
      server.close();
    }
    const store = await openFileStore(join(folder, "store"));
    const [report] = await syncFolder(folder, { store });
    expect(report).toMatchObject({ waiting: 0, warnings: [] });
    expectWhole(await readBack(store, "example"), size);
    await store.close();
  });
});

const mlflow = await findMlflow();

describe.skipIf(mlflow === undefined)("recording to a real MLflow server (needs mlflow)", () => {
  let server: MlflowServer;
  let store: TrackingStore;
  beforeAll(async () => {
    server = await startMlflowServer();
    store = new MlflowClient({ trackingUri: server.trackingUri });
  }, 240_000);
  afterAll(async () => {
    await store?.close();
    await server?.stop();
  }, 60_000);
  const there = (experiment: string): Destination => ({
    kind: "server",
    uri: server.trackingUri,
    experiment,
  });

  it("has everything of a run, its outputs and where to look", async () => {
    const report = await record(there("whole"));
    expect(report).toMatchObject({ waiting: 0, warnings: [] });
    expect(report.where).toMatch(/#\/experiments\/\d+\/runs\/[0-9a-f]{32}$/);
    const runs = await readBack(store, "whole");
    expectWhole(runs, size);
    const { runId } = at(runs, 0).run.info;
    expect(String(await store.downloadArtifact(runId, "results.csv"))).toContain("toy,0.5");
  });

  it("has everything once after kills of the process that delivers", async () => {
    const kills = await killAndContinue(there("killed"), mostKills, "kill the client");
    expect(kills).toBe(mostKills);
    await syncFolder(join(folder, "run"));
    expectWhole(await readBack(store, "killed"), size);
  }, 240_000);

  it("goes on where part of a run was delivered and the server went away", async () => {
    let broken = false;
    const real = new Proxy(store, {
      get(target, key, receiver) {
        const value: unknown = Reflect.get(target, key, receiver);
        if (typeof value !== "function") return value;
        return (...words: unknown[]) => {
          if (broken) return Promise.reject(new Error("away"));
          return Reflect.apply(value, target, words);
        };
      },
    });
    const events = exampleEvents(size);
    const destination = there("restarted");
    const tracking = await openTracking({
      ...{ runFolder: join(folder, "run"), destination, now: () => new Date() },
      ...{ intervalMs: 20, finishMs: 200, store: real },
    });
    for (const [index, event] of events.entries()) {
      tracking.see(event as unknown as RunEvent);
      if (index !== 120) continue;
      while (((await readBack(store, "restarted"))[0]?.children.length ?? 0) === 0) await sleep(20);
      broken = true;
    }
    const report = await tracking.finish("done", folder);
    expect(report.waiting).toBeGreaterThan(10);
    const [synced] = await syncFolder(folder);
    expect(synced).toMatchObject({ waiting: 0, warnings: [] });
    expectWhole(await readBack(store, "restarted"), size);
  });

  it("keeps what the server will never take, and sends the rest", async () => {
    await record(there("refused"), { events: exampleEvents({ seeds: 1, steps: 40 }).slice(0, 60) });
    const parent = at(await readBack(store, "refused"), 0);
    const gone = at(parent.children, 0);
    await store.deleteRun(gone.run.info.runId);
    const report = await record(there("refused"), {
      events: exampleEvents({ seeds: 1, steps: 40 }),
    });
    expect(report.waiting).toBe(0);
    expect(report.warnings.length).toBeGreaterThan(0);
    const [after] = await readBack(store, "refused");
    expect(after?.run.info.status).toBe("FINISHED");
    expect(after?.children.length).toBe(2);
  });
});
