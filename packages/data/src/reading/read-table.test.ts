import { describe, expect, it } from "vitest";
import { rejectionOf, withFiles } from "../test-support.js";
import { classCounts } from "../text-table.js";
import { type ReadTableOptions, readTable } from "./read-table.js";

const bytes = (...parts: (string | number[])[]): Uint8Array =>
  Buffer.concat(parts.map((part) => Buffer.from(part)));

const read = (name: string, content: string | Uint8Array, options: ReadTableOptions = {}) =>
  withFiles({ [name]: content }, (path) => readTable(path(name), options));
const refusal = (name: string, content: string | Uint8Array, options: ReadTableOptions = {}) =>
  withFiles({ [name]: content }, async (path) => {
    const error = await rejectionOf(readTable(path(name), options));
    expect(error.kind).toBe("data");
    expect(error.message).toContain(path(name));
    return error.message;
  });

describe("readTable", () => {
  it("reads the same rows from CSV with a byte-order mark, TSV, JSON Lines and JSON", async () => {
    const rows = [
      ["one, \u00e9\u{1f600}", "yes"],
      ["null", "no"],
      ["two\nlines", "yes"],
    ];
    const quoted = (delimiter: string) =>
      [["Tweet", "y"], ...rows].map((row) => row.map((value) => `"${value}"`).join(delimiter));
    const objects = rows.map(([tweet, y]) => JSON.stringify({ id: 7, Tweet: tweet, y }));
    const tables = [
      await read("a.csv", `\ufeff${quoted(",").join("\r\n")}`),
      await read("a.tsv", quoted("\t").join("\n")),
      await read("a.jsonl", `${objects.join("\n")}\n\n`),
      await read("a.json", `[${objects.join(",\n")}]`),
    ];
    for (const { table } of tables) {
      expect(table.text).toEqual(rows.map(([text]) => text));
      expect(table.labelNames).toEqual(["no", "yes"]);
      expect([...table.label]).toEqual([1, 0, 1]);
      expect([...table.row]).toEqual([1, 2, 3]);
      expect(table.skipped).toEqual([]);
    }
    expect(tables[2]?.notes[0]).toContain('text from "Tweet" (guessed), label from "y" (guessed)');
    expect(tables[2]?.notes[0]).toContain('not used: "id"');
  });

  it("keeps null, NA and None as texts", async () => {
    const words = ["null", "NA", "None", "NaN", "undefined", "007", "1e5", "true"];
    const content = `text,label\n${words.map((word, index) => `${word},${index % 2}`).join("\n")}`;
    expect((await read("a.csv", content)).table.text).toEqual(words);
  });

  it("reads pairs", async () => {
    const { table } = await read("a.tsv", "label\tsentence1\tsentence2\n1\ta\tb\n0\tc\td\n");
    expect(table.text).toEqual(["a", "c"]);
    expect(table.textPair).toEqual(["b", "d"]);
    const single = await read("a.tsv", "label\tsentence1\tsentence2\n1\ta\tb\n0\tc\td\n", {
      columns: { text: "sentence2", textPair: null },
    });
    expect(single.table.text).toEqual(["b", "d"]);
    expect(single.table.textPair).toBeUndefined();
  });

  it("maps labels, given as names or integers, to the order of labelNames", async () => {
    const { table } = await read("a.csv", "text,label\na,bad\nb,1\nc,0\nd,good\ne,fine\n", {
      labelNames: ["bad", "good"],
      labelMap: { fine: "good" },
    });
    expect([...table.label]).toEqual([0, 1, 0, 1, 1]);
    expect([...classCounts(table)]).toEqual([2, 3]);
  });

  it("sorts integers by value and takes JSON integers and strings alike", async () => {
    const { table } = await read(
      "a.jsonl",
      '{"text":"a","label":10}\n{"text":"b","label":"9"}\n{"text":"c","label":"10"}\n',
    );
    expect(table.labelNames).toEqual(["9", "10"]);
    expect([...table.label]).toEqual([1, 0, 1]);
  });

  it("records skipped empty texts and dropped rows with their numbers", async () => {
    const content = "text,label\na,0\n  ,1\nSure, here are 10 tweets:,1\n".replace(
      "Sure, here are 10 tweets:",
      '"Sure, here are 10 tweets:"',
    );
    const { table, notes } = await read("a.csv", `${content}b,1\na,0\na,1\n`, {
      skipEmpty: true,
      drop: ["boilerplate", "duplicates"],
    });
    expect([...table.row]).toEqual([1, 4, 6]);
    expect(table.skipped).toEqual([
      { row: 2, reason: "empty text" },
      { row: 3, reason: "boilerplate" },
      { row: 5, reason: "duplicate of row 1" },
    ]);
    expect(notes.join("\n")).toMatch(/1 row skipped, text empty[\s\S]*2 rows dropped/);
  });
});

