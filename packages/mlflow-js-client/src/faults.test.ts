import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { MlflowClientOptions, RetryNotice } from "./client-options.js";
import { MlflowError } from "./errors.js";
import { clientFromEnvironment, MlflowClient } from "./mlflow-client.js";
import {
  type Answer,
  type LocalServer,
  sendJson,
  startLocalServer,
} from "./testing/local-server.js";
import { freePort } from "./testing/mlflow-server.js";

const RUN = "0123456789abcdef0123456789abcdef";
const info = { run_id: RUN, experiment_id: "1", status: "RUNNING", start_time: 1 };
const good: Answer = (response) => sendJson(response, 200, { run: { info } });

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function serve(answer: Answer, tls?: { key: Buffer; cert: Buffer }): Promise<LocalServer> {
  const server = await startLocalServer(answer, tls);
  open.push(server);
  return server;
}

function connect(trackingUri: string, options: Partial<MlflowClientOptions> = {}): MlflowClient {
  const client = new MlflowClient({
    trackingUri,
    retries: 2,
    backoffMs: 1,
    timeoutMs: 5000,
    ...options,
  });
  open.push(client);
  return client;
}

async function failureOf(promise: Promise<unknown>): Promise<MlflowError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof MlflowError) return error;
  throw new Error(`no MlflowError: ${String(error)}`, { cause: error });
}

describe("answers that are none", () => {
  const bodies: readonly (readonly [what: string, status: number, type: string, body: string])[] = [
    ["HTML for 200", 200, "text/html", "<html><body>Log in</body></html>"],
    ["cut JSON", 200, "application/json", '{"run": {"info": {"run_id": "0123'],
    ["a bare NaN", 200, "application/json", '{"run": {"info": {"start_time": NaN}}}'],
    ["a list", 200, "application/json", "[]"],
    ["null", 200, "application/json", "null"],
    ["a string", 200, "application/json", '"run"'],
    ["a run without an id", 200, "application/json", '{"run": {"info": {}}}'],
    ["a run that is a list", 200, "application/json", '{"run": []}'],
    [
      "an unknown status",
      200,
      "application/json",
      `{"run":{"info":{"run_id":"a","experiment_id":"1","status":"DONE"}}}`,
    ],
    [
      "metrics that are no list",
      200,
      "application/json",
      `{"run":{"info":${JSON.stringify(info)},"data":{"metrics":{}}}}`,
    ],
    [
      "a metric value that is no number",
      200,
      "application/json",
      `{"run":{"info":${JSON.stringify(info)},"data":{"metrics":[{"key":"a","value":"x"}]}}}`,
    ],
    ["bytes that are no text", 200, "application/json", "\u0000\ufffd\u001b[31m"],
  ];

  it.each(bodies)("%s is BAD_RESPONSE, tried again", async (_, status, type, body) => {
    const server = await serve((response) => {
      response.writeHead(status, { "content-type": type }).end(body);
    });
    const error = await failureOf(connect(server.uri).getRun(RUN));
    expect(error).toMatchObject({
      errorCode: "BAD_RESPONSE",
      status: 200,
      retryable: true,
      request: "GET /api/2.0/mlflow/runs/get",
    });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may reach a terminal
    expect(error.message).not.toMatch(/[\u0000-\u001f]/);
    expect(server.seen).toHaveLength(3);
  });

  it("gives the run once the garbage is over", async () => {
    const server = await serve((response, request, count) =>
      count < 2 ? void response.end("starting") : good(response, request, count),
    );
    expect((await connect(server.uri).getRun(RUN)).info.runId).toBe(RUN);
  });

  it.each([
    [
      400,
      "application/json",
      '{"error_code":"INVALID_PARAMETER_VALUE","message":"no"}',
      "INVALID_PARAMETER_VALUE",
    ],
    [401, "text/html", "<h1>Unauthorized</h1>", "HTTP_401"],
    [403, "text/plain", "Invalid Host header - possible DNS rebinding attack detected", "HTTP_403"],
    [404, "text/html", "<!doctype html><title>404</title>", "HTTP_404"],
    [404, "application/json", '{"detail":"Not Found"}', "HTTP_404"],
    [400, "application/json", '{"error_code":"CUT', "HTTP_400"],
    [400, "application/json", '{"error_code":7,"message":{}}', "HTTP_400"],
    [501, "text/plain", "", "HTTP_501"],
  ])("%d of %s (%s) is %s at once", async (status, type, body, errorCode) => {
    const server = await serve((response) => {
      response.writeHead(status, { "content-type": type }).end(body);
    });
    const error = await failureOf(connect(server.uri).getRun(RUN));
    expect(error).toMatchObject({ errorCode, status, retryable: false });
    expect(error.message).not.toContain("<");
    expect(server.seen).toHaveLength(1);
  });

  it("ends an endless body, and one that only drips, in time", async () => {
    const endless = await serve((response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const more = () => {
        while (!response.destroyed && response.write(" ".repeat(65_536)));
      };
      response.on("drain", more);
      more();
    });
    const client = connect(endless.uri, { maxResponseBytes: 2 ** 20 });
    expect(await failureOf(client.getRun(RUN))).toMatchObject({
      errorCode: "RESPONSE_TOO_LARGE",
      retryable: false,
    });
    const dripping = await serve((response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const timer = setInterval(() => response.write(" "), 20);
      response.on("close", () => clearInterval(timer));
    });
    const hasty = connect(dripping.uri, { timeoutMs: 300, retries: 0 });
    expect(await failureOf(hasty.getRun(RUN))).toMatchObject({ errorCode: "REQUEST_TIMEOUT" });
  });

  it("does not unpack a gzip bomb", async () => {
    const { gzipSync } = await import("node:zlib");
    const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20, 32));
    const server = await serve((response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
    });
    const client = connect(server.uri, { maxResponseBytes: 2 ** 20 });
    expect(await failureOf(client.getRun(RUN))).toMatchObject({ errorCode: "RESPONSE_TOO_LARGE" });
  });
});

