import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { nearest } from "@counterweight/base";
import type { RepoFile } from "./cache-layout.js";
import { type DatasetCard, parseDatasetCard } from "./dataset-card.js";
import { type DatasetConfig, datasetLayout, missingShard } from "./dataset-layout.js";
import { HubFailure } from "./failure.js";
import { byHand, forPeople, hubError } from "./hub-errors.js";
import { parseHubId } from "./hub-id.js";
import { type HubOptions, isUnreachable, Repository } from "./repository.js";

/** The branch in which the hub keeps most data sets as Parquet, CONFIG/SPLIT/0000.parquet. */
const CONVERTED = "refs/convert/parquet";

/** Options of `resolveDatasetFiles`. */
export interface DatasetOptions extends HubOptions {
  /** Configuration (subset). Default: the card's default, else the only one. */
  readonly config?: string;
  /** Branch, tag or commit. Default: that of the id, else "main". */
  readonly revision?: string;
  /** Which splits to fetch: names, or a choice among those there are. Default: all. */
  readonly splits?: readonly string[] | ((available: readonly string[]) => readonly string[]);
}

/** One split of a data set on this machine. */
export interface DatasetSplit {
  readonly split: string;
  /** Paths in the repository, in order. */
  readonly hubFiles: readonly string[];
  /** The same files on this machine; read only. */
  readonly files: readonly string[];
}

/** A data set of the hub on this machine. */
export interface DatasetFiles {
  /** The commit. */
  readonly revision: string;
  readonly config: string;
  readonly configs: readonly string[];
  /** All splits that there are. */
  readonly available: readonly string[];
  /** Those asked for, in the order asked. */
  readonly splits: readonly DatasetSplit[];
  /** Class names by column, as README.md states them. */
  readonly classNames: Readonly<Record<string, readonly string[]>>;
  readonly license?: string;
  /** True where nothing had to be downloaded. */
  readonly fromCache: boolean;
  /** Sentences on what was decided or could not be made certain. */
  readonly notes: readonly string[];
}

/** A repository whose list of files is known, by the hub or, in need, by the cache alone. */
interface Opened {
  readonly repository: Repository;
  readonly commit: string;
  readonly paths: readonly string[];
  readonly files: readonly RepoFile[] | undefined;
  readonly notes: readonly string[];
}

async function open(repository: Repository, refresh: boolean): Promise<Opened> {
  const known = await repository.known();
  const mustAsk = known?.files === undefined || (refresh && !repository.offline);
  if (!mustAsk) return { repository, ...known, notes: [] };
  const { repo, revision } = repository.wanted;
  const ofCache = (): Opened | undefined =>
    known === undefined
      ? undefined
      : {
          repository,
          ...known,
          notes: [
            `${repo.id}@${revision}: the hub could not be asked; the cache's files are used as they are`,
          ],
        };
  try {
    if (repository.offline)
      return ofCache() ?? { repository, ...(await repository.ask()), notes: [] };
    return { repository, ...(await repository.ask()), notes: [] };
  } catch (error) {
    const cached = isUnreachable(error) ? ofCache() : undefined;
    if (cached === undefined) throw error;
    return cached;
  }
}

/** Makes sure that files are there; of a cache whose list is unknown, that they are not damaged. */
async function ensure(opened: Opened, paths: readonly string[]): Promise<number> {
  const { repository, commit, files } = opened;
  if (files !== undefined) {
    const downloads = await repository.fetch({ commit, paths, files }, paths);
    await repository.remember(commit);
    return downloads;
  }
  const missing = missingShard(paths);
  const [damaged] = await repository.defects({ commit, paths, files }, paths);
  if (missing === undefined && damaged === undefined) return 0;
  const what =
    damaged === undefined
      ? `the cache lacks ${missing}`
      : `${damaged[0]} in the cache: ${damaged[1]}`;
  throw hubError(
    repository.wanted,
    `${what}, and the hub cannot be asked.`,
    `Start again with a network. ${byHand(repository.wanted)}`,
  );
}

async function cardOf(opened: Opened): Promise<DatasetCard | undefined> {
  if (!opened.paths.includes("README.md")) return undefined;
  await ensure(opened, ["README.md"]);
  const path = join(opened.repository.snapshot(opened.commit), "README.md");
  return parseDatasetCard(await readFile(path, "utf8"));
}

