import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Fault } from "./local-hub/server.js";
import { resolveModelFolder } from "./resolve-model.js";
import { smallModel as model, rejectionOf, weights, withHub } from "./testing.fixture.js";

const large = "/large/";
const get = "toy/encoder";
const noneUnfinished = async (cache: string): Promise<void> => {
  await mkdir(cache, { recursive: true });
  const paths = await readdir(cache, { recursive: true });
  expect(paths.filter((path) => /incomplete|\.tmp/.test(path))).toEqual([]);
};

describe("what passes", () => {
  const passing: readonly (readonly [string, readonly Fault[]])[] = [
    ["a connection cut in mid-file", [{ at: large, kind: "cut", bytes: 100_000 }]],
    ["many cuts, each a little further", [{ at: large, kind: "cut", bytes: 40_000, times: 7 }]],
    [
      "a cut, then a server without ranges",
      [
        { at: large, kind: "cut", bytes: 9 },
        { at: large, kind: "no-range" },
      ],
    ],
    ["wrong bytes", [{ at: large, kind: "wrong" }]],
    ["a body that is too short", [{ at: large, kind: "short" }]],
    ["silence in mid-file", [{ at: large, kind: "silent", bytes: 5 }]],
    [
      "503 and 429 on files",
      [
        { at: "/resolve/", kind: "status", status: 503, times: 2 },
        { at: large, kind: "status", status: 429, headers: { "retry-after": "0" } },
      ],
    ],
    [
      "errors on questions",
      [
        { at: "/revision/", kind: "status", status: 500 },
        { at: "/tree/", kind: "status", status: 502, times: 2 },
      ],
    ],
    ["a wrong small file", [{ at: "config.json", kind: "wrong" }]],
  ];

  it.each(passing)("%s", (_name, faults) =>
    withHub([model], async ({ hub, options, cache }) => {
      hub.break(...faults);
      const found = await resolveModelFolder(get, { ...options, idleTimeoutMs: 150 });
      expect(await readFile(join(found.folder, "model.safetensors"))).toEqual(weights);
      await noneUnfinished(cache);
    }),
  );

  it("continues where it broke off instead of beginning anew", () =>
    withHub([model], async ({ hub, options }) => {
      hub.break({ at: large, kind: "cut", bytes: 200_000 });
      const reached: number[] = [];
      await resolveModelFolder(get, {
        ...options,
        onProgress: ({ file, fileBytes }) => {
          if (file === "model.safetensors") reached.push(fileBytes);
        },
      });
      expect(reached).toEqual([...reached].sort((a, b) => a - b));
    }));

  it("keeps whole files of a call that failed", () =>
    withHub([model], async ({ hub, options }) => {
      hub.break({ at: large, kind: "status", status: 503, times: 99 });
      await rejectionOf(resolveModelFolder(get, options));
      hub.break();
      const before = hub.requests.length;
      await resolveModelFolder(get, options);
      const asked = hub.requests.slice(before).filter((request) => request.includes("/resolve/"));
      expect(asked).toEqual([expect.stringContaining("model.safetensors")]);
    }));

  it("lets two calls at once both succeed", () =>
    withHub([model], async ({ options, cache }) => {
      const both = await Promise.all([1, 2, 3].map(() => resolveModelFolder(get, options)));
      for (const { folder } of both) {
        expect(await readFile(join(folder, "model.safetensors"))).toEqual(weights);
      }
      await noneUnfinished(cache);
    }));
});

