import fc from "fast-check";
import { expect, test } from "vitest";
import { renderFrontMatter } from "./front-matter.js";
import { type ModelCardData, renderModelCard } from "./model-card.js";

const card: ModelCardData = {
  name: "irony-dimp",
  summary: "Tells irony from plain speech.",
  labels: ["non-irony", "irony"],
  pairs: false,
  license: "apache-2.0",
  baseModel: "sentence-transformers/all-MiniLM-L6-v2",
  sources: [
    { role: "generated, training", file: "few-shot.json", sha256: "ab".repeat(32), rows: 3000 },
  ],
  settings: { method: "dimp", epochs: 5 },
  evaluations: [
    {
      dataset: "Tweet Irony",
      datasetId: "tweet_eval",
      split: "test",
      rows: 784,
      metrics: [
        { type: "accuracy", name: "Accuracy", value: 0.7125, interval: { low: 0.68, high: 0.74 } },
      ],
    },
  ],
  intervals: "95 %, 1,000 resamples of the test rows, seed 0.",
  command: "counterweight run irony.yaml",
  versions: { counterweight: "0.1.0" },
};

test("the card has its sections in order, each with what was given", () => {
  const text = renderModelCard(card);
  const titles = [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
  expect(titles).toEqual(["Use", "Data", "Settings", "Metrics", "Made by"]);
  expect(text).toContain(`\`${"ab".repeat(32)}\``);
  expect(text).toContain("| Tweet Irony, test | 784 | Accuracy | 0.7125 | 0.6800 to 0.7400 |");
});

test("texts from outside open no cell, no HTML and no front matter of their own", () => {
  const hostile = fc.string({ unit: fc.constantFrom("|", "`", "<", "\n", "-", "a", "]", "\\") });
  fc.assert(
    fc.property(hostile, hostile, (left, right) => {
      const settings = { [`x${left}`]: right };
      const rows = renderModelCard({ ...card, settings, summary: "s" }).split("\n");
      const start = rows.indexOf("## Settings");
      const end = rows.indexOf("## Metrics");
      const table = rows.slice(start + 2, end - 1);
      expect(table).toHaveLength(3);
      const row = (table[2] ?? "").replace(/\\./g, "");
      expect(row.split("|")).toHaveLength(4);
      expect(row).not.toMatch(/[<`]/);
    }),
  );
});

test("front matter quotes whatever YAML would take for something else", () => {
  const text = renderFrontMatter({
    plain: "apache-2.0",
    hub: "org/model-1",
    truth: "yes",
    number: "1.0",
    colon: "a: b",
    lines: "a\nb",
    left: undefined,
    list: ["x", { name: "two words", inner: ["n"] }],
  });
  expect(text).toBe(
    [
      "---",
      "plain: apache-2.0",
      "hub: org/model-1",
      'truth: "yes"',
      'number: "1.0"',
      'colon: "a: b"',
      'lines: "a\\nb"',
      "list:",
      "- x",
      '- name: "two words"',
      "  inner:",
      '  - "n"',
      "---",
      "",
    ].join("\n"),
  );
});
