import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findSharedText } from "../guards.js";
import { rejectionOf } from "../test-support.js";
import { rowCount, select } from "../text-table.js";
import { phraseBankSources } from "./financial-phrasebank.js";
import {
  agreements,
  classOfAnswer,
  mixtralColumns,
  readMixtral,
  readPhraseBankGenerated,
  readPhraseBankReal,
} from "./financial-phrasebank-files.js";
import { loadBenchmark } from "./registry.js";
import { digestOf, type FileDigest } from "./test-digest.js";

const golden: Record<string, FileDigest> = JSON.parse(
  readFileSync(new URL("../../golden/benchmarks.json", import.meta.url), "utf8"),
);
const assets = process.env.COUNTERWEIGHT_ASSETS;
const folder = join(assets ?? "", "data/financial-phrasebank");
const name = "financial-phrasebank";

const classes = ["negative", "neutral", "positive"];
const mixtralCsv = (rows: readonly (readonly [string, string, string])[]): string =>
  `label_llm_cot_multiple,label_llm_cot,label_llm,label_experts,text\n${rows
    .map(([llm, experts, text]) => `neutral,neutral,${llm},${experts},"${text}"`)
    .join("\n")}\n`;
/** Made files in the published forms. */
const made: Readonly<Record<string, Uint8Array | string>> = {
  "real/Sentences_50Agree.txt": Buffer.from(
    `${[
      "Shared , one !@neutral",
      "Twice told@negative",
      "Twice told@positive",
      "Mail us at a@b.fi@neutral",
      ...Array.from(
        { length: 90 },
        (_, i) => `P\u00e4\u00e4t\u00f6s number ${i}@${classes[i % 3]}`,
      ),
    ].join("\r\n")}\r\n`,
    "latin1",
  ),
  "generated/gpt-4o_few-shot.csv": ",sentence,label\n0,1. Bad.,1\n1,So so.,2\n2,Good.,3\n",
  "generated/llama-3.2-1b_zero-shot.csv":
    'instruction,input,output\nq,"a\n\nb",negative\nq,c, Positive.\nq,d,"I cannot say, negative or positive"\nq,e,Neutral\n',
  "llm-labelled/mixtral_train.csv": mixtralCsv([
    ["positive", "neutral", "shared one"],
    ["negative", "negative", "Only here"],
    ["neutral", "neutral", "And here"],
    ["negative", "negative", "Only here"],
  ]),
  "llm-labelled/mixtral_test.csv": mixtralCsv([
    ["neutral", "negative", "Test one"],
    ["positive", "positive", "Test two"],
    ["neutral", "neutral", "PÄÄTÖS, number 5"],
  ]),
};

async function withMade<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), "counterweight-phrasebank-"));
  try {
    for (const sub of ["real", "generated", "llm-labelled"]) await mkdir(join(root, sub));
    for (const [file, content] of Object.entries(made)) await writeFile(join(root, file), content);
    return await run(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

describe("Financial PhraseBank's forms, on made files", () => {
  it("real lines: the label after the last @, ISO-8859-1, CRLF, conflicts kept", () =>
    withMade(async (root) => {
      const { table } = await readPhraseBankReal(root, "50");
      expect(rowCount(table)).toBe(94);
      expect(table.text.slice(0, 5)).toEqual([
        "Shared , one !",
        "Twice told",
        "Twice told",
        "Mail us at a@b.fi",
        "Päätös number 0",
      ]);
      expect([...table.label.slice(0, 5)]).toEqual([1, 0, 2, 1, 0]);
    }));

  it("splits by seed, duplicates on one side, and says what it did", () =>
    withMade(async (root) => {
      const load = async (splitSeed: number) =>
        loadBenchmark(name, { folder: root, generated: "gpt-4o_few-shot", splitSeed });
      const { benchmark, notes } = await load(0);
      const parts = [benchmark.train, benchmark.validation, benchmark.test];
      expect(parts.flatMap(({ row }) => [...row]).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 94 }, (_, i) => i + 1),
      );
      const homes = parts.filter(({ text }) => text.includes("Twice told"));
      expect(homes).toHaveLength(1);
      expect([...(homes[0]?.row ?? [])]).toEqual(expect.arrayContaining([2, 3]));
      expect(notes.join("\n")).toContain(
        "1 row of 94 repeat an earlier sentence, 2 rows with another",
      );
      expect((await load(0)).benchmark.test.row).toEqual(benchmark.test.row);
      expect((await load(1)).benchmark.test.row).not.toEqual(benchmark.test.row);
      expect([...benchmark.generated.label]).toEqual([0, 1, 2]);
    }));

  it("llama's answers: a class in any dress; one that names none or two is listed", () =>
    withMade(async (root) => {
      const { table, notes } = await readPhraseBankGenerated(root, "llama-3.2-1b_zero-shot");
      expect(table.text).toEqual(["a\n\nb", "c", "e"]);
      expect([...table.label]).toEqual([0, 2, 1]);
      expect([...table.row]).toEqual([1, 2, 4]);
      expect(table.skipped).toEqual([
        { row: 3, reason: 'unreadable label "I cannot say, negative or positive"' },
      ]);
      expect(notes.join("\n")).toContain("1 row skipped, label unreadable");
    }));

  it("mixtral: labels by the model, experts beside, real rows without either file's texts", () =>
    withMade(async (root) => {
      const options = { folder: root, generated: "mixtral" };
      const { benchmark, generatedTrueLabels } = await loadBenchmark(name, options);
      expect([...benchmark.generated.label]).toEqual([2, 0, 1, 0]);
      expect([...(generatedTrueLabels ?? [])]).toEqual([1, 0, 1, 0]);
      expect([...benchmark.test.label]).toEqual([0, 2, 1]);
      const rest = [...benchmark.train.row, ...benchmark.validation.row].sort((a, b) => a - b);
      // all but row 1 (its words are those of a labelled row) and row 10 (of a test row)
      expect(rest).toEqual(
        Array.from({ length: 94 }, (_, i) => i + 1).filter((i) => i !== 1 && i !== 10),
      );
      const dropped = await loadBenchmark(name, { ...options, drop: ["duplicates"] });
      expect([...dropped.benchmark.generated.row]).toEqual([1, 2, 3]);
      expect([...(dropped.generatedTrueLabels ?? [])]).toEqual([1, 0, 1]);
    }));

  it.each([
    [{ generated: "gpt-4o_few-shot", labelColumn: "label_llm" }, "only mixtral's rows"],
    [{ generated: "mixtral", agreement: "all" }, "leaves no real rows"],
    [{ generated: "mixtral", shares: { train: 0.7, validation: 0.1, test: 0.2 } }, '"test"'],
    [{ generated: "gpt-4o_few-shot", shares: { train: 0.9, validation: 0.1 } }, "test is missing"],
    [{ generated: "gpt-4o_few-shot", agreement: 50 }, "needed a string"],
    [{ generated: "mixtral", labelColumn: "label_experts" }, "needed one of"],
  ])("refuses %j", (options, problem) =>
    withMade(async (root) => {
      const error = await rejectionOf(loadBenchmark(name, { folder: root, ...options }));
      expect(error.kind).toBe("spec");
      expect(error.message).toContain(problem);
    }),
  );
});

