import { CounterweightError } from "@counterweight/base";
import type { ColumnMapping } from "../reading/columns.js";
import { type DropKind, dropKinds } from "../reading/drops.js";
import { fileFormats, type ReadTableOptions } from "../reading/read-table.js";
import { listed, visible } from "../reading/visible.js";
import type { BenchmarkSource } from "./benchmark-source.js";
import { loadFiles, type RealFiles, realRoles } from "./load-files.js";
import { type OptionReader, type OptionShapes, readOptions } from "./options.js";

const options: OptionShapes = {
  name: { kind: "string", description: 'Name of the benchmark in tables. Default: "files".' },
  train: { kind: "path", description: "Real rows that the quality checker may learn from." },
  validation: { kind: "path", description: "Real rows that choose the best epoch." },
  test: { kind: "path", description: "Real rows that measure." },
  real: {
    kind: "path",
    description: "One file of real rows, instead of train, validation and test.",
  },
  shares: {
    kind: "number-map",
    description: "With real: shares of train, validation and test. Default: 0.7, 0.1, 0.2.",
  },
  splitSeed: { kind: "integer", description: "With real: seed of the split. Default: 0." },
  rows: {
    kind: "path-map",
    description:
      "With real: a JSON file of 0-based row indices for each of train, validation, test.",
  },
  generated: { kind: "path", required: true, description: "File of generated rows." },
  columns: {
    kind: "string-map",
    description: "Column of text, textPair (null: none) and label; those left out are guessed.",
  },
  generatedColumns: {
    kind: "string-map",
    description:
      "The same for the generated file, and weight: a column of numbers, 0 or more, that weigh the rows (0 leaves one out). Default: guessed, no weight.",
  },
  labelNames: {
    kind: "strings",
    description: "Class names in order. Default: labels found, sorted.",
  },
  labelMap: { kind: "string-map", description: "Class name by label as written, in all files." },
  format: {
    kind: "string",
    choices: fileFormats,
    description:
      "Format of all files: csv, tsv, jsonl, json or parquet, each also inside gzip. Default: by each file's ending.",
  },
  generatedFormat: {
    kind: "string",
    choices: fileFormats,
    description: "The same for the generated file. Default: as format.",
  },
  encoding: {
    kind: "string",
    description:
      "Encoding of text files, such as iso-8859-1, windows-1252, utf-16le or shift_jis. Default: by the byte-order mark, else utf-8.",
  },
  generatedEncoding: {
    kind: "string",
    description:
      "The same for the generated file. Default: by the byte-order mark, else utf-8, whatever encoding says: another file is another encoding.",
  },
  delimiter: {
    kind: "string",
    description: "CSV: the character between fields. Default: a comma.",
  },
  generatedDelimiter: {
    kind: "string",
    description: "The same for the generated file. Default: as delimiter.",
  },
  quote: {
    kind: "string",
    choices: ["double", "none"],
    description: "CSV, TSV: whether fields may stand in double quotes. Default: double.",
  },
  skipEmpty: {
    kind: "boolean",
    description: "Skip and list rows with an empty text instead of stopping. Default: false.",
  },
  maxCellCharacters: {
    kind: "integer",
    minimum: 1,
    description: "Characters of the longest text that is taken. Default: 1000000.",
  },
  drop: {
    kind: "strings",
    choices: dropKinds,
    description: "Kinds of generated rows to leave out; each is listed as skipped. Default: none.",
  },
};

/** The column mapping under a key; undefined where it is not given. */
export function columnsOf(
  read: OptionReader,
  key: string,
  where: string,
): ColumnMapping | undefined {
  const map = read.stringMap(key);
  if (map === undefined) return undefined;
  const shapes: OptionShapes = {
    text: { kind: "string", description: "Column of the text." },
    label: { kind: "string", description: "Column of the label." },
    weight: { kind: "string", description: "Column of the row's weight (generated rows only)." },
  };
  const { textPair, ...rest } = map;
  const inner = readOptions(`${where}, ${key}`, shapes, rest);
  const text = inner.string("text");
  const label = inner.string("label");
  const weight = inner.string("weight");
  return {
    ...(text === undefined ? {} : { text }),
    ...(textPair === undefined ? {} : { textPair }),
    ...(label === undefined ? {} : { label }),
    ...(weight === undefined ? {} : { weight }),
  };
}

function wrongFiles(what: string, where: string): CounterweightError {
  return new CounterweightError("spec", what, {
    where,
    fix: "Give train, validation and test; or real alone (with shares and splitSeed, or with rows).",
  });
}

