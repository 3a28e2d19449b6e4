import type { CardConfig, DatasetCard } from "./dataset-card.js";

/** Files of each split, in order, by split; one configuration of a data set. */
export interface DatasetConfig {
  readonly name: string;
  readonly splits: ReadonlyMap<string, readonly string[]>;
}

/** Endings that can be read, the most telling first: where a split is there twice, the first counts. */
const FORMATS: readonly RegExp[] = ["parquet", "jsonl", "ndjson", "csv", "tsv", "json"].map(
  (ending) => new RegExp(`\\.${ending}(?:\\.gz)?$`, "i"),
);
/** JSON files that describe and hold no rows. */
const DESCRIPTIONS =
  /(?:^|\/)(?:dataset_infos?|dataset_dict|state|config|package|metadata|croissant)\.json$/i;

const formatOf = (path: string): number => FORMATS.findIndex((ending) => ending.test(path));
const isData = (path: string): boolean =>
  formatOf(path) !== -1 && !DESCRIPTIONS.test(path) && !/(?:^|\/)\./.test(path);

/** Words by which the hub's own tools know splits. */
const SPLIT_WORDS: readonly (readonly [string, readonly string[]])[] = [
  ["train", ["train", "training"]],
  ["validation", ["validation", "valid", "dev", "val"]],
  ["test", ["test", "testing", "eval", "evaluation"]],
];
const SHARD = /^(.+?)-\d{5}-of-\d{5}\./;

/** The split that a folder or file name speaks of; undefined where it names none. */
function splitNamed(name: string): string | undefined {
  const words = name.toLowerCase().split(/[^a-z]+/);
  return SPLIT_WORDS.find(([, names]) => names.some((word) => words.includes(word)))?.[0];
}

function splitOf(path: string): string | undefined {
  const parts = path.split("/");
  const file = parts.at(-1) ?? "";
  const shard = SHARD.exec(file)?.[1];
  if (shard !== undefined)
    return splitNamed(shard) === shard ? shard : (splitNamed(shard) ?? shard);
  const folder = parts
    .slice(0, -1)
    .reverse()
    .map((part) => splitNamed(part))
    .find((split) => split !== undefined);
  return splitNamed(file) ?? folder;
}

/** A glob of the hub as a regular expression: `*`, `**`, `?`, `[abc]`, `{a,b}`. */
export function globExpression(glob: string): RegExp {
  let source = "";
  let depth = 0;
  for (let i = 0; i < glob.length; i++) {
    const sign = glob.charAt(i);
    if (glob.startsWith("**/", i)) {
      source += "(?:.*/)?";
      i += 2;
    } else if (glob.startsWith("**", i)) {
      source += ".*";
      i++;
    } else if (sign === "*") source += "[^/]*";
    else if (sign === "?") source += "[^/]";
    else if (sign === "[" && glob.includes("]", i)) {
      const end = glob.indexOf("]", i);
      const inside = glob
        .slice(i + 1, end)
        .replace(/\\/g, "\\\\")
        .replace(/^!/, "^");
      source += `[${inside}]`;
      i = end;
    } else if (sign === "{" && glob.includes("}", i)) {
      source += "(?:";
      depth++;
    } else if (sign === "}" && depth > 0) {
      source += ")";
      depth--;
    } else if (sign === "," && depth > 0) source += "|";
    else source += sign.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
  }
  return new RegExp(`^${source}$`);
}

/** Of files that hold the same split in several formats, those of the first format. */
function oneFormat(paths: readonly string[]): readonly string[] {
  const best = Math.min(...paths.map(formatOf));
  return paths.filter((path) => formatOf(path) === best).sort();
}

function splitsByName(paths: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const bySplit = new Map<string, string[]>();
  for (const path of paths) {
    const split = splitOf(path);
    if (split !== undefined) bySplit.set(split, [...(bySplit.get(split) ?? []), path]);
  }
  // No name speaks of a split: all rows are for training, as the hub's own tools take it.
  if (bySplit.size === 0 && paths.length > 0) bySplit.set("train", [...paths]);
  return new Map([...bySplit].map(([split, files]) => [split, oneFormat(files)]));
}

function configOfCard(config: CardConfig, paths: readonly string[]): DatasetConfig {
  const inside = paths.filter((path) => path.startsWith(config.folder));
  if (config.splits === undefined) return { name: config.name, splits: splitsByName(inside) };
  const splits = config.splits.map(({ split, patterns }): [string, readonly string[]] => {
    const expressions = patterns.map((pattern) =>
      globExpression(config.folder + pattern.replace(/^\.?\//, "")),
    );
    return [split, paths.filter((path) => expressions.some((one) => one.test(path))).sort()];
  });
  return { name: config.name, splits: new Map(splits.filter(([, files]) => files.length > 0)) };
}

/** The folder that names a configuration: the first one, unless it is "data" or names a split. */
function configFolder(path: string): string {
  const [first, ...rest] = path.split("/");
  const plain = rest.length === 0 || first === undefined || first === "data";
  return plain || splitNamed(first) !== undefined ? "" : first;
}

/**
 * The configurations of a data set, the one to take by default first, each with the files of its
 * splits: as the card states them, else by the names of folders and files (data/train-00000-of-00001.parquet,
 * CONFIG/test.csv, train.jsonl.gz, CONFIG/train/0000.parquet). Configurations without files that can
 * be read are left out.
 */
export function datasetLayout(
  paths: readonly string[],
  card: DatasetCard | undefined,
): readonly DatasetConfig[] {
  const data = paths.filter(isData);
  const stated = card?.configs ?? [];
  const configs =
    stated.length > 0
      ? [...stated]
          .sort((left, right) => rank(left) - rank(right))
          .map((config) => configOfCard(config, data))
      : byFolder(data);
  return configs.filter(({ splits }) => splits.size > 0);
}

const rank = ({ isDefault, name }: CardConfig): number =>
  isDefault ? 0 : name === "default" ? 1 : 2;

function byFolder(paths: readonly string[]): DatasetConfig[] {
  const folders = [...new Set(paths.map(configFolder))].sort();
  return folders.map((folder) => ({
    name: folder === "" ? "default" : folder,
    splits: splitsByName(paths.filter((path) => configFolder(path) === folder)),
  }));
}

/** Shards that a list of files lacks, by their own counting (NAME-00001-of-00003), in words. */
export function missingShard(paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const [, stem, , count, ending] = /^(.*-)(\d{5})-of-(\d{5})(\..+)$/.exec(path) ?? [];
    if (stem === undefined || count === undefined) continue;
    for (let number = 0; number < Number(count); number++) {
      const name = `${stem}${String(number).padStart(5, "0")}-of-${count}${ending}`;
      if (!paths.includes(name)) return name;
    }
  }
  return undefined;
}
