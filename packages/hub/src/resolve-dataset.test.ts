import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { LocalRepo } from "./local-hub/server.js";
import { resolveDatasetFiles } from "./resolve-dataset.js";
import { rejectionOf, withHub } from "./testing.fixture.js";

const data: LocalRepo = {
  type: "dataset",
  id: "toy/reviews",
  revisions: {
    main: {
      ".gitattributes": "",
      "README.md":
        "---\nlicense: cc0-1.0\ndataset_info:\n  features:\n  - name: label\n    dtype:\n      class_label:\n        names:\n          '0': bad\n          '1': good\n---\n",
      "data/train-00000-of-00002.parquet": "one",
      "data/train-00001-of-00002.parquet": "two",
      "data/validation-00000-of-00001.parquet": "three",
    },
  },
};
const readAll = async (files: readonly string[]): Promise<string> =>
  (await Promise.all(files.map((file) => readFile(file, "utf8")))).join(" ");

describe("resolveDatasetFiles", () => {
  it("fetches the splits asked for, and then needs no network for them", () =>
    withHub([data], async ({ hub, options, offline, unreachable }) => {
      const first = await resolveDatasetFiles("toy/reviews", { ...options, splits: ["train"] });
      expect(first).toMatchObject({
        revision: hub.commit("toy/reviews"),
        config: "default",
        available: ["train", "validation"],
        classNames: { label: ["bad", "good"] },
        license: "cc0-1.0",
        fromCache: false,
        notes: [],
      });
      expect(await readAll(first.splits[0]?.files ?? [])).toBe("one two");
      expect(hub.requests.join()).not.toContain("validation-");
      const again = { ...first, fromCache: true };
      expect(
        await resolveDatasetFiles("toy/reviews", { ...unreachable, splits: ["train"] }),
      ).toEqual(again);
      expect(await resolveDatasetFiles("toy/reviews", { ...offline, splits: ["train"] })).toEqual(
        again,
      );
      const error = await rejectionOf(resolveDatasetFiles("toy/reviews", offline));
      expect(error.message).toMatch(/HF_HUB_OFFLINE.*--repo-type dataset/);
      expect(error.kind).toBe("data");
      const all = await resolveDatasetFiles("toy/reviews", {
        ...options,
        splits: (available) => [...available].reverse(),
      });
      expect(all.splits.map(({ split }) => split)).toEqual(["validation", "train"]);
    }));

  it("never makes do with part of a split when the list is not known", () =>
    withHub([data], async ({ options, offline, cache }) => {
      await resolveDatasetFiles("toy/reviews", { ...options, splits: ["train"] });
      const folder = join(cache, "datasets--toy--reviews");
      await rm(join(folder, "trees"), { recursive: true });
      const found = await resolveDatasetFiles("toy/reviews", offline);
      expect(found.available).toEqual(["train"]);
      expect(found.notes.join()).toContain("the cache's files are used as they are");
      const [split] = found.splits;
      await rm(split?.files[1] ?? "");
      const error = await rejectionOf(resolveDatasetFiles("toy/reviews", offline));
      expect(error.message).toContain("the cache lacks data/train-00001-of-00002.parquet");
    }));

  it("says which splits and configurations there are", () => {
    const many: LocalRepo = {
      ...data,
      revisions: { main: { "mrpc/train.csv": "a", "sst2/train.csv": "b", "sst2/dev.csv": "c" } },
    };
    return withHub([many], async ({ options }) => {
      const message = async (more: object): Promise<string> =>
        (await rejectionOf(resolveDatasetFiles("toy/reviews", { ...options, ...more }))).message;
      expect(await message({})).toMatch(/2 configurations.*Set config to one of mrpc, sst2/);
      expect(await message({ config: "mprc" })).toMatch(
        /no configuration "mprc".*Did you mean "mrpc"/,
      );
      expect(await message({ config: "sst2", splits: ["test"] })).toMatch(
        /no split "test"; it has validation, train|it has train, validation/,
      );
      const { splits } = await resolveDatasetFiles("toy/reviews", { ...options, config: "sst2" });
      expect(splits.flatMap(({ hubFiles }) => hubFiles).sort()).toEqual([
        "sst2/dev.csv",
        "sst2/train.csv",
      ]);
    });
  });

  it("takes the converted branch where the files themselves cannot be read", () => {
    const own = { "reviews.py": "", "data.zip": "zip" };
    const converted = { "default/train/0000.parquet": "c1", "default/train/0001.parquet": "c2" };
    const script: LocalRepo = {
      ...data,
      revisions: { main: own, "refs/convert/parquet": converted },
    };
    return withHub([script], async ({ hub, options, offline }) => {
      const found = await resolveDatasetFiles("toy/reviews", options);
      expect(found.revision).toBe(hub.commit("toy/reviews", "refs/convert/parquet"));
      expect(await readAll(found.splits[0]?.files ?? [])).toBe("c1 c2");
      expect(found.notes.join()).toContain("refs/convert/parquet");
      expect((await resolveDatasetFiles("toy/reviews", offline)).fromCache).toBe(true);
      hub.push({ ...script, id: "toy/none", revisions: { main: own } });
      const error = await rejectionOf(resolveDatasetFiles("toy/none", options));
      expect(error.message).toMatch(
        /it has data\.zip, reviews\.py.*has not converted it.*benchmark files/,
      );
    });
  });

  it("is refused in words", () =>
    withHub([data], async ({ options, unreachable }) => {
      const message = async (id: string, more = options): Promise<string> =>
        (await rejectionOf(resolveDatasetFiles(id, more))).message;
      expect(await message("toy/absent")).toMatch(/no data set "toy\/absent" that you may see/);
      expect(await message("toy/reviews@v7")).toMatch(/no revision "v7"/);
      expect(await message("a b")).toMatch(/no data set id of the hub/);
      expect(await message("toy/reviews", unreachable)).toMatch(
        /not in the cache.*hf download toy\/reviews --repo-type dataset --local-dir FOLDER/,
      );
    }));
});
