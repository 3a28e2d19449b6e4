import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command, sampleSpec } from "../command.fixture.js";

/** Words that may be nowhere but in the environment, the spec or the command line itself. */
const canaries = {
  password: "canary/pass@word-1",
  uriToken: "canary-uri-token-2",
  token: "canary-bearer-token-3",
  environment: "canary-password-4",
  query: "canary-query-5",
  // Longer than any message, so that every cut falls into it, and JSON writes it in another way.
  long: `canary"long\\-6-${Array.from({ length: 10 }, (_, part) => createHash("sha256").update(String(part)).digest("hex")).join("")}`.slice(
    0,
    600,
  ),
};
/** What is shown of a part of it is too much. */
const beginning = canaries.long.slice(0, 11);

/** Each as it is, as an address holds it, and as a header does. */
const forms = [
  ...Object.values(canaries).flatMap((canary) => [
    canary,
    encodeURIComponent(canary),
    ...["ana", ""].map((user) => Buffer.from(`${user}:${canary}`).toString("base64")),
  ]),
  ...[beginning, encodeURIComponent(beginning), JSON.stringify(beginning).slice(1, -1)],
  Buffer.from(`ana:${beginning}`).toString("base64"),
];

let folder = "";
let server: Server;
let host = "";
/** What reached the server: it must have been told the secrets that it repeats. */
const authorizations = new Set<string>();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-secrets-"));
  // Refuses, and says all that it was sent, as a proxy that wants to help does.
  server = createServer((request, response) => {
    const { authorization = "" } = request.headers;
    authorizations.add(authorization);
    const [scheme = "", word = ""] = authorization.split(" ");
    const account = scheme === "Basic" ? Buffer.from(word, "base64").toString() : word;
    const said = `${authorization} (${account}) may not ask http://${account}@${host}${request.url}`;
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    const { url = "" } = request;
    if (url.includes("experiments/get-by-name")) {
      answer(404, { error_code: "RESOURCE_DOES_NOT_EXIST", message: said });
    } else if (url.includes("experiments/create")) answer(200, { experiment_id: "1" });
    else if (url.includes("runs/search")) answer(200, {});
    else if (Object.keys(request.headers).length % 2 === 0) {
      answer(400, { error_code: "INVALID_PARAMETER_VALUE", message: said });
    } else
      answer(401, scheme === "Bearer" ? said : { error_code: "UNAUTHENTICATED", message: said });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  host = `127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

function expectNone(text: string, where: string): void {
  for (const form of forms) expect(text.includes(form), `${form} in ${where}`).toBe(false);
}

async function expectNoneBelow(place: string): Promise<void> {
  for (const entry of await readdir(place, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    expectNone(await readFile(path, "latin1"), path);
  }
}

/** Environments that a person may have; the addresses are those of the server above. */
const environments = (): Readonly<Record<string, Readonly<Record<string, string>>>> => ({
  "a password and a query in MLFLOW_TRACKING_URI": {
    MLFLOW_TRACKING_URI: `http://ana:${encodeURIComponent(canaries.password)}@${host}/?token=${canaries.query}`,
  },
  "a token alone in MLFLOW_TRACKING_URI, another in MLFLOW_TRACKING_TOKEN": {
    MLFLOW_TRACKING_URI: `http://${canaries.uriToken}@${host}`,
    MLFLOW_TRACKING_TOKEN: canaries.token,
  },
  "a long MLFLOW_TRACKING_TOKEN": {
    MLFLOW_TRACKING_URI: `http://${host}`,
    MLFLOW_TRACKING_TOKEN: canaries.long,
  },
  "a long MLFLOW_TRACKING_PASSWORD": {
    MLFLOW_TRACKING_URI: `http://${host}`,
    MLFLOW_TRACKING_USERNAME: "ana",
    MLFLOW_TRACKING_PASSWORD: canaries.long,
  },
  "MLFLOW_TRACKING_USERNAME and _PASSWORD": {
    MLFLOW_TRACKING_URI: `http://${host}`,
    MLFLOW_TRACKING_USERNAME: "ana",
    MLFLOW_TRACKING_PASSWORD: canaries.environment,
  },
});

