import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MlflowClient } from "./mlflow-client.js";
import { findMlflow, type MlflowServer, startMlflowServer } from "./testing/mlflow-server.js";

const mlflow = await findMlflow();

describe.skipIf(mlflow?.hasBasicAuth !== true)(
  "a server with --app-name basic-auth (needs mlflow[auth])",
  () => {
    let server: MlflowServer;
    const administrator = { username: "admin", password: `pass:word ${randomUUID()}` };

    beforeAll(async () => {
      server = await startMlflowServer({
        ...(mlflow === undefined ? {} : { program: mlflow.program }),
        arguments: ["--app-name", "basic-auth"],
        env: {
          MLFLOW_FLASK_SERVER_SECRET_KEY: randomUUID(),
          MLFLOW_AUTH_ADMIN_PASSWORD: administrator.password,
        },
      });
    }, 180_000);

    afterAll(() => server?.stop(), 60_000);

    async function attempt(options: { username?: string; password?: string; token?: string }) {
      const client = new MlflowClient({ trackingUri: server.trackingUri, retries: 1, ...options });
      try {
        const id = await client.createExperiment(randomUUID());
        const { info } = await client.createRun(id, { requestId: "one" });
        await client.logMetric(info.runId, "m", 1);
        await client.logBytes(info.runId, "x", "x.txt");
        return (await client.getRun(info.runId)).data.metrics.m;
      } finally {
        await client.close();
      }
    }

    it("lets the right account in", async () => {
      expect(await attempt(administrator)).toBe(1);
    }, 60_000);

    it.each([
      ["a wrong password", { username: "admin", password: "wrong" }],
      ["an unknown account", { username: "nobody", password: "wrong" }],
      ["a token", { token: "abc" }],
      ["nothing", {}],
    ])("refuses %s with 401, which is not tried again", async (_, options) => {
      await expect(attempt(options)).rejects.toMatchObject({
        name: "MlflowError",
        status: 401,
        retryable: false,
      });
    });
  },
);