function chooseConfig(
  configs: readonly DatasetConfig[],
  name: string | undefined,
  opened: Opened,
): DatasetConfig {
  const names = configs.map((config) => config.name);
  const found =
    name === undefined
      ? configs.length === 1 || names[0] === "default"
        ? configs[0]
        : undefined
      : configs.find((config) => config.name === name);
  if (found !== undefined) return found;
  const close = name === undefined ? undefined : nearest(name, names);
  throw hubError(
    opened.repository.wanted,
    name === undefined
      ? `the data set has ${names.length} configurations and none of them is the default.`
      : `the data set has no configuration ${JSON.stringify(name)}.`,
    close === undefined
      ? `Set config to one of ${names.slice(0, 20).join(", ")}${names.length > 20 ? ", ..." : ""}.`
      : `Did you mean ${JSON.stringify(close)}?`,
  );
}

function chooseSplits(
  config: DatasetConfig,
  wanted: DatasetOptions["splits"],
  opened: Opened,
): readonly string[] {
  const available = [...config.splits.keys()];
  const names = typeof wanted === "function" ? wanted(available) : (wanted ?? available);
  for (const name of names) {
    if (available.includes(name)) continue;
    const close = nearest(name, available);
    throw hubError(
      opened.repository.wanted,
      `the configuration ${JSON.stringify(config.name)} has no split ${JSON.stringify(name)}; it has ${available.join(", ")}.`,
      close === undefined ? "Name one of these." : `Did you mean ${JSON.stringify(close)}?`,
    );
  }
  return names;
}

/** The converted branch, for repositories whose own files cannot be read. */
async function openConverted(opened: Opened, refresh: boolean): Promise<Opened> {
  const { repository } = opened;
  try {
    const converted = await open(repository.at(CONVERTED), refresh);
    const note = `${repository.wanted.repo.id}: its own files cannot be read; the hub's conversion to Parquet (${CONVERTED}) is used`;
    return { ...converted, notes: [...opened.notes, ...converted.notes, note] };
  } catch (error) {
    if (!(error instanceof HubFailure && error.status === 404)) throw error;
    const examples = opened.paths.filter((path) => !/^\.|README/.test(path)).slice(0, 3);
    throw hubError(
      repository.wanted,
      `the data set has no Parquet, CSV, TSV, JSON Lines or JSON files (it has ${examples.join(", ") || "none"}), and the hub has not converted it.`,
      "Load it in Python with its own script, save it as CSV or Parquet, and use the benchmark files.",
      error,
    );
  }
}

/**
 * The files of a data set of the hub by split, in the cache that Python's `huggingface_hub` uses too:
 * as the card's `configs` state them, else by their names, else of the hub's conversion to Parquet.
 * Only the splits asked for are downloaded; the list of a commit's files is remembered, so that a
 * second call needs no request.
 * @param id "owner/name", with "@revision" if wanted.
 * @throws CounterweightError `spec` for what is no id; `data` where the hub cannot be asked and the
 * cache does not have it, where it refuses, and for unknown configurations and splits.
 */
export async function resolveDatasetFiles(
  id: string,
  options: DatasetOptions,
): Promise<DatasetFiles> {
  const hub = parseHubId(id, "data set");
  const revision = options.revision ?? hub.revision ?? "main";
  const repository = new Repository({ type: "dataset", id: hub.id }, revision, options);
  const refresh = options.refresh === true;
  try {
    const main = await open(repository, refresh);
    const card = await cardOf(main);
    const own = datasetLayout(main.paths, card);
    const opened = own.length > 0 ? main : await openConverted(main, refresh);
    const configs = own.length > 0 ? own : datasetLayout(opened.paths, undefined);
    const config = chooseConfig(configs, options.config, opened);
    const names = chooseSplits(config, options.splits, opened);
    const splits = names.map((split): DatasetSplit => {
      const hubFiles = config.splits.get(split) ?? [];
      const folder = opened.repository.snapshot(opened.commit);
      return { split, hubFiles, files: hubFiles.map((path) => join(folder, path)) };
    });
    const wanted = [...new Set(splits.flatMap(({ hubFiles }) => hubFiles))];
    const downloads = await ensure(opened, wanted);
    if (main.files !== undefined) await repository.remember(main.commit);
    const classNames = card?.classNames.get(config.name) ?? card?.classNames.get("default") ?? {};
    return {
      revision: opened.commit,
      config: config.name,
      configs: configs.map(({ name }) => name),
      available: [...config.splits.keys()],
      splits,
      classNames,
      ...(card?.license === undefined ? {} : { license: card.license }),
      fromCache: downloads === 0,
      notes: [...opened.notes, ...(card?.notes ?? [])],
    };
  } catch (error) {
    throw forPeople(error, repository.wanted);
  }
}