describe("readTable's errors name file, row and what to do", () => {
  it("missing column, with invisible characters shown and the nearest name", async () => {
    const message = await refusal("a.csv", "\u200bsentence ,label\na,0\nb,1\n", {
      columns: { text: "sentence" },
    });
    expect(message).toContain('the columns are "\\u{200b}sentence\\u{20}", "label"');
    expect(message).toContain('Nearest: "\\u{200b}sentence\\u{20}"');
    expect(await refusal("a.csv", "foo,label\na,0\nb,1\n")).toContain(
      "which column holds the text",
    );
    expect(await refusal("a.csv", "text,text,label\na,b,0\n")).toContain("several columns");
  });

  it.each([
    [
      "unknown label",
      "a.csv",
      "text,label\na,good\nb,bda\n",
      'row 2 (line 3): unknown label "bda"',
    ],
    ["nearest label", "a.csv", "text,label\na,good\nb,bda\n", 'Did you mean "bad"?'],
    ["empty text", "a.csv", "text,label\na,good\n ,bad\n", "row 2 (line 3): the text"],
    [
      "empty label",
      "a.csv",
      "text,label\na,good\nb,\n",
      'row 2 (line 3): the label "label" is empty',
    ],
    ["ragged row", "a.csv", "text,label\na\n", "row 1 (line 2): the row has 1 field"],
    ["one class", "a.csv", "text,label\na,bad\nb,bad\n", 'got only "bad"'],
    ["no rows", "a.csv", "text,label\n", "no rows"],
    [
      "bad JSON line",
      "a.jsonl",
      '{"text":"a","label":"bad"}\n{"text":\n',
      "row 2 (line 2): the row is not JSON",
    ],
    ["JSON line no object", "a.jsonl", "[1]\n", "row 1 (line 1): needed an object, got a list"],
    ["ill-typed text", "a.jsonl", '{"text":5,"label":"bad"}\n', "is a number, needed a text"],
    ["null text", "a.jsonl", '{"text":null,"label":"bad"}\n', 'the text "text" is empty'],
    ["ill-typed label", "a.jsonl", '{"text":"a","label":0.5}\n', 'the label "label" is 0.5'],
    ["lone surrogate", "a.jsonl", '{"text":"\\ud800","label":"bad"}\n', "half a character"],
    ["JSON no list", "a.json", '{"text":"a"}', "needed a list of objects"],
    ["NUL", "a.csv", "text,label\na\0,bad\n", "line 2: the file holds a NUL"],
    ["unknown ending", "a.txt", "text,label\n", "Set format"],
  ])("%s", async (_, name, content, expected) => {
    expect(await refusal(name, content, { labelNames: ["bad", "good"] })).toContain(expected);
  });

  it("invalid UTF-8 and unmarked UTF-16", async () => {
    const latin = bytes("text,label\nb,0\ncaf", [0xe9], ",1\n");
    expect(await refusal("a.csv", latin)).toContain("line 3: the file is not valid UTF-8");
    const utf16 = Buffer.from("text,label\na,0\nb,1\n", "utf16le");
    expect(await refusal("a.csv", utf16)).toContain("set encoding: utf-16le");
  });

  it("missing file and folder", async () => {
    const missing = await rejectionOf(readTable("/no/such/file.csv"));
    expect(missing.message).toContain("/no/such/file.csv: there is no such file");
    await withFiles({}, async (path) => {
      expect((await rejectionOf(readTable(path("."), { format: "csv" }))).message).toContain(
        "folder",
      );
    });
  });

  it("treats __proto__ as a column like any other", async () => {
    const { table } = await read(
      "a.jsonl",
      '{"__proto__":"a","label":"x"}\n{"__proto__":"b","label":"y"}\n',
      { columns: { text: "__proto__" } },
    );
    expect(table.text).toEqual(["a", "b"]);
  });
});
