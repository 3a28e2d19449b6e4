import { askCommit, askFiles } from "./ask-hub.js";
import {
  isCommit,
  isSafePath,
  listSnapshot,
  type Repo,
  type RepoFile,
  readReference,
  readTree,
  repoFolder,
  snapshotFolder,
  writeReference,
  writeTree,
} from "./cache-layout.js";
import { HubFailure } from "./failure.js";
import { byHand, hubError, type Wanted } from "./hub-errors.js";
import { type HubSession, openSession, type Patience } from "./session.js";
import { type Environment, type HubSettings, hubSettings } from "./settings.js";
import { type DownloadProgress, defectsOf, fetchFiles } from "./snapshot.js";
import { defectOf, expectedByLink } from "./verify.js";

/** What every call of this package takes. */
export interface HubOptions extends Patience {
  /** Environment variables, usually `process.env`. */
  readonly environment: Environment;
  /** The person's home folder, usually `os.homedir()`. */
  readonly home: string;
  /** Ask the hub what a branch or tag has now, even where the cache knows an answer. Default: false. */
  readonly refresh?: boolean;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
}

/** Files of one commit as far as they are known without the network. */
interface Known {
  readonly commit: string;
  /** Paths of all files of the commit (`complete`), or of those in the cache. */
  readonly paths: readonly string[];
  readonly files: readonly RepoFile[] | undefined;
}

/** One repository at one revision: cache first, then the hub. */
export class Repository {
  readonly wanted: Wanted;
  readonly folder: string;
  readonly #options: HubOptions;
  readonly #settings: HubSettings;
  #session: Promise<HubSession> | undefined;

  constructor(repo: Repo, revision: string, options: HubOptions) {
    this.#options = options;
    this.#settings = hubSettings(options.environment, options.home);
    this.wanted = { repo, revision, settings: this.#settings };
    this.folder = repoFolder(this.#settings.cacheFolder, repo);
  }

  get offline(): boolean {
    return this.#settings.offline;
  }

  /** The same repository at another revision. */
  at(revision: string): Repository {
    return new Repository(this.wanted.repo, revision, this.#options);
  }

  #open(): Promise<HubSession> {
    if (this.offline) {
      throw hubError(
        this.wanted,
        `it is not (wholly) in the cache (${this.#settings.cacheFolder}), and HF_HUB_OFFLINE forbids asking the hub.`,
        `Unset HF_HUB_OFFLINE. ${byHand(this.wanted)}`,
      );
    }
    this.#session ??= openSession(this.#settings, this.#options, this.#options.signal);
    return this.#session;
  }

  /** What the cache knows of this revision; undefined where nothing. */
  async known(): Promise<Known | undefined> {
    const commit = await readReference(this.folder, this.wanted.revision);
    if (commit === undefined) return undefined;
    const files = await readTree(this.folder, commit);
    const paths =
      files?.map(({ path }) => path) ?? (await listSnapshot(snapshotFolder(this.folder, commit)));
    return paths.length === 0 ? undefined : { commit, paths: paths.filter(isSafePath), files };
  }

  /**
   * What the hub says of this revision; remembered in the cache.
   * @throws HubFailure, or CounterweightError where no request may be made.
   */
  async ask(): Promise<Known & { readonly files: readonly RepoFile[] }> {
    const session = await this.#open();
    const { repo, revision } = this.wanted;
    const commit = isCommit(revision) ? revision : await askCommit(session, repo, revision);
    let files = await readTree(this.folder, commit);
    if (files === undefined) {
      files = await askFiles(session, repo, commit);
      await writeTree(this.folder, commit, files);
    }
    return { commit, files, paths: files.map(({ path }) => path) };
  }

  /**
   * What is wrong with the given files in the cache, by path; empty where all are there and whole.
   * Without the hub's list, a file is compared with the digest in the name of its blob.
   */
  async defects(known: Known, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const defects = new Map<string, string>();
    if (known.files !== undefined) {
      const chosen = known.files.filter(({ path }) => paths.includes(path));
      for (const [{ path }, why] of await defectsOf(this.folder, known.commit, chosen)) {
        defects.set(path, why);
      }
      return defects;
    }
    for (const path of paths) {
      const place = `${snapshotFolder(this.folder, known.commit)}/${path}`;
      const defect = await defectOf(place, await expectedByLink(place));
      if (defect !== undefined) defects.set(path, defect);
    }
    return defects;
  }

  /**
   * Makes sure that the given files are whole in the cache.
   * @returns number of downloads that it took.
   */
  async fetch(
    known: Known & { readonly files: readonly RepoFile[] },
    paths: readonly string[],
  ): Promise<number> {
    const chosen = known.files.filter(({ path }) => paths.includes(path));
    const wanting = [...(await defectsOf(this.folder, known.commit, chosen)).keys()];
    if (wanting.length === 0) return 0;
    const session = await this.#open();
    const { repo } = this.wanted;
    return fetchFiles(session, repo, this.folder, known.commit, wanting, this.#options.onProgress);
  }

  /** Remembers what commit the revision has; called when all files are there. */
  async remember(commit: string): Promise<void> {
    const { revision } = this.wanted;
    if ((await readReference(this.folder, revision)) !== commit) {
      await writeReference(this.folder, revision, commit);
    }
  }

  /** Folder of the files at a commit. */
  snapshot(commit: string): string {
    return snapshotFolder(this.folder, commit);
  }
}

/** True where a failure says that the hub cannot be asked at all, so that the cache must do. */
export const isUnreachable = (error: unknown): boolean =>
  error instanceof HubFailure &&
  (error.kind === "unreachable" || error.kind === "timeout" || error.kind === "cut");
