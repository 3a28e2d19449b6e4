import { homedir } from "node:os";
import { at, CounterweightError } from "@counterweight/base";
import {
  type DatasetFiles,
  type HubOptions,
  parseHubId,
  resolveDatasetFiles,
} from "@counterweight/hub";
import type { Benchmark } from "../benchmark.js";
import { dropKinds } from "../reading/drops.js";
import { type ReadTableOptions, readTable } from "../reading/read-table.js";
import type { ReadTable } from "../reading/table-from-records.js";
import { listed, visible } from "../reading/visible.js";
import { stratifiedSplit } from "../splits.js";
import { rowCount, type TextTable } from "../text-table.js";
import type { BenchmarkSource, LoadedBenchmark } from "./benchmark-source.js";
import { columnsOf, files, generatedReadingOf, readingOf } from "./files.js";
import { type HubRoles, heldOutShares, hubRoles } from "./hub-roles.js";
import { readHubSplit } from "./hub-split.js";
import { joinLabels } from "./join-labels.js";
import { realRoles } from "./load-files.js";
import { type OptionReader, type OptionShapes, readOptions } from "./options.js";

/** Options that mean here what they mean for `files`. */
const readingKeys: readonly string[] = [
  "columns",
  "generatedColumns",
  "labelNames",
  "labelMap",
  "format",
  "generatedFormat",
  "encoding",
  "generatedEncoding",
  "delimiter",
  "generatedDelimiter",
  "quote",
  "skipEmpty",
  "maxCellCharacters",
  "drop",
];

const options: OptionShapes = {
  name: {
    kind: "string",
    description: "Name of the benchmark in tables. Default: the data set's id.",
  },
  dataset: {
    kind: "string",
    required: true,
    description: 'Data set of the Hugging Face hub with the real rows, "owner/name".',
  },
  config: { kind: "string", description: "Its configuration (subset). Default: its own default." },
  revision: {
    kind: "string",
    description:
      "Its branch, tag or commit; a commit never changes. Default: main as first fetched.",
  },
  splits: {
    kind: "string-map",
    description:
      "Its split for train, validation and test; null: held out of the training split. Default: by name, held out where there is none.",
  },
  shares: {
    kind: "number-map",
    description:
      "Shares of train and of what is held out of it. Default: 0.7, 0.1, 0.2 of train, validation, test, scaled.",
  },
  splitSeed: { kind: "integer", description: "Seed of what is held out. Default: 0." },
  generated: { kind: "path", description: "Local file of generated rows." },
  generatedDataset: {
    kind: "string",
    description:
      'Data set of the hub with the generated rows, "owner/name@revision", instead of generated.',
  },
  generatedConfig: { kind: "string", description: "Its configuration. Default: its own default." },
  generatedSplit: {
    kind: "string",
    description: "Its split. Default: train, or the only one.",
  },
  ...Object.fromEntries(Object.entries(files.options).filter(([key]) => readingKeys.includes(key))),
};

const noteOf = (id: string, { revision, config, splits, license }: DatasetFiles): string => {
  const counts = splits.map(({ split, hubFiles }) => `${split}: ${listed(hubFiles, 4)}`);
  const terms = license === undefined ? "licence not stated" : `licence ${license}`;
  return `${id}: hub, commit ${revision}, configuration ${config}, ${terms}; ${counts.join("; ")}`;
};

interface GeneratedRows {
  readonly read: ReadTable;
  readonly notes: readonly string[];
}

async function readGenerated(
  read: OptionReader,
  reading: ReadTableOptions,
  hub: HubOptions,
  where: string,
): Promise<GeneratedRows> {
  const path = read.string("generated");
  const text = read.string("generatedDataset");
  if ((path === undefined) === (text === undefined)) {
    throw new CounterweightError(
      "spec",
      path === undefined
        ? "generated rows are missing."
        : "generated and generatedDataset are both given.",
      { where, fix: "Give generated, a local file, or generatedDataset, an id of the hub." },
    );
  }
  const config = read.string("generatedConfig");
  const split = read.string("generatedSplit");
  if (text === undefined) {
    if (config !== undefined || split !== undefined) {
      throw new CounterweightError(
        "spec",
        "generatedConfig and generatedSplit go with generatedDataset only.",
        {
          where,
          fix: "Remove them, or give generatedDataset.",
        },
      );
    }
    return { read: await readTable(path ?? "", reading), notes: [] };
  }
  const { id } = parseHubId(text, "data set");
  const dataset = await resolveDatasetFiles(text, {
    ...hub,
    ...(config === undefined ? {} : { config }),
    splits: (available) => {
      const only =
        available.length === 1 ? available : available.filter((name) => name === "train");
      if (split === undefined && only.length === 0) {
        throw new CounterweightError(
          "spec",
          `${id} has the splits ${listed(available.map(visible))} and none is called train.`,
          { where, fix: "Name one as generatedSplit." },
        );
      }
      return split === undefined ? only : [split];
    },
  });
  return {
    read: await readHubSplit(id, dataset, at(dataset.splits, 0), reading),
    notes: [noteOf(id, dataset), ...dataset.notes],
  };
}

