import { forPeople, hubError } from "./hub-errors.js";
import { parseHubId } from "./hub-id.js";
import { chooseModelFiles, hasTokenizer, lackOfModel } from "./model-files.js";
import { type HubOptions, isUnreachable, Repository } from "./repository.js";

/** Options of `resolveModelFolder`. */
export interface ModelOptions extends HubOptions {
  /** Branch, tag or commit. Default: that of the id, else "main". */
  readonly revision?: string;
}

/** A model of the hub on this machine. */
export interface ModelFolder {
  /** Snapshot folder of the cache; read only. */
  readonly folder: string;
  /** The commit. */
  readonly revision: string;
  /** Paths in the folder that belong to the checkpoint. */
  readonly files: readonly string[];
  /** True where nothing had to be downloaded. */
  readonly fromCache: boolean;
  /** Sentences on what could not be made certain. */
  readonly notes: readonly string[];
}

const CONVERT =
  "Choose another model, or convert it: in Python, `AutoModel.from_pretrained(ID).save_pretrained(FOLDER)` and the same with AutoTokenizer; then give that FOLDER.";

async function ofCache(repository: Repository) {
  const known = await repository.known();
  if (known === undefined) return undefined;
  const files = chooseModelFiles(known.paths);
  const complete = lackOfModel(known.paths) === undefined;
  // Without the hub's list, configuration and weights alone may be half of a download.
  if (!complete || (known.files === undefined && !hasTokenizer(files))) return undefined;
  const defects = await repository.defects(known, files);
  return { known, files, defects };
}

/**
 * The files of a BERT-like checkpoint of the hub, in the cache that Python's `huggingface_hub` uses
 * too. What the cache has is used without any request, compared with its digests; a damaged or
 * missing file is fetched anew. A branch keeps the commit it had when first asked for, until
 * `refresh`.
 * @param id "owner/name", with "@revision" if wanted.
 * @throws CounterweightError `spec` for what is no id; `model` where the hub cannot be asked and the
 * cache does not have it, where the hub refuses, or where the repository is no such checkpoint.
 */
export async function resolveModelFolder(id: string, options: ModelOptions): Promise<ModelFolder> {
  const hub = parseHubId(id);
  const revision = options.revision ?? hub.revision ?? "main";
  const repository = new Repository({ type: "model", id: hub.id }, revision, options);
  try {
    const cached = await ofCache(repository);
    const whole = cached !== undefined && cached.defects.size === 0;
    const fromCache = (): ModelFolder | undefined => {
      if (cached === undefined || !whole) return undefined;
      const { known, files } = cached;
      return {
        folder: repository.snapshot(known.commit),
        revision: known.commit,
        files,
        fromCache: true,
        notes: [],
      };
    };
    if (options.refresh !== true || repository.offline) {
      const found = fromCache();
      if (found !== undefined) return found;
      const [damaged] = cached?.defects ?? [];
      if (damaged !== undefined && repository.offline) {
        throw hubError(
          repository.wanted,
          `${damaged[0]} in the cache (${repository.folder}) cannot be used: ${damaged[1]}, and HF_HUB_OFFLINE forbids fetching it.`,
          "Unset HF_HUB_OFFLINE and start again: it is then fetched anew.",
        );
      }
    }
    try {
      const known = await repository.ask();
      const lack = lackOfModel(known.paths);
      if (lack !== undefined) {
        throw hubError(
          repository.wanted,
          `this is no checkpoint that can be read: ${lack}.`,
          CONVERT,
        );
      }
      const files = chooseModelFiles(known.paths);
      const downloads = await repository.fetch(known, files);
      await repository.remember(known.commit);
      return {
        folder: repository.snapshot(known.commit),
        revision: known.commit,
        files,
        fromCache: downloads === 0,
        notes: [],
      };
    } catch (error) {
      const found = isUnreachable(error) ? fromCache() : undefined;
      if (found === undefined) throw error;
      const note = `${hub.id}@${revision}: the hub could not be asked for news; the cache's commit is used`;
      return { ...found, notes: [...found.notes, note] };
    }
  } catch (error) {
    throw forPeople(error, repository.wanted);
  }
}
