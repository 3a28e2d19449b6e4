import { CardSyntaxError, type CardValue, parseCardYaml } from "./card-yaml.js";

/** Files of one split as a card states them: paths or globs. */
export interface CardSplit {
  readonly split: string;
  readonly patterns: readonly string[];
}

/** One configuration (subset) of a data set as its card states it. */
export interface CardConfig {
  readonly name: string;
  readonly isDefault: boolean;
  /** Folder that all patterns are meant in, with "/" at its end; "" for the repository's root. */
  readonly folder: string;
  /** Absent where the card leaves the files to be found by their names. */
  readonly splits?: readonly CardSplit[];
}

/** What the front matter of a data set's README.md says. */
export interface DatasetCard {
  readonly license?: string;
  readonly configs: readonly CardConfig[];
  /** Class names by column, by configuration. */
  readonly classNames: ReadonlyMap<string, Readonly<Record<string, readonly string[]>>>;
  /** Sections that were not understood. */
  readonly notes: readonly string[];
}

type CardMap = { readonly [key: string]: CardValue };
const isMap = (value: CardValue | undefined): value is CardMap =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isList = (value: CardValue | undefined): value is readonly CardValue[] =>
  Array.isArray(value);
const text = (value: CardValue | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;
const strings = (value: CardValue | undefined): readonly string[] =>
  typeof value === "string"
    ? [value]
    : isList(value)
      ? value.flatMap((item) => text(item) ?? [])
      : [];

/** A top-level section of the front matter with all that is indented below it. */
function section(frontMatter: string, key: string): string | undefined {
  const lines = frontMatter.split(/\r?\n/);
  const start = lines.findIndex((line) => line.startsWith(`${key}:`));
  if (start === -1) return undefined;
  const length = lines.slice(start + 1).findIndex((line) => /^[^\s#-]/.test(line));
  return lines.slice(start, length === -1 ? undefined : start + 1 + length).join("\n");
}

function splitsOf(value: CardValue | undefined): readonly CardSplit[] | undefined {
  if (typeof value === "string") return [{ split: "train", patterns: [value] }];
  if (!isList(value)) return undefined;
  if (value.every((item) => typeof item === "string")) {
    return [{ split: "train", patterns: strings(value) }];
  }
  return value.flatMap((item) => {
    const split = isMap(item) ? text(item.split) : undefined;
    if (!isMap(item) || split === undefined) return [];
    return [{ split, patterns: strings(item.path) }];
  });
}

function configsOf(value: CardValue | undefined): readonly CardConfig[] {
  return (isList(value) ? value : []).flatMap((item) => {
    if (!isMap(item)) return [];
    const splits = splitsOf(item.data_files);
    const folder = text(item.data_dir)?.replace(/^\.\//, "").replace(/\/*$/, "/") ?? "";
    return [
      {
        name: text(item.config_name) ?? "default",
        isDefault: text(item.default) === "true",
        folder: folder === "/" ? "" : folder,
        ...(splits === undefined ? {} : { splits }),
      },
    ];
  });
}

function namesOf(classLabel: CardValue | undefined): readonly string[] | undefined {
  const names = isMap(classLabel) ? classLabel.names : undefined;
  if (isList(names)) return strings(names);
  if (!isMap(names)) return undefined;
  const entries = Object.entries(names).sort(([left], [right]) => Number(left) - Number(right));
  const inOrder = entries.every(([key], index) => Number(key) === index);
  return inOrder ? entries.flatMap(([, name]) => text(name) ?? []) : undefined;
}

function classNamesOf(value: CardValue | undefined): DatasetCard["classNames"] {
  const infos = isList(value) ? value : [value];
  return new Map(
    infos.filter(isMap).map((info) => {
      const features = isList(info.features) ? info.features.filter(isMap) : [];
      const columns = features.flatMap((feature): [string, readonly string[]][] => {
        const column = text(feature.name);
        const dtype = isMap(feature.dtype) ? feature.dtype.class_label : feature.class_label;
        const names = namesOf(dtype);
        return column === undefined || names === undefined ? [] : [[column, names]];
      });
      return [text(info.config_name) ?? "default", Object.fromEntries(columns)] as const;
    }),
  );
}

/**
 * What the YAML at the head of a data set's README.md says of files, classes and licence. A section
 * outside the understood part of YAML is left out, with a note.
 */
export function parseDatasetCard(readme: string): DatasetCard {
  const frontMatter = /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---/.exec(readme)?.[1] ?? "";
  const notes: string[] = [];
  const value = (key: string): CardValue | undefined => {
    const source = section(frontMatter, key);
    if (source === undefined) return undefined;
    try {
      const parsed = parseCardYaml(source);
      return isMap(parsed) ? parsed[key] : undefined;
    } catch (error) {
      if (!(error instanceof CardSyntaxError)) throw error;
      notes.push(`README.md: ${key} is not understood (${error.message}) and left out`);
      return undefined;
    }
  };
  const license = strings(value("license")).join(", ");
  return {
    ...(license === "" ? {} : { license }),
    configs: configsOf(value("configs")),
    classNames: classNamesOf(value("dataset_info")),
    notes,
  };
}
