import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import type { MlflowClientOptions } from "./client-options.js";
import { MlflowError } from "./errors.js";
import { MlflowClient } from "./mlflow-client.js";
import { type Answer, startLocalServer } from "./testing/local-server.js";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

/** 600 characters, so that every cut of a message falls into them. */
const digits = Array.from({ length: 10 }, (_, part) =>
  createHash("sha256").update(String(part)).digest("hex"),
).join("");
const secret = `own"secret\\${digits}`.slice(0, 600);

async function messageOf(answer: Answer, options: Partial<MlflowClientOptions>): Promise<string> {
  const server = await startLocalServer(answer);
  open.push(server);
  const client = new MlflowClient({ trackingUri: server.uri, retries: 0, ...options });
  open.push(client);
  const error = await client.getRun("0123456789abcdef0123456789abcdef").then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof MlflowError) return `${error.errorCode} ${error.message}`;
  throw new Error(`no MlflowError: ${String(error)}`, { cause: error });
}

describe("what a client signs in with", () => {
  const credentials = { token: { token: secret }, password: { username: "ana", password: secret } };
  /** What a server may make of the header that it was sent. */
  const bodies: Readonly<Record<string, (said: string) => string>> = {
    message: (message) => JSON.stringify({ error_code: "NO", message }),
    detail: (detail) => JSON.stringify({ detail }),
    code: (code) => JSON.stringify({ error_code: code, message: "no" }),
    "text in JSON": (said) => JSON.stringify(said),
    text: (said) => said,
    HTML: (said) => `<html><title>${"<b></b>".repeat(540)}</title>${said}</html>`,
  };

  it.each(Object.keys(bodies))("is in no error, where the server repeats it as %s", async (how) => {
    for (const options of Object.values(credentials)) {
      for (const status of [401, 200]) {
        for (const before of [0, 180, 290, 1900]) {
          let told = "";
          const message = await messageOf((response, request) => {
            const { authorization = "" } = request.headers;
            const [, word = ""] = authorization.split(" ");
            const account = Buffer.from(word, "base64").toString();
            told = `${authorization} (${account})`;
            const said = `${"-".repeat(before)} ${told} ${encodeURIComponent(secret)}`;
            response.writeHead(status).end(bodies[how]?.(said));
          }, options);
          expect(told).toContain(secret);
          for (const part of ['own"s', 'own\\"s', "own%22s", digits.slice(0, 8)]) {
            expect(message).not.toContain(part);
          }
          expect(message).not.toContain(Buffer.from(`ana:${secret}`).toString("base64", 0, 12));
        }
      }
    }
  });
  it("takes no word out of MLflow's error codes", async () => {
    const message = await messageOf(
      (response) => {
        response.writeHead(404).end('{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"no"}');
      },
      { token: "RESOURCE" },
    );
    expect(message).toMatch(/^RESOURCE_DOES_NOT_EXIST /);
  });
});