function realFilesOf(read: OptionReader, where: string): RealFiles {
  const real = read.string("real");
  const train = read.string("train");
  const validation = read.string("validation");
  const test = read.string("test");
  const sharesGiven = read.numberMap("shares");
  const rows = read.pathMap("rows");
  const splitSeed = read.number("splitSeed");
  if (real === undefined) {
    if (train === undefined || validation === undefined || test === undefined) {
      const given = { train, validation, test };
      const missing = realRoles.filter((role) => given[role] === undefined);
      throw wrongFiles(`real rows are missing: no ${listed(missing)}.`, where);
    }
    if (sharesGiven !== undefined || rows !== undefined || splitSeed !== undefined) {
      throw wrongFiles("shares, splitSeed and rows go with real only.", where);
    }
    return { train, validation, test };
  }
  if (train !== undefined || validation !== undefined || test !== undefined) {
    throw wrongFiles("real is given beside train, validation or test.", where);
  }
  if (rows !== undefined) {
    if (sharesGiven !== undefined || splitSeed !== undefined) {
      throw wrongFiles("rows is given beside shares or splitSeed.", where);
    }
    const inner = readOptions(`${where}, rows`, rolePaths, rows);
    return {
      real,
      rows: {
        train: inner.requiredString("train"),
        validation: inner.requiredString("validation"),
        test: inner.requiredString("test"),
      },
    };
  }
  const inner = readOptions(`${where}, shares`, roleShares, sharesGiven ?? defaultShares);
  const shares = {
    train: inner.number("train") ?? 0,
    validation: inner.number("validation") ?? 0,
    test: inner.number("test") ?? 0,
  };
  return { real, shares, splitSeed: splitSeed ?? 0 };
}

const defaultShares = { train: 0.7, validation: 0.1, test: 0.2 };
const rolePaths: OptionShapes = Object.fromEntries(
  realRoles.map((role) => [
    role,
    { kind: "path", required: true, description: `File of row indices of ${role}.` },
  ]),
);
const roleShares: OptionShapes = Object.fromEntries(
  realRoles.map((role) => [
    role,
    { kind: "number", required: true, description: `Share of ${role}; the three sum to 1.` },
  ]),
);

/** How files are read, as the options say; columns left aside. */
export function readingOf(read: OptionReader, where: string): ReadTableOptions {
  const labelNames = read.strings("labelNames");
  const labelMap = read.stringMap("labelMap");
  const format = read.choice("format", fileFormats);
  const delimiter = read.string("delimiter");
  const quote = read.choice("quote", ["double", "none"]);
  const encoding = read.string("encoding");
  const maxCellCharacters = read.number("maxCellCharacters");
  const skipEmpty = read.boolean("skipEmpty");
  const named = Object.entries(labelMap ?? {}).map(([label, name]) => {
    if (name !== null) return [label, name] as const;
    throw new CounterweightError("spec", `labelMap: ${visible(label)} has no class name.`, {
      where,
      fix: "Give each label in labelMap a class name.",
    });
  });
  return {
    ...(labelNames === undefined ? {} : { labelNames }),
    ...(labelMap === undefined ? {} : { labelMap: Object.fromEntries(named) }),
    ...(format === undefined ? {} : { format }),
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(quote === undefined ? {} : { quote }),
    ...(encoding === undefined ? {} : { encoding }),
    ...(maxCellCharacters === undefined ? {} : { maxCellCharacters }),
    ...(skipEmpty === undefined ? {} : { skipEmpty }),
  };
}

/**
 * How the generated file is read: as the real ones, but for what its own options say. The encoding is
 * never taken from the real files: a UTF-8 file read as ISO-8859-1 gives garbage without an error.
 */
export function generatedReadingOf(
  read: OptionReader,
  { encoding: _, ...reading }: ReadTableOptions,
  where: string,
): ReadTableOptions {
  const format = read.choice("generatedFormat", fileFormats);
  const delimiter = read.string("generatedDelimiter");
  const encoding = read.string("generatedEncoding");
  const columns = columnsOf(read, "generatedColumns", where);
  return {
    ...reading,
    ...(format === undefined ? {} : { format }),
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(encoding === undefined ? {} : { encoding }),
    ...(columns === undefined ? {} : { columns }),
  };
}

/** Users' own CSV, TSV, JSON Lines, JSON or Parquet files. */
export const files: BenchmarkSource = {
  name: "files",
  summary: "your own CSV, TSV, JSONL, JSON or Parquet files of real and generated rows",
  options,
  load: async (record) => {
    const name = typeof record.name === "string" ? record.name : "files";
    const where = `benchmark ${name}`;
    const read = readOptions(where, options, record);
    const reading = readingOf(read, where);
    const columns = columnsOf(read, "columns", where);
    const drop: readonly DropKind[] = read.choiceList("drop", dropKinds) ?? [];
    return loadFiles({
      name,
      realFiles: realFilesOf(read, where),
      generated: read.requiredString("generated"),
      reading: { ...reading, ...(columns === undefined ? {} : { columns }) },
      generatedReading: { ...generatedReadingOf(read, reading, where), drop },
    });
  },
};
