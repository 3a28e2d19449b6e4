import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HubOptions, type LocalHub, type LocalRepo, startLocalHub } from "@counterweight/hub";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { rejectionOf, withFiles } from "../test-support.js";
import { rowCount } from "../text-table.js";
import { loadHub } from "./hub.js";
import { benchmarkSources } from "./registry.js";

const classes = ["good", "bad"]; // an order that sorting would not give
const classLabel = JSON.stringify({
  info: { features: { label: { names: classes, _type: "ClassLabel" } } },
});

/** Rows of alternating classes, as Parquet with or without the names of its integers. */
function parquet(
  name: string,
  count: number,
  kvMetadata?: { key: string; value: string }[],
): Uint8Array {
  const indices = Array.from({ length: count }, (_, index) => index);
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: "text", data: indices.map((index) => `${name} ${index}`), type: "STRING" },
        { name: "label", data: indices.map((index) => index % 2), type: "INT32" },
      ],
      ...(kvMetadata === undefined ? {} : { kvMetadata }),
    }),
  );
}
const named = (name: string, count: number): Uint8Array =>
  parquet(name, count, [{ key: "huggingface", value: classLabel }]);
const csv = (name: string, count: number, labels: readonly string[] = classes): string =>
  `text,label\n${Array.from({ length: count }, (_, i) => `${name} ${i},${labels[i % 2]}`).join("\n")}\n`;
const jsonLines = (name: string, count: number): string =>
  Array.from({ length: count }, (_, i) =>
    JSON.stringify({ text: `${name} ${i}`, label: i % 2 }),
  ).join("\n");
const card = `---\nlicense: cc0-1.0\ndataset_info:\n  features:\n  - name: text\n    dtype: string\n  - name: label\n    dtype:\n      class_label:\n        names:\n          '0': good\n          '1': bad\n---\n`;

const real: LocalRepo = {
  type: "dataset",
  id: "toy/reviews",
  revisions: {
    main: {
      "README.md": card,
      "data/train-00000-of-00002.parquet": named("first", 20),
      "data/train-00001-of-00002.parquet": named("second", 10),
      "data/validation-00000-of-00001.parquet": named("validation", 8),
      "data/test-00000-of-00001.parquet": named("test", 12),
    },
  },
};
const written: LocalRepo = {
  type: "dataset",
  id: "toy/generated",
  revisions: { main: { "train.csv": csv("generated", 16) } },
};

async function withHub<T>(
  repos: readonly LocalRepo[],
  run: (options: HubOptions, hub: LocalHub) => Promise<T>,
): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), "counterweight-hub-"));
  const hub = await startLocalHub(repos);
  try {
    const environment = { HF_HOME: home, HF_ENDPOINT: hub.endpoint };
    return await run({ environment, home, backoffMs: 2 }, hub);
  } finally {
    await hub.close();
    await rm(home, { recursive: true, force: true });
  }
}

