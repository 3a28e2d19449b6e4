import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { errorOf, rejectionOf, withFiles } from "../test-support.js";
import { decodeLatin1, parseLabelledLines, readLabelledLines } from "./labelled-lines.js";
import { parsePlainTsv } from "./plain-tsv.js";
import type { RecordFile } from "./records.js";

const latin1 = (text: string): Uint8Array => Buffer.from(text, "latin1");
const rowsOf = ({ records, columns }: RecordFile): unknown[][] =>
  records.map((record) => columns.map((column) => record.get(column)));

/** Printable characters of ISO-8859-1; `@`, quotes, tabs and spaces often. */
const printable = fc.oneof(
  fc.constantFrom("@", '"', "'", "\t", " ", ",", "\\"),
  fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  fc.integer({ min: 0xa0, max: 0xff }).map((code) => String.fromCharCode(code)),
);
const texts = fc.string({ unit: printable, maxLength: 30 });
const labels = fc.constantFrom("negative", "neutral", "positive", 'a "b"');
const lineEnds = fc.constantFrom("\n", "\r\n");
const isBytesOfUtf8 = (text: string): boolean =>
  !Buffer.from(latin1(text)).toString().includes("\ufffd");

describe("parseLabelledLines", () => {
  it("gives back any ISO-8859-1 texts and labels, whatever the line ends", () => {
    const rows = fc.array(fc.tuple(texts, labels), { minLength: 1, maxLength: 20 });
    const property = fc.property(rows, lineEnds, fc.boolean(), (made, lineEnd, closed) => {
      const content =
        made.map(([text, label]) => `${text}@${label}`).join(lineEnd) + (closed ? lineEnd : "");
      fc.pre(/^[ -~\s]*$/.test(content) || !isBytesOfUtf8(content));
      const read = parseLabelledLines(decodeLatin1(latin1(content), "f"), "f");
      expect(rowsOf(read)).toEqual(made);
      expect(read.records.map(({ row, line }) => [row, line])).toEqual(
        made.map((_, index) => [index + 1, index + 1]),
      );
      expect(read.blankLines).toBe(0);
    });
    fc.assert(property);
  });

  it("counts blank lines, and names the line without a label", () => {
    const read = parseLabelledLines("\na@x\r\n  \n\nb@y@z\n", "f");
    expect(rowsOf(read)).toEqual([
      ["a", "x"],
      ["b@y", "z"],
    ]);
    expect(read.records.map(({ row, line }) => [row, line])).toEqual([
      [1, 2],
      [2, 5],
    ]);
    expect(read.blankLines).toBe(3);
    const error = errorOf(() => parseLabelledLines("a@x\n\nb\n", "real.txt"));
    expect(error.kind).toBe("data");
    expect(error.message).toContain("real.txt, row 2 (line 3)");
  });
});

describe("decodeLatin1", () => {
  it("is one character a byte, where web decoders give Windows-1252", () => {
    const bytes = Uint8Array.from({ length: 0x60 }, (_, index) => 0xa0 + index);
    const text = decodeLatin1(bytes, "f");
    expect([...text].map((character) => character.codePointAt(0))).toEqual([...bytes]);
  });

  it("refuses each byte that is no character of a text, with its line", () => {
    for (let byte = 0; byte < 256; byte++) {
      const bytes = Uint8Array.from([0xe4, 0x0a, 0x61, byte, 0x61]);
      const text = byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127);
      if (text || byte >= 0xa0) {
        expect(decodeLatin1(bytes, "f")).toHaveLength(5);
      } else {
        expect(errorOf(() => decodeLatin1(bytes, "real.txt")).message).toContain(
          "real.txt, line 2",
        );
      }
    }
  });

  it("refuses UTF-8, which it would turn into nonsense", () => {
    for (const text of ["Kärkkäinen", "\ufeffplain", "€"]) {
      const error = errorOf(() => decodeLatin1(Buffer.from(text), "real.txt"));
      expect(error.message).toContain("the file is UTF-8");
      expect(error.message).toContain("iconv");
    }
  });
});

describe("readLabelledLines", () => {
  it("reads a file, and says which is missing or a folder", () =>
    withFiles({ "real.txt": latin1("P\xe4\xe4t\xf6s @ A@neutral\r\n") }, async (path) => {
      expect(rowsOf(await readLabelledLines(path("real.txt")))).toEqual([
        ["Päätös @ A", "neutral"],
      ]);
      const missing = await rejectionOf(readLabelledLines(path("none.txt")));
      expect(missing.message).toContain("there is no such file");
      expect(missing.message).toContain("none.txt");
      const folder = await rejectionOf(readLabelledLines(path(".")));
      expect(folder.message).toContain("EISDIR");
    }));
});

describe("parsePlainTsv", () => {
  const field = fc.string({
    unit: fc.oneof(
      fc.constantFrom('"', "'", " ", "#", "\\"),
      fc.string({ minLength: 1, maxLength: 1 }),
    ),
    maxLength: 12,
  });
  const plain = field.map((value) => value.replace(/[\t\r\n]/g, "_"));

  it("gives back any fields: quotes are characters", () => {
    const rows = fc.array(fc.tuple(plain, plain, plain), { minLength: 1, maxLength: 20 });
    const property = fc.property(rows, lineEnds, (made, lineEnd) => {
      const content = made.map((fields) => fields.join("\t") + lineEnd).join("");
      expect(rowsOf(parsePlainTsv(content, "f", ["a", "b", "c"]))).toEqual(made);
    });
    fc.assert(property);
  });

  it("takes the first line as names where none are given, without its byte-order mark", () => {
    const read = parsePlainTsv('\ufeffa\t"b\r\n1\t"\r\n\r\n"\t2', "f");
    expect(read.columns).toEqual(["a", '"b']);
    expect(rowsOf(read)).toEqual([
      ["1", '"'],
      ['"', "2"],
    ]);
    expect(read.records.map(({ row, line }) => [row, line])).toEqual([
      [1, 2],
      [2, 4],
    ]);
    expect(read.blankLines).toBe(1);
    expect(errorOf(() => parsePlainTsv("", "ids.tsv")).message).toContain("the file is empty");
  });

  it("names the row and line with too many or too few fields", () => {
    for (const broken of ["1\t2\t3", "1"]) {
      const error = errorOf(() => parsePlainTsv(`1\t2\n\n${broken}\n`, "ids.tsv", ["a", "b"]));
      expect(error.message).toContain("ids.tsv, row 2 (line 3)");
    }
  });
});