describe("secrets for a server that refuses and repeats them", () => {
  it.each([0, 1, 2, 3, 4])(
    "environment %i: they reach no terminal, no file, no record",
    async (index) => {
      const [name = "", environment = {}] = Object.entries(environments())[index] ?? [];
      const place = join(folder, String(index));
      const own = join(place, "own");
      await mkdir(own, { recursive: true });
      const spec = join(place, "sample.yaml");
      const untracked = join(place, "embedded.yaml");
      await writeFile(spec, sampleSpec.replace("tracking: { uri: off }\n", ""));
      await writeFile(untracked, sampleSpec.replace("uri: off", `uri: ${join(own, "records")}`));
      const out = join(own, "out");
      const store = ["--store", join(own, "store")];
      const all = [
        ["plan", spec, ...store],
        ["run", spec, "--out", out, ...store],
        ["run", spec, "--out", out, ...store, "--json", "train.epochs=1"],
        ["run", untracked, "--out", join(own, "kept"), ...store],
        ["status", out],
        ["store", "ls", ...store],
        ["store", "why", spec, ...store],
        ["track", "sync", out],
        ["track", "import", join(own, "kept"), "--to", `http://${host}`],
        ["track", "import", join(own, "kept")],
      ];
      let told = "";
      for (const words of all) {
        const { stdout, stderr } = await command([...words, "--debug"], undefined, environment);
        expectNone(stdout + stderr, `${name}: ${words.join(" ")}`);
        told += stderr + stdout;
      }
      expect(told).toMatch(/MLflow refuses a part|does not take records now/);
      await expectNoneBelow(own);
    },
    120_000,
  );

  it("were told to the server itself", () => {
    for (const word of [canaries.token, canaries.environment, canaries.password]) {
      const basic = Buffer.from(`ana:${word}`).toString("base64");
      expect([`Bearer ${word}`, `Basic ${basic}`].some((one) => authorizations.has(one))).toBe(
        true,
      );
    }
  });
});

describe("an address with a secret", () => {
  const addresses = () => [
    `http://ana:${encodeURIComponent(canaries.password)}@${host}`,
    `http://ana:${canaries.password}@${host}`,
    `https://${canaries.uriToken}@${host}/mlflow`,
    `http://${host}/?token=${canaries.query}`,
    `http://${host}/#${canaries.query}`,
    `postgresql://ana:${canaries.environment}@db/runs`,
    `ana:${canaries.environment}@${host}`,
    `databricks:${canaries.token}`,
  ];

  it("in a spec or an override is refused, and not repeated", async () => {
    for (const [index, address] of addresses().entries()) {
      const spec = join(folder, `address-${index}.yaml`);
      await writeFile(spec, sampleSpec.replace("uri: off", `uri: "${address}"`));
      const plain = join(folder, "plain.yaml");
      await writeFile(plain, sampleSpec);
      for (const words of [
        ["run", spec],
        ["plan", spec],
        // Two problems, of which one quotes the line of the other.
        ["run", spec, "train.epoch=3"],
        ["run", plain, `tracking.uri=${address}`],
        ["plan", plain, "--set", `tracking.uri=${address}`],
        // Nothing tells that this one is no ordinary word.
        ...(address.startsWith("databricks") ? [] : [["run", plain, `trackin.uri=${address}`]]),
      ]) {
        const { code, stdout, stderr } = await command([...words, "--debug"]);
        expect(code, words.join(" ")).toBe(2);
        expectNone(stdout + stderr, words.join(" "));
        expect(stderr).toMatch(/tracking|Unknown key|unknown key/);
      }
    }
  });

  it("replaced by an override is not repeated", async () => {
    const spec = join(folder, "replaced.yaml");
    const place = ["--out", join(folder, "replaced"), "--store", join(folder, "replaced-store")];
    for (const address of addresses().slice(0, 6)) {
      await writeFile(spec, sampleSpec.replace("uri: off", `uri: "${address}"`));
      const words = ["plan", spec, "tracking.uri=off", ...place.slice(2)];
      const { code, stdout, stderr } = await command(words);
      expect(code, stderr).toBe(0);
      expect(stderr).toContain("tracking.uri=off replaces");
      expectNone(stdout + stderr, address);
    }
  });

  it("of track import --to is refused, and not repeated", async () => {
    const run = join(folder, "imported");
    await mkdir(run);
    await writeFile(join(run, "events.jsonl"), "");
    for (const address of addresses()) {
      const { code, stdout, stderr } = await command(["track", "import", run, "--to", address]);
      expect(code, address).toBe(2);
      expectNone(stdout + stderr, address);
      expect(stderr).toContain("--to: ");
    }
  });
});