describe("classOfAnswer", () => {
  it.each([
    ["negative", "negative"],
    [" Positive.\n", "positive"],
    ["**neutral**", "neutral"],
    ["neutral, neutral", "neutral"],
    ["negative/neutral/positive", undefined],
    ["not negative", undefined],
    ["mixed", undefined],
    ["3", undefined],
  ])("%j is %s", (answer, label) => {
    expect(classOfAnswer(answer)).toBe(label);
  });
});

describe.skipIf(!assets)("Financial PhraseBank (needs COUNTERWEIGHT_ASSETS)", () => {
  // Row counts of the data's own description.
  const counts = { "50": 4846, "66": 4217, "75": 3453, all: 2264 };
  const generatedCounts = [
    ["gpt-4o_few-shot", 800],
    ["llama-3.2-1b_zero-shot", 500],
  ] as const;

  it.each(agreements)("real, agreement %s: the rows that Python reads", async (agreement) => {
    const { table } = await readPhraseBankReal(folder, agreement);
    expect(rowCount(table)).toBe(counts[agreement]);
    expect(digestOf(table)).toEqual(golden[`${name}/real/${agreement}`]);
    expect(table.skipped).toEqual([]);
  });

  it("50: eight sentences stand twice, two of them with conflicting labels", async () => {
    const { table } = await readPhraseBankReal(folder, "50");
    const labels = new Map<string, number[]>();
    table.text.forEach((text, row) => {
      labels.set(text, [...(labels.get(text) ?? []), table.label[row] ?? -1]);
    });
    const twice = [...labels.values()].filter(({ length }) => length > 1);
    expect(twice).toHaveLength(8);
    expect(twice.filter((own) => new Set(own).size > 1)).toHaveLength(2);
  });

  it.each(generatedCounts)("generated %s: the %i rows that Python reads", async (source, count) => {
    const { table } = await readPhraseBankGenerated(folder, source);
    expect(rowCount(table)).toBe(count);
    expect(digestOf(table)).toEqual(golden[`${name}/generated/${source}`]);
    expect(table.skipped).toEqual([]);
  });

  it.each([
    ["train", 1811],
    ["test", 453],
  ] as const)(
    "mixtral_%s: the %i rows that Python reads, in each label column",
    async (part, count) => {
      for (const column of [...mixtralColumns, "label_experts"] as const) {
        const { table, expertLabels } = await readMixtral(folder, part, column);
        expect(rowCount(table)).toBe(count);
        expect(digestOf(table)).toEqual(golden[`${name}/mixtral_${part}/${column}`]);
        expect(digestOf({ ...table, label: expertLabels })).toEqual(
          golden[`${name}/mixtral_${part}/label_experts`],
        );
      }
    },
  );

  it.each(["50", "66", "75"])(
    "beside mixtral, agreement %s: Python's remaining rows",
    async (agreement) => {
      const { benchmark } = await loadBenchmark(name, { folder, generated: "mixtral", agreement });
      const real = await readPhraseBankReal(
        folder,
        agreement === "50" ? "50" : agreement === "66" ? "66" : "75",
      );
      const rows = [...benchmark.train.row, ...benchmark.validation.row].sort((a, b) => a - b);
      const rest = select(
        real.table,
        rows.map((row) => row - 1),
      );
      expect(digestOf(rest)).toEqual(golden[`${name}/beside-mixtral/${agreement}`]);
    },
  );

  it("loads by name, with no sentence of test elsewhere, whatever seed and source", async () => {
    for (const generated of phraseBankSources) {
      for (const splitSeed of [0, 1]) {
        const { benchmark } = await loadBenchmark(name, { folder, generated, splitSeed });
        expect(findSharedText(benchmark)).toEqual([]);
      }
    }
  });
});
