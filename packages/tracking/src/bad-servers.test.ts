import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFileStore } from "mlflow-js-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { syncFolder } from "./sync-folder.js";
import { faultsOfExample } from "./testing/faults-of-example.js";
import { readBack } from "./testing/read-back.js";
import { recordExample } from "./testing/record-example.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tracking-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const html = { "content-type": "text/html" };
const json = { "content-type": "application/json" };
const misbehaviours: Readonly<Record<string, RequestListener>> = {
  "429": (_, response) => response.writeHead(429, { "retry-after": "30" }).end(),
  "500 with HTML": (_, response) => response.writeHead(500, html).end("<h1>Oops</h1>"),
  "200 with HTML": (_, response) => response.writeHead(200, html).end("<h1>Sign in</h1>"),
  "401": (_, response) => response.writeHead(401).end("who are you?"),
  "cut JSON": (_, response) => response.writeHead(200, json).end('{"experiment":{"exp'),
  // Taken as it comes, and never answered: half open.
  silence: (request) => request.resume(),
};

describe("a server that misbehaves", () => {
  it.each(Object.entries(misbehaviours))(
    "with %s costs a warning; all reaches another store later",
    async (_, answer) => {
      const size = { seeds: 1, steps: 6 };
      const runFolder = join(folder, "run");
      const server = createServer(answer);
      await once(server.listen(0, "127.0.0.1"), "listening");
      const address = server.address();
      const port = typeof address === "object" ? address?.port : 0;
      const told: string[] = [];
      try {
        const report = await recordExample(size, {
          ...{ runFolder, finishMs: 200, onWarning: (message) => told.push(message) },
          destination: { kind: "server", uri: `http://127.0.0.1:${port}`, experiment: "example" },
        });
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
      expect(faultsOfExample(await readBack(store, "example"), size)).toEqual([]);
      await store.close();
    },
  );
});
