import {
  mkdir,
  readdir,
  readFile,
  realpath,
  rm,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { at } from "@counterweight/base";
import { describe, expect, it } from "vitest";
import { resolveModelFolder } from "./resolve-model.js";
import { model, modelFiles, rejectionOf, weights, withHub } from "./testing.fixture.js";
import { defectOf } from "./verify.js";

const needed = [
  "config.json",
  "tokenizer.json",
  "vocab.txt",
  "modules.json",
  "1_Pooling/config.json",
  "README.md",
  "model.safetensors",
];
const repoFolder = (cache: string): string => join(cache, "models--toy--encoder");

describe("resolveModelFolder", () => {
  it("downloads what a checkpoint needs and nothing else, then needs no network", () =>
    withHub([model], async ({ hub, cache, options, unreachable, offline }) => {
      const seen: number[] = [];
      const first = await resolveModelFolder("toy/encoder", {
        ...options,
        onProgress: ({ bytes, total }) => {
          seen.push(bytes);
          expect(bytes).toBeLessThanOrEqual(total);
        },
      });
      expect(first).toMatchObject({
        fromCache: false,
        revision: hub.commit("toy/encoder"),
        notes: [],
      });
      expect([...first.files].sort()).toEqual([...needed].sort());
      expect(await readFile(join(first.folder, "model.safetensors"))).toEqual(weights);
      expect(seen.at(-1)).toBe(
        needed.reduce((sum, path) => sum + Buffer.from(modelFiles[path] ?? "").length, 0),
      );
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
      expect(hub.requests.join("\n")).not.toMatch(/\.bin|onnx/);
      expect(await readdir(repoFolder(cache))).toEqual(["blobs", "refs", "snapshots", "trees"]);
      expect((await readdir(join(repoFolder(cache), "blobs"))).length).toBe(needed.length);

      const before = hub.requests.length;
      const { notes } = first;
      const again = { ...first, fromCache: true, notes };
      expect(await resolveModelFolder("toy/encoder", options)).toEqual(again);
      expect(await resolveModelFolder("toy/encoder", unreachable)).toEqual(again);
      expect(await resolveModelFolder("toy/encoder", offline)).toEqual(again);
      expect(await resolveModelFolder(`toy/encoder@${first.revision}`, offline)).toEqual(again);
      expect(hub.requests.length).toBe(before);
    }));

  it("keeps a branch's commit until told to refresh, and shares what did not change", () =>
    withHub([model], async ({ hub, options, unreachable }) => {
      const old = await resolveModelFolder("toy/encoder", options);
      const changed = { ...modelFiles, "config.json": '{"model_type":"bert","new":1}' };
      hub.push({ ...model, revisions: { main: changed } });
      expect((await resolveModelFolder("toy/encoder", options)).revision).toBe(old.revision);
      const stale = await resolveModelFolder("toy/encoder", { ...unreachable, refresh: true });
      expect(stale.revision).toBe(old.revision);
      expect(stale.notes.join()).toContain("could not be asked for news");
      const before = hub.requests.length;
      const fresh = await resolveModelFolder("toy/encoder", { ...options, refresh: true });
      expect(fresh.revision).toBe(hub.commit("toy/encoder"));
      expect(fresh.revision).not.toBe(old.revision);
      const asked = hub.requests.slice(before).filter((request) => request.includes("/resolve/"));
      expect(asked).toEqual([expect.stringContaining("config.json")]);
      expect(await realpath(join(fresh.folder, "model.safetensors"))).toBe(
        await realpath(join(old.folder, "model.safetensors")),
      );
    }));

  it("takes a revision from the id or the options, and long lists page by page", () =>
    withHub(
      [model],
      async ({ hub, options }) => {
        const found = await resolveModelFolder("toy/encoder@v1", options);
        expect(found.revision).toBe(hub.commit("toy/encoder", "v1"));
        expect(await readFile(join(found.folder, "README.md"), "utf8")).toBe("first\n");
        expect(hub.requests.filter((request) => request.includes("/tree/")).length).toBe(5);
        const same = await resolveModelFolder("toy/encoder", { ...options, revision: "v1" });
        expect(same.folder).toBe(found.folder);
      },
      { pageSize: 2 },
    ));

  it("takes shards with their index", () => {
    const { "model.safetensors": _, ...rest } = modelFiles;
    const sharded = {
      ...rest,
      "model.safetensors.index.json": "{}",
      "model-00001-of-00002.safetensors": "one",
      "model-00002-of-00002.safetensors": "two",
      "other/model.safetensors": "no",
    };
    return withHub([{ ...model, revisions: { main: sharded } }], async ({ options }) => {
      const { files } = await resolveModelFolder("toy/encoder", options);
      expect(files.filter((path) => path.includes("safetensors"))).toEqual([
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
        "model.safetensors.index.json",
      ]);
    });
  });

  it.each([
    [
      { "config.json": "{}", "pytorch_model.bin": "x" },
      /no weights as safetensors \(only such as pytorch_model\.bin\).*convert it/,
    ],
    [{ "model.safetensors": "x" }, /no config\.json/],
    [
      {
        "config.json": "{}",
        "model.safetensors.index.json": "{}",
        "model-00002-of-00002.safetensors": "x",
      },
      /part 1 of 2/,
    ],
  ])("refuses %j without downloading", (files, message) =>
    withHub([{ ...model, revisions: { main: files } }], async ({ hub, options }) => {
      const error = await rejectionOf(resolveModelFolder("toy/encoder", options));
      expect(error.kind).toBe("model");
      expect(error.message).toMatch(message);
      expect(hub.requests.join()).not.toContain("/resolve/");
    }),
  );
});

describe("a damaged cache", () => {
  const damage = async (path: string): Promise<void> => {
    const blob = await realpath(path);
    const content = await readFile(blob);
    content[content.length - 1] = at(content, content.length - 1) ^ 1;
    await writeFile(blob, content);
  };

  it.each(["model.safetensors", "config.json"])(
    "%s is fetched anew, or named when offline",
    (name) =>
      withHub([model], async ({ options, offline, unreachable }) => {
        const { folder } = await resolveModelFolder("toy/encoder", options);
        const path = join(folder, name);
        await damage(path);
        const error = await rejectionOf(resolveModelFolder("toy/encoder", offline));
        expect(error.message).toMatch(
          /cannot be used: its .* is not the hub's, and HF_HUB_OFFLINE/,
        );
        expect(error.message).toContain(name);
        await expect(resolveModelFolder("toy/encoder", unreachable)).rejects.toThrow(
          "ECONNREFUSED",
        );
        const mended = await resolveModelFolder("toy/encoder", options);
        expect(mended.fromCache).toBe(false);
        expect(await readFile(path)).toEqual(Buffer.from(modelFiles[name] ?? ""));
      }),
  );

  it("sees truncated files, and links to nothing", () =>
    withHub([model], async ({ options, cache }) => {
      const { folder } = await resolveModelFolder("toy/encoder", options);
      await truncate(await realpath(join(folder, "model.safetensors")), 10);
      await resolveModelFolder("toy/encoder", options);
      expect(await readFile(join(folder, "model.safetensors"))).toEqual(weights);
      await rm(join(repoFolder(cache), "blobs"), { recursive: true });
      await resolveModelFolder("toy/encoder", options);
      expect(await readFile(join(folder, "model.safetensors"))).toEqual(weights);
    }));

  it("is seen by the name of its blob where the hub's list is not remembered", () =>
    withHub([model], async ({ options, offline, cache }) => {
      const { folder } = await resolveModelFolder("toy/encoder", options);
      await rm(join(repoFolder(cache), "trees"), { recursive: true });
      expect((await resolveModelFolder("toy/encoder", offline)).fromCache).toBe(true);
      await damage(join(folder, "model.safetensors"));
      await expect(resolveModelFolder("toy/encoder", offline)).rejects.toThrow("model.safetensors");
    }));

  it("takes a cache without the hub's list where configuration, weights and tokenizer are there", () =>
    withHub([], async ({ offline, cache }) => {
      const commit = "c".repeat(40);
      const snapshot = join(repoFolder(cache), "snapshots", commit);
      await mkdir(snapshot, { recursive: true });
      await mkdir(join(repoFolder(cache), "refs"));
      await writeFile(join(repoFolder(cache), "refs", "main"), commit);
      for (const name of ["config.json", "model.safetensors"])
        await writeFile(join(snapshot, name), "x");
      await expect(resolveModelFolder("toy/encoder", offline)).rejects.toThrow(
        "not (wholly) in the cache",
      );
      await symlink("config.json", join(snapshot, "tokenizer.json"));
      const found = await resolveModelFolder("toy/encoder", offline);
      expect(found).toMatchObject({ fromCache: true, notes: [] });
      expect(await defectOf(join(snapshot, "config.json"), {})).toBeUndefined();
    }));
});

describe("a cache that cannot be written", () => {
  it("is named", () =>
    withHub([model], async ({ options, cache }) => {
      await mkdir(dirname(cache), { recursive: true });
      await writeFile(cache, "a file where the folder should be");
      const error = await rejectionOf(resolveModelFolder("toy/encoder", options));
      expect(error.message).toMatch(/cannot be written \(E\w+\)\. Set HF_HOME/);
    }));
});