describe("the benchmark hub", () => {
  it("reads the splits of Parquet shards, and generated rows of another data set", () =>
    withHub([real, written], async (options, hub) => {
      const record = { dataset: "toy/reviews", generatedDataset: "toy/generated" };
      const { benchmark, notes } = await loadHub(record, options);
      const { train, validation, test, generated, labelNames, name } = benchmark;
      expect(name).toBe("toy/reviews");
      expect(labelNames).toEqual(classes);
      expect([train, validation, test, generated].map(rowCount)).toEqual([30, 8, 12, 16]);
      expect([...train.row]).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
      expect(train.text[20]).toBe("second 0");
      expect([...generated.label.slice(0, 3)]).toEqual([0, 1, 0]);
      const commit = hub.commit("toy/reviews");
      expect(train.file).toBe(`toy/reviews@${commit.slice(0, 12)}/train (2 files)`);
      expect(generated.file).toMatch(/^toy\/generated@[0-9a-f]{12}\/train\.csv$/);
      expect(notes[0]).toContain(`commit ${commit}, configuration default, licence cc0-1.0`);
      expect(notes[0]).toContain("data/train-00001-of-00002.parquet");
      expect(notes.join("\n")).not.toContain(String(options.environment.HF_HOME));

      const offline = { ...options.environment, HF_HUB_OFFLINE: "1" };
      const before = hub.requests.length;
      expect(await loadHub(record, { ...options, environment: offline })).toEqual({
        benchmark,
        notes,
      });
      expect(hub.requests.length).toBe(before);
    }));

  it("names classes by the card where files have integers only, .json with a row a line too", () =>
    withFiles({ "generated.csv": csv("generated", 6) }, (path) => {
      const plain: LocalRepo = {
        ...real,
        revisions: {
          main: {
            "README.md": card,
            "train.json": jsonLines("train", 10),
            "dev.csv": csv("dev", 4, ["0", "1"]),
            "test.parquet": parquet("test", 6),
          },
        },
      };
      return withHub([plain], async (options) => {
        const { benchmark } = await loadHub(
          { dataset: "toy/reviews", generated: path("generated.csv") },
          options,
        );
        expect(benchmark.labelNames).toEqual(classes);
        for (const table of [
          benchmark.train,
          benchmark.validation,
          benchmark.test,
          benchmark.generated,
        ]) {
          expect([...table.label.slice(0, 4)]).toEqual([0, 1, 0, 1]);
        }
      });
    }));

  it("holds out of train what has no split, by seed", () =>
    withHub(
      [
        {
          ...real,
          revisions: { main: { "train.csv": csv("train", 100), "test.csv": csv("test", 10) } },
        },
        written,
      ],
      async (options) => {
        const record = { dataset: "toy/reviews", generatedDataset: "toy/generated" };
        const load = async (more: object) =>
          (await loadHub({ ...record, ...more }, options)).benchmark;
        const sizes = ({ train, validation, test }: Awaited<ReturnType<typeof load>>) =>
          [train, validation, test].map(rowCount);
        const first = await load({});
        expect(sizes(first)).toEqual([88, 12, 10]); // 0.875 of 50 rows of a class is nearest to 44
        expect(await load({ splitSeed: 0 })).toEqual(first);
        expect((await load({ splitSeed: 1 })).validation.text).not.toEqual(first.validation.text);
        const all = new Set([...first.train.text, ...first.validation.text]);
        expect(all.size).toBe(100);
        expect(sizes(await load({ splits: { test: null } }))).toEqual([70, 10, 20]);
        expect(sizes(await load({ shares: { train: 0.5, validation: 0.5 } }))).toEqual([
          50, 50, 10,
        ]);
        const { notes } = await loadHub(record, options);
        expect(notes.at(-1)).toContain(
          'validation held out of the split "train" by seed 0: train 88, validation 12',
        );
      },
    ));

  it("lets the spec name columns, labels and their order", () => {
    const odd = (name: string): string =>
      `sentence,class,extra\n${name} a,2,x\n${name} b,7,y\n${name} c,2,z\n`;
    const repo = {
      ...real,
      revisions: {
        main: { "train.csv": odd("train"), "test.csv": odd("test"), "val.csv": odd("val") },
      },
    };
    return withHub([repo, written], async (options) => {
      const { benchmark } = await loadHub(
        {
          dataset: "toy/reviews",
          generatedDataset: "toy/generated",
          columns: { text: "sentence", textPair: null, label: "class" },
          labelNames: ["bad", "good"],
          labelMap: { 2: "good", 7: "bad" },
        },
        options,
      );
      expect([...benchmark.train.label]).toEqual([1, 0, 1]);
      expect(benchmark.generated.labelNames).toEqual(["bad", "good"]);
    });
  });

  it.each([
    [{ splits: { test: "tests" } }, /no split "tests".*Did you mean "test"/],
    [{ splits: { tset: "test" } }, /unknown role "tset"/],
    [{ splits: { train: "test", test: "test" } }, /given for two roles/],
    [{ splits: { train: null } }, /no split is known for training/],
    [{ shares: { train: 0.5, test: 0.5 } }, /shares: "test" is no part/],
    [{ config: "other" }, /no configuration "other"/],
    [{ revision: "v9" }, /no revision "v9"/],
    [{ dataset: "toy/absent" }, /that you may see/],
    [{ dataset: "a b" }, /no data set id/],
    [{ generatedDataset: undefined }, /generated rows are missing/],
    [{ generated: "x.csv" }, /both given/],
    [
      { generatedDataset: undefined, generated: "x.csv", generatedSplit: "a" },
      /go with generatedDataset only/,
    ],
    [{ generatedSplit: "test" }, /no split "test"; it has train/],
    [{ dataset: undefined }, /dataset is missing/],
    [{ datset: "x" }, /Did you mean "dataset"/],
  ])("refuses %j", (more, message) =>
    withHub([real, written], async (options) => {
      const record = { dataset: "toy/reviews", generatedDataset: "toy/generated", ...more };
      expect((await rejectionOf(loadHub(record, options))).message).toMatch(message);
    }),
  );

  it("is not a smaller data set when a shard's columns differ", () => {
    const shards = {
      "data/train-00000-of-00002.csv": csv("a", 4),
      "data/train-00001-of-00002.csv": "text,label,more\nx,good,1\n",
    };
    return withHub([{ ...real, revisions: { main: shards } }, written], async (options) => {
      const record = { dataset: "toy/reviews", generatedDataset: "toy/generated" };
      const { message } = await rejectionOf(loadHub(record, options));
      expect(message).toMatch(
        /data\/train-00001-of-00002\.csv: its columns are "text", "label", "more"/,
      );
    });
  });

  it("is among the built-in benchmarks", () => {
    expect(benchmarkSources.map(({ name }) => name)).toContain("hub");
  });
});