describe("a server that is away or busy", () => {
  it("is tried again on 408, 429 and 5xx, waiting longer each time", async () => {
    for (const status of [408, 429, 500, 502, 503, 504]) {
      const retries: RetryNotice[] = [];
      const server = await serve((response, request, count) =>
        count < 2 ? void response.writeHead(status).end("busy") : good(response, request, count),
      );
      const onRetry = (retry: RetryNotice) => retries.push(retry);
      await connect(server.uri, { backoffMs: 8, onRetry }).getRun(RUN);
      expect(retries.map(({ retry, errorCode }) => ({ retry, errorCode }))).toEqual([
        { retry: 1, errorCode: `HTTP_${status}` },
        { retry: 2, errorCode: `HTTP_${status}` },
      ]);
      const [first, second] = retries.map(({ waitMs }) => waitMs);
      expect(first).toBeGreaterThanOrEqual(4);
      expect(first).toBeLessThanOrEqual(8);
      expect(second).toBeGreaterThanOrEqual(8);
      expect(second).toBeLessThanOrEqual(16);
    }
  });

  it("waits as Retry-After asks, and gives up where that is too long", async () => {
    const waits: number[] = [];
    const server = await serve((response, request, count) => {
      if (count > 0) return good(response, request, count);
      response.writeHead(503, { "retry-after": "0.05" }).end();
    });
    const onRetry = ({ waitMs }: RetryNotice) => waits.push(waitMs);
    await connect(server.uri, { onRetry }).getRun(RUN);
    expect(waits).toEqual([50]);

    const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
    for (const header of ["3600", inAnHour]) {
      const closed = await serve((response) => {
        response.writeHead(429, { "retry-after": header }).end();
      });
      const error = await failureOf(connect(closed.uri).getRun(RUN));
      expect(error).toMatchObject({ status: 429, retryable: true });
      expect(error.retryAfterMs).toBeGreaterThan(3_500_000);
      expect(closed.seen).toHaveLength(1);
    }
  });

  it("is a CONNECTION_ERROR where nobody listens, or hangs up half-way", async () => {
    const nobody = connect(`http://127.0.0.1:${await freePort()}`);
    expect(await failureOf(nobody.getRun(RUN))).toMatchObject({
      errorCode: "CONNECTION_ERROR",
      retryable: true,
      status: undefined,
      message: expect.stringContaining("ECONNREFUSED"),
    });
    const cut = await serve((response) => {
      response.writeHead(200, { "content-length": "1000" }).write('{"run"');
      setTimeout(() => response.destroy(), 20);
    });
    expect(await failureOf(connect(cut.uri).getRun(RUN))).toMatchObject({
      errorCode: "CONNECTION_ERROR",
      retryable: true,
    });
    expect(cut.seen).toHaveLength(3);
  });

  it("is a REQUEST_TIMEOUT where it takes the connection and says nothing", async () => {
    const silent = createTcpServer(() => undefined);
    const port = await new Promise<number>((resolve) => {
      silent.listen(0, "127.0.0.1", () => {
        const address = silent.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
    const started = performance.now();
    const client = connect(`http://127.0.0.1:${port}`, { timeoutMs: 100, retries: 1 });
    expect(await failureOf(client.getRun(RUN))).toMatchObject({ errorCode: "REQUEST_TIMEOUT" });
    expect(performance.now() - started).toBeGreaterThan(190);
    silent.close();
  });

  it("stops when the caller says so: before, during a call, and while it waits", async () => {
    const server = await serve(() => undefined);
    const early = AbortSignal.abort();
    const client = connect(server.uri);
    expect(await failureOf(client.getRun(RUN, { signal: early }))).toMatchObject({
      errorCode: "ABORTED",
      retryable: false,
    });
    const during = AbortSignal.timeout(50);
    expect((await failureOf(client.getRun(RUN, { signal: during }))).errorCode).toBe("ABORTED");
    const busy = await serve((response) => void response.writeHead(503).end());
    const patient = connect(busy.uri, { backoffMs: 60_000 });
    const waiting = AbortSignal.timeout(100);
    expect((await failureOf(patient.getRun(RUN, { signal: waiting }))).errorCode).toBe("ABORTED");
    const call = patient.createRun("1", { signal: AbortSignal.timeout(100) });
    expect((await failureOf(call)).errorCode).toBe("ABORTED");
  });

  it("does not repeat creations that cannot be told apart, unless nothing was sent", async () => {
    const server = await serve((response) => void response.destroy());
    const client = connect(server.uri);
    expect((await failureOf(client.createLoggedModel("1"))).retryable).toBe(true);
    expect((await failureOf(client.createModelVersion("m", "s"))).retryable).toBe(true);
    expect((await failureOf(client.createRegisteredModel("m"))).retryable).toBe(true);
    expect(server.seen).toHaveLength(3);
    let asked = 0;
    const busy = await serve((response) => {
      asked++;
      response.writeHead(429).end();
    });
    await failureOf(connect(busy.uri).createLoggedModel("1"));
    expect(asked).toBe(3);
  });

  it("looks a run up before it creates it again, and creates none where it cannot look", async () => {
    const server = await serve((response, request) => {
      if (request.url.endsWith("runs/create")) response.destroy();
      else response.writeHead(500).end("<html>");
    });
    await failureOf(connect(server.uri, { retries: 4 }).createRun("1"));
    const creations = server.seen.filter(({ url }) => url.endsWith("runs/create"));
    expect(creations).toHaveLength(1);
    expect(server.seen).toHaveLength(5);
  });
});

describe("pages", () => {
  it("ends where a server names the page just read as the next", async () => {
    const server = await serve((response) => {
      sendJson(response, 200, { runs: [{ info }], next_page_token: "same" });
    });
    const read = async () => {
      for await (const run of connect(server.uri).iterateRuns({ experimentIds: ["1"] })) void run;
    };
    expect(await failureOf(read())).toMatchObject({ errorCode: "BAD_RESPONSE" });
    expect(server.seen).toHaveLength(2);
  });
});

describe("credentials", () => {
  it("go with every request, a password before a token", async () => {
    const server = await serve(good);
    await connect(server.uri, { token: "t0k3n" }).getRun(RUN);
    await connect(server.uri, { token: "t", username: "ü", password: "p:w" }).getRun(RUN);
    const uri = server.uri.replace("http://", "http://user:p%40ss@");
    await connect(uri).getRun(RUN);
    await connect(server.uri).getRun(RUN);
    const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer t0k3n",
      basic("ü:p:w"),
      basic("user:p@ss"),
      undefined,
    ]);
  });

  it("appear in no error", async () => {
    const server = await serve((response) => void response.writeHead(500).end("no"));
    const secret = "s3cr3t-canary";
    const uri = server.uri.replace("http://", `http://user:${secret}@`);
    const away = `http://user:${secret}@127.0.0.1:${await freePort()}/?key=${secret}`;
    const errors = [
      await failureOf(connect(uri).getRun(RUN)),
      await failureOf(connect(away).getRun(RUN)),
      await failureOf(connect(server.uri, { token: secret }).getRun(RUN)),
      await failureOf(Promise.resolve().then(() => connect(server.uri, { token: `${secret}\n` }))),
      await failureOf(Promise.resolve().then(() => connect(`sqlite:///${secret}`))),
    ];
    const { inspect } = await import("node:util");
    for (const error of errors) expect(inspect(error, { depth: 10 })).not.toContain(secret);
  });

  it("never follow a redirect to another server", async () => {
    const thief = await serve(good);
    for (const status of [301, 302, 303, 307, 308]) {
      const server = await serve((response, request) => {
        response.writeHead(status, { location: `${thief.uri}${request.url}` }).end();
      });
      const client = connect(server.uri, { token: "t" });
      expect(await failureOf(client.getRun(RUN))).toMatchObject({
        errorCode: "REDIRECTED",
        status,
      });
      expect(await failureOf(client.deleteRun(RUN))).toMatchObject({ errorCode: "REDIRECTED" });
    }
    expect(thief.seen).toHaveLength(0);
  });

  it("stay with redirects within the server, which have an end", async () => {
    const server = await serve((response, request, count) => {
      if (request.url.startsWith("/new")) return good(response, request, count);
      response.writeHead(308, { location: `/new${request.url}` }).end();
    });
    const client = connect(server.uri, { token: "t" });
    await client.setTerminated(RUN);
    expect(server.seen.map(({ method }) => method)).toEqual(["POST", "POST"]);
    expect(server.seen[1]?.body).toEqual(server.seen[0]?.body);
    const round = await serve((response) => {
      response.writeHead(302, { location: "/again" }).end();
    });
    expect((await failureOf(connect(round.uri).getRun(RUN))).errorCode).toBe("REDIRECTED");
    expect(round.seen).toHaveLength(6);
  });

  it("stay away from artifact stores of other hosts, and of this machine where not asked", async () => {
    const thief = await serve(good);
    const uris = [
      `${thief.uri}/api/2.0/mlflow-artifacts/artifacts/1/${RUN}`,
      `mlflow-artifacts://${new URL(thief.uri).host}/1/${RUN}`,
      "s3://bucket/1",
      "file:///tmp/never",
      "/tmp/never",
    ];
    for (const artifact_uri of uris) {
      const server = await serve((response) =>
        sendJson(response, 200, { run: { info: { ...info, artifact_uri } } }),
      );
      const client = connect(server.uri, { localArtifacts: false });
      expect(await failureOf(client.logBytes(RUN, "x", "x"))).toMatchObject({
        errorCode: "INVALID_PARAMETER_VALUE",
      });
    }
    expect(thief.seen).toHaveLength(0);
  });
});

describe("artifacts that a server names", () => {
  it("are not written outside the folder asked for", async () => {
    const folder = await mkdtemp(join(tmpdir(), "mlflow-names-"));
    for (const path of ["../out", "/etc/out", "a/../../out", "..\\out"]) {
      const server = await serve((response, request) => {
        if (request.url.includes("artifacts/list")) {
          sendJson(response, 200, { files: [{ path, is_dir: false, file_size: 1 }] });
        } else {
          const artifact_uri = `mlflow-artifacts:/1/${RUN}/artifacts`;
          sendJson(response, 200, { run: { info: { ...info, artifact_uri } } });
        }
      });
      const download = connect(server.uri).downloadArtifacts(RUN, "", join(folder, "in"));
      expect(await failureOf(download)).toMatchObject({ errorCode: "INVALID_PARAMETER_VALUE" });
    }
    await rm(folder, { recursive: true });
  });

  it("are whole or absent: a download that breaks off is tried again", async () => {
    const folder = await mkdtemp(join(tmpdir(), "mlflow-broken-"));
    let tries = 0;
    const server = await serve((response, request) => {
      if (request.url.includes("artifacts/list")) {
        sendJson(response, 200, { files: [{ path: "x.bin", is_dir: false, file_size: 6 }] });
      } else if (request.url.includes("mlflow-artifacts")) {
        response.writeHead(200, { "content-length": "6" });
        if (tries++ > 0) response.end("abcdef");
        else {
          response.write("abc");
          setTimeout(() => response.destroy(), 20);
        }
      } else {
        const artifact_uri = `mlflow-artifacts:/1/${RUN}/artifacts`;
        sendJson(response, 200, { run: { info: { ...info, artifact_uri } } });
      }
    });
    await connect(server.uri).downloadArtifacts(RUN, "", folder);
    expect(await readFile(join(folder, "x.bin"), "utf8")).toBe("abcdef");
    expect(tries).toBe(2);
    await rm(folder, { recursive: true });
  });
});

const openssl = await promisify(execFile)("openssl", ["version"]).then(
  () => true,
  () => false,
);

describe.skipIf(!openssl)("TLS (needs openssl)", () => {
  let folder: string;
  let certPath: string;
  let tls: { key: Buffer; cert: Buffer };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mlflow-tls-"));
    const keyPath = join(folder, "key.pem");
    certPath = join(folder, "cert.pem");
    await promisify(execFile)("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
      ...["-keyout", keyPath, "-out", certPath],
    ]);
    tls = { key: await readFile(keyPath), cert: await readFile(certPath) };
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("refuses an unknown certificate at once, and sends it nothing", async () => {
    const server = await serve(good, tls);
    const error = await failureOf(connect(server.uri, { token: "t" }).getRun(RUN));
    expect(error).toMatchObject({ errorCode: "CONNECTION_ERROR", retryable: false });
    expect(error.message).toMatch(/SELF_SIGNED/);
    expect(server.seen).toHaveLength(0);
  });

  it("takes one that it is told to trust, from options and from the environment", async () => {
    const server = await serve(good, tls);
    await connect(server.uri, { ca: tls.cert }).getRun(RUN);
    await connect(server.uri, { ca: tls.cert.toString() }).getRun(RUN);
    await connect(server.uri, { insecureTls: true }).getRun(RUN);
    const environment = {
      MLFLOW_TRACKING_URI: `${server.uri}/`,
      MLFLOW_TRACKING_TOKEN: "t",
      MLFLOW_TRACKING_SERVER_CERT_PATH: certPath,
      MLFLOW_HTTP_REQUEST_TIMEOUT: "5",
      MLFLOW_HTTP_REQUEST_MAX_RETRIES: "0",
    };
    const client = clientFromEnvironment(environment);
    await client.getRun(RUN);
    await client.close();
    const lax = { MLFLOW_TRACKING_URI: server.uri, MLFLOW_TRACKING_INSECURE_TLS: "true" };
    const insecure = clientFromEnvironment(lax);
    await insecure.getRun(RUN);
    await insecure.close();
    expect(server.seen).toHaveLength(5);
    expect(server.seen[3]?.headers.authorization).toBe("Bearer t");
  });

  it("does not speak TLS with a server that has none", async () => {
    const server = await serve(good);
    const client = connect(server.uri.replace("http:", "https:"));
    expect(await failureOf(client.getRun(RUN))).toMatchObject({ errorCode: "CONNECTION_ERROR" });
  });
});

describe("clientFromEnvironment", () => {
  it.each([
    [{}, "MLFLOW_TRACKING_URI"],
    [{ MLFLOW_TRACKING_URI: "sqlite:///x.db" }, "http"],
    [{ MLFLOW_TRACKING_URI: "databricks" }, "http"],
    [{ MLFLOW_TRACKING_URI: "http://x", MLFLOW_TRACKING_INSECURE_TLS: "maybe" }, "INSECURE_TLS"],
    [{ MLFLOW_TRACKING_URI: "http://x", MLFLOW_HTTP_REQUEST_TIMEOUT: "soon" }, "TIMEOUT"],
    [{ MLFLOW_TRACKING_URI: "https://x", MLFLOW_TRACKING_SERVER_CERT_PATH: "absent" }, "CERT_PATH"],
    [
      {
        MLFLOW_TRACKING_URI: "https://x",
        MLFLOW_TRACKING_SERVER_CERT_PATH: "x",
        MLFLOW_TRACKING_INSECURE_TLS: "1",
      },
      "exclude each other",
    ],
  ])("refuses %j, naming %s", async (environment, named) => {
    const error = await failureOf(Promise.resolve().then(() => clientFromEnvironment(environment)));
    expect(error.errorCode).toBe("INVALID_PARAMETER_VALUE");
    expect(error.message).toContain(named);
  });
});