/** The real tables by role; roles without a split are held out of the training table. */
function divide(
  tables: readonly TextTable[],
  roles: HubRoles,
  shares: Readonly<Record<string, number>>,
  seed: number,
): Pick<Benchmark, "train" | "validation" | "test"> {
  const present = realRoles.filter((role) => roles[role] !== undefined);
  const own = new Map(present.map((role, index) => [role, at(tables, index)]));
  const train = at(tables, 0);
  const parts: Readonly<Record<string, TextTable>> =
    Object.keys(shares).length > 1 ? stratifiedSplit(train, { shares, seed }) : { train };
  const of = (role: (typeof realRoles)[number]): TextTable => parts[role] ?? own.get(role) ?? train;
  return { train: of("train"), validation: of("validation"), test: of("test") };
}

/**
 * Reads real rows of a data set of the hub and generated rows of a file or of another data set.
 * @param record the benchmark's options, see `benchmarkSources`.
 * @param hub where the hub and its cache are, how patient to be, progress and signal.
 * @throws CounterweightError `spec` for options that do not fit, `data` for the rest.
 */
export async function loadHub(
  record: Readonly<Record<string, unknown>>,
  hub: HubOptions,
): Promise<LoadedBenchmark> {
  const where = `benchmark ${typeof record.name === "string" ? record.name : "hub"}`;
  const read = readOptions(where, options, record);
  const text = read.requiredString("dataset");
  const { id } = parseHubId(text, "data set");
  const name = read.string("name") ?? id;
  const columns = columnsOf(read, "columns", where);
  const common = readingOf(read, where);
  const generatedReading: ReadTableOptions = {
    ...generatedReadingOf(read, common, where),
    drop: read.choiceList("drop", dropKinds) ?? [],
    name: `${name}/generated`,
  };
  const config = read.string("config");
  const revision = read.string("revision");
  let roles: HubRoles | undefined;
  const dataset = await resolveDatasetFiles(text, {
    ...hub,
    ...(config === undefined ? {} : { config }),
    ...(revision === undefined ? {} : { revision }),
    splits: (available) => {
      roles = hubRoles(available, read.stringMap("splits") ?? {}, where);
      return realRoles.flatMap((role) => roles?.[role] ?? []);
    },
  });
  if (roles === undefined) throw new CounterweightError("internal", "hub: no split was chosen");
  const held = realRoles.filter((role) => roles?.[role] === undefined);
  const shares = heldOutShares(roles, read.numberMap("shares"), where);
  const seed = read.number("splitSeed") ?? 0;

  const { labelNames } = common;
  const requireTwoClasses = labelNames !== undefined;
  const reading = { ...common, ...(columns === undefined ? {} : { columns }), requireTwoClasses };
  const tables: ReadTable[] = [];
  for (const split of dataset.splits) {
    const tableName = `${name}/${split.split}`;
    tables.push(await readHubSplit(id, dataset, split, { ...reading, name: tableName }));
  }
  const generated = await readGenerated(
    read,
    { ...generatedReading, requireTwoClasses },
    hub,
    where,
  );
  const all = [...tables, generated.read];
  const joinedTables = labelNames === undefined ? joinLabels(all) : all.map(({ table }) => table);
  const real = divide(joinedTables.slice(0, -1), roles, shares, seed);
  const notes = [
    noteOf(id, dataset),
    ...dataset.notes,
    ...generated.notes,
    ...all.flatMap((table) => table.notes),
  ];
  if (held.length > 0) {
    const sizes = ["train" as const, ...held].map((role) => `${role} ${rowCount(real[role])}`);
    notes.push(
      `${id}: ${listed(held)} held out of the split ${visible(roles.train)} by seed ${seed}: ${listed(sizes)}`,
    );
  }
  const last = at(joinedTables, joinedTables.length - 1);
  const benchmark: Benchmark = { name, labelNames: last.labelNames, ...real, generated: last };
  if (new Set(joinedTables.map((table) => table.textPair !== undefined)).size > 1) {
    throw new CounterweightError(
      "data",
      "some rows were read as text pairs, others as single texts.",
      {
        where: name,
        fix: `Set columns and generatedColumns (textPair: null for none). Read: ${notes.join(" | ")}.`,
      },
    );
  }
  return { benchmark, notes };
}

/** Data sets of the Hugging Face hub, by id. */
export const hub: BenchmarkSource = {
  name: "hub",
  summary:
    "a data set of the Hugging Face hub by id, with generated rows of a file or another data set",
  options,
  load: (record) => loadHub(record, { environment: process.env, home: homedir() }),
};
