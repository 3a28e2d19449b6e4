import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDatasetCard } from "./dataset-card.js";
import { datasetLayout, globExpression, missingShard } from "./dataset-layout.js";

const layout = (paths: readonly string[], readme?: string) =>
  datasetLayout(paths, readme === undefined ? undefined : parseDatasetCard(readme)).map(
    ({ name, splits }) => [name, Object.fromEntries(splits)],
  );

describe("datasetLayout by names", () => {
  it.each([
    [
      [
        "data/train-00000-of-00002.parquet",
        "data/train-00001-of-00002.parquet",
        "data/test-00000-of-00001.parquet",
      ],
      { train: 2, test: 1 },
    ],
    [["train.csv", "dev.csv", "test.csv", "README.md"], { train: 1, validation: 1, test: 1 }],
    [["my_train.jsonl.gz", "my-val.jsonl.gz"], { train: 1, validation: 1 }],
    [
      ["train/0.json", "train/1.json", "validation/0.json", "dataset_infos.json"],
      { train: 2, validation: 1 },
    ],
    [["rows.csv", "more.csv"], { train: 2 }],
    [["data/train-00000-of-00001.parquet", "train.csv"], { train: 1 }],
    [
      ["data/unsupervised-00000-of-00001.parquet", "data/train-00000-of-00001.parquet"],
      { unsupervised: 1, train: 1 },
    ],
    [["constraint.csv", "latest.csv"], { train: 2 }],
  ])("%j", (paths, counts) => {
    const [only] = datasetLayout(paths, undefined);
    expect(only?.name).toBe("default");
    const found = [...(only?.splits ?? [])].map(([split, files]) => [split, files.length]);
    expect(Object.fromEntries(found)).toEqual(counts);
  });

  it("takes folders for configurations, as the hub's converted branch has them", () => {
    expect(
      layout([
        "mrpc/train/0000.parquet",
        "mrpc/train/0001.parquet",
        "mrpc/test/0000.parquet",
        "sst2/train-00000-of-00001.parquet",
      ]),
    ).toEqual([
      [
        "mrpc",
        {
          train: ["mrpc/train/0000.parquet", "mrpc/train/0001.parquet"],
          test: ["mrpc/test/0000.parquet"],
        },
      ],
      ["sst2", { train: ["sst2/train-00000-of-00001.parquet"] }],
    ]);
  });

  it("has nothing to offer of scripts, archives, pictures and descriptions", () => {
    expect(
      layout([
        "loader.py",
        "data.zip",
        "a.png",
        "dataset_infos.json",
        "x/state.json",
        ".hidden/a.csv",
      ]),
    ).toEqual([]);
  });
});

describe("datasetLayout by the card", () => {
  const paths = [
    "a/one.csv",
    "a/two.csv",
    "b/x.jsonl",
    "data/de/train.csv",
    "data/de/test.csv",
    "test.csv",
  ];
  it.each([
    [
      "configs:\n- config_name: default\n  data_files:\n  - split: train\n    path: a/*.csv\n  - split: held\n    path:\n    - b/*\n    - 'test.csv'\n",
      [["default", { train: ["a/one.csv", "a/two.csv"], held: ["b/x.jsonl", "test.csv"] }]],
    ],
    [
      'configs:\n  - config_name: c\n    data_files: "**/*.jsonl"\n',
      [["c", { train: ["b/x.jsonl"] }]],
    ],
    [
      "configs:\n- config_name: c\n  data_files: [a/one.csv, a/two.csv]\n",
      [["c", { train: ["a/one.csv", "a/two.csv"] }]],
    ],
    [
      "configs:\n- config_name: de\n  data_dir: data/de\n- config_name: all\n  default: true\n  data_files: a/{one,two}.csv\n",
      [
        ["all", { train: ["a/one.csv", "a/two.csv"] }],
        ["de", { train: ["data/de/train.csv"], test: ["data/de/test.csv"] }],
      ],
    ],
  ])("%j", (yaml, expected) => {
    expect(layout(paths, `---\nlicense: mit\n${yaml}---\n# Text\n`)).toEqual(expected);
  });

  it("reads class names, licence, and says what it does not understand", () => {
    const card = parseDatasetCard(
      "\uFEFF---\nlicense:\n- mit\n- other\nextra_gated_prompt: |\n  any: [text\n\ndataset_info:\n- config_name: sst2\n  features:\n  - name: sentence\n    dtype: string\n  - name: label\n    dtype:\n      class_label:\n        names:\n          '0': negative\n          '1': \"positive: good\"\n  - name: other\n    dtype:\n      class_label:\n        names: [a, b]\nconfigs: &anchor\n- config_name: x\n---\n",
    );
    expect(card.license).toBe("mit, other");
    expect(card.classNames.get("sst2")).toEqual({
      label: ["negative", "positive: good"],
      other: ["a", "b"],
    });
    expect(card.notes).toEqual([expect.stringContaining("configs is not understood")]);
    expect(parseDatasetCard("# No front matter").configs).toEqual([]);
  });
});

describe("globExpression", () => {
  it("takes text without signs literally, and * for anything but a slash", () => {
    const name = fc.stringMatching(/^[\w .$^+()|\\-]{1,12}$/);
    fc.assert(
      fc.property(name, name, (left, right) => {
        expect(globExpression(left).test(left)).toBe(true);
        expect(globExpression(left).test(right)).toBe(left === right);
        expect(globExpression(`${left}/*`).test(`${left}/${right}`)).toBe(true);
        expect(globExpression("*").test(`${left}/${right}`)).toBe(false);
        expect(globExpression("**/x").test(`${left}/${right}/x`)).toBe(true);
        expect(globExpression("**/x").test("x")).toBe(true);
      }),
    );
    expect(globExpression("a[0-2]?.{csv,tsv}").test("a1x.tsv")).toBe(true);
    expect(globExpression("a[0-2]?.{csv,tsv}").test("a3x.tsv")).toBe(false);
    expect(globExpression("a[!0-2]").test("a3")).toBe(true);
  });
});

describe("missingShard", () => {
  it("names any one that is left out", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9 }), fc.nat(), (count, draw) => {
        const all = Array.from(
          { length: count },
          (_, i) => `data/train-0000${i}-of-0000${count}.parquet`,
        );
        expect(missingShard(all)).toBeUndefined();
        const left = draw % count;
        expect(missingShard(all.filter((_, i) => i !== left))).toBe(all[left]);
      }),
    );
    expect(missingShard(["a.csv"])).toBeUndefined();
  });
});