describe("what does not pass ends in words", () => {
  const lasting: readonly (readonly [string, Fault, RegExp])[] = [
    [
      "503 for ever",
      { at: "/revision/", kind: "status", status: 503, times: 99 },
      /answered 503.*also after trying again.*hf download toy\/encoder --local-dir FOLDER/,
    ],
    ["429 for ever", { at: "/tree/", kind: "status", status: 429, times: 99 }, /limits how often/],
    [
      "wrong bytes for ever",
      { at: large, kind: "wrong", times: 99 },
      /came damaged: its SHA-256 is not the hub's/,
    ],
    [
      "a short body for ever",
      { at: large, kind: "short", times: 99 },
      /only 299999 of 300000 bytes|could not be fetched/,
    ],
    [
      "silence for ever",
      { at: large, kind: "silent", bytes: 0, times: 99 },
      /nothing came for 0\.1 s/,
    ],
    [
      "403",
      { at: large, kind: "status", status: 403 },
      /does not let you read.*HF_TOKEN or run `hf auth login`/,
    ],
    [
      "a listed file that is gone",
      {
        at: "config.json",
        kind: "status",
        status: 404,
        headers: { "x-error-code": "EntryNotFound" },
      },
      /a file that .* lists is not there/,
    ],
  ];

  it.each(lasting)("%s", (_name, fault, message) =>
    withHub([model], async ({ hub, options, cache }) => {
      hub.break(fault);
      const error = await rejectionOf(
        resolveModelFolder(get, { ...options, idleTimeoutMs: 100, attempts: 3 }),
      );
      expect(error.kind).toBe("model");
      expect(error.message).toMatch(message);
      expect(error.message).toContain("toy/encoder@main");
      await noneUnfinished(cache);
      expect((await readdir(cache, { recursive: true })).join()).not.toContain("refs");
    }),
  );

  it("a deadline and a signal end everything, waiting included", () =>
    withHub([model], async ({ hub, options, cache }) => {
      hub.break({ at: large, kind: "silent", bytes: 1000, times: 99 });
      const late = resolveModelFolder(get, { ...options, deadlineMs: 300, idleTimeoutMs: 60_000 });
      expect((await rejectionOf(late)).message).toContain("did not end in time");
      const stop = new AbortController();
      const stopped = resolveModelFolder(get, { ...options, signal: stop.signal });
      setTimeout(() => stop.abort(), 150);
      expect((await rejectionOf(stopped)).message).toContain("was stopped");
      hub.break({ at: large, kind: "status", status: 503, times: 99 });
      const waiting = new AbortController();
      const call = resolveModelFolder(get, {
        ...options,
        backoffMs: 60_000,
        signal: waiting.signal,
      });
      setTimeout(() => waiting.abort(), 100);
      expect((await rejectionOf(call)).message).toContain("was stopped");
      const already = resolveModelFolder(get, { ...options, signal: AbortSignal.abort() });
      expect((await rejectionOf(already)).message).toContain("was stopped");
      await noneUnfinished(cache);
    }));

  it("nobody listens: said at once, with the way by hand", () =>
    withHub([model], async ({ unreachable, offline }) => {
      const error = await rejectionOf(resolveModelFolder("toy/encoder@v1", unreachable));
      expect(error.message).toMatch(
        /not in the cache \(.*\), and the hub cannot be asked: .*ECONNREFUSED/,
      );
      expect(error.message).toContain("hf download toy/encoder --revision v1 --local-dir FOLDER");
      const forbidden = await rejectionOf(resolveModelFolder("toy/encoder", offline));
      expect(forbidden.message).toMatch(/HF_HUB_OFFLINE forbids asking/);
    }));

  it("a name that does not resolve", () =>
    withHub([], async ({ options }) => {
      const environment = { ...options.environment, HF_ENDPOINT: "http://hub.invalid" };
      const error = await rejectionOf(resolveModelFolder(get, { ...options, environment }));
      expect(error.message).toMatch(/hub\.invalid cannot be reached \((ENOTFOUND|EAI_AGAIN)\)/);
    }));
});

describe("who may read", () => {
  const secret = { ...model, id: "toy/secret", access: "private" as const };
  const gated = { ...model, id: "toy/gated", access: "gated" as const };
  const run = (test: Parameters<typeof withHub>[1]) =>
    withHub([model, secret, gated], test, { token: "any form of token" });

  it("tells absent and private, gated, and unknown revisions apart", () =>
    run(async ({ options }) => {
      const message = async (id: string, token?: string): Promise<string> => {
        const environment = { ...options.environment, HF_TOKEN: token };
        return (await rejectionOf(resolveModelFolder(id, { ...options, environment }))).message;
      };
      expect(await message("toy/absent")).toMatch(
        /no model "toy\/absent" that you may see.*letter by letter/,
      );
      expect(await message("toy/secret")).toMatch(
        /that you may see.*Set HF_TOKEN or run `hf auth login`/,
      );
      expect(await message("toy/secret", "wrong")).toMatch(
        /The token in HF_TOKEN does not open it/,
      );
      expect(await message("toy/gated")).toMatch(/gated.*Accept them on its page/);
      expect(await message("toy/encoder@v9")).toMatch(/no revision "v9"/);
    }));

  it("sends the token to the hub's own address only", () =>
    run(async ({ hub, options }) => {
      const environment = { ...options.environment, HF_TOKEN: "any form of token" };
      await resolveModelFolder("toy/secret", { ...options, environment });
      await resolveModelFolder("toy/gated", { ...options, environment });
      const sent = hub.requests.map((request, index) => [
        request.includes(large),
        hub.authorizations[index],
      ]);
      expect(sent).toContainEqual([true, undefined]);
      for (const [isLarge, token] of sent) {
        expect(token).toBe(isLarge ? undefined : "Bearer any form of token");
      }
    }));

  it("reads the token from its file", () =>
    run(async ({ options, cache }) => {
      await mkdir(dirname(cache), { recursive: true });
      await writeFile(join(dirname(cache), "token"), "any form of token\n");
      expect((await resolveModelFolder("toy/secret", options)).fromCache).toBe(false);
    }));
});
