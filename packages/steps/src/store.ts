import type { Making } from "./step.js";

/** How an entry came to be. */
export interface EntryRecord {
  /** ISO 8601, UTC. */
  readonly started: string;
  readonly ended: string;
  /** Wall time of the step's own work, all attempts that led to it added up where known. */
  readonly seconds: number;
  /** Largest resident set of the process while it worked, in bytes; undefined where not measured. */
  readonly peakMemoryBytes?: number;
  /** The step's label when it was made. */
  readonly label: string;
  readonly cost: { readonly shape: string; readonly units: number };
  readonly threads: number;
  /** What made it: code version, git commit and dirty flag, package versions. */
  readonly code: Readonly<Record<string, unknown>>;
  /** Where: processor, cores, memory, platform, and `id`, equal for machines that take equal time. */
  readonly machine: MachineRecord;
  readonly executor: string;
  /** 1 for the first try. */
  readonly attempt: number;
}

export interface MachineRecord {
  /** SHA-256 prefix of processor model, cores and memory: no host name. */
  readonly id: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
}

/** What an entry says of a file. */
export interface FileProof {
  readonly bytes: number;
  readonly sha256: string;
}

/** A published entry whose files have been proven by their hashes. */
export interface Entry {
  readonly key: string;
  readonly making: Making;
  readonly record: EntryRecord;
  /** Small result of the step, plain JSON. */
  readonly result: unknown;
  /** Size and SHA-256 of each file by its path in the entry (may hold `/`). */
  readonly files: Readonly<Record<string, FileProof>>;
  /**
   * Of the log of its making, proven as the files are: what was emitted and said over all attempts.
   * No part of the result: equal results have other logs. `readLog` gives it. Absent where none was
   * kept.
   */
  readonly log?: FileProof;
  /** Absolute folder. */
  readonly folder: string;
}

export type Lookup =
  | { readonly kind: "found"; readonly entry: Entry }
  | { readonly kind: "absent" }
  /** It did not match its hashes, and was moved to `movedTo` so that the step is made anew. */
  | { readonly kind: "damaged"; readonly reason: string; readonly movedTo: string };

/** Who makes a step. */
export interface Holder {
  readonly host: string;
  readonly process: number;
  /** Fencing token: greater for every later owner of the key. */
  readonly token: number;
}

export type Claim =
  | { readonly kind: "mine"; readonly lease: Lease }
  | { readonly kind: "held"; readonly by: Holder }
  | { readonly kind: "published" };

/** The right to make a step, kept alive by heartbeats until it is published, released or lost. */
export interface Lease {
  readonly key: string;
  readonly token: number;
  /** The silent owner it was taken from, and for how long nothing was heard of it. */
  readonly takenFrom: (Holder & { readonly silentSeconds: number }) | undefined;
  /** Aborted when another took the lease: stop working. */
  readonly lost: AbortSignal;
  /** A new empty folder for the step's files; gone if it is not published. */
  readonly draft: string;
  /** A folder that outlives kills, for checkpoints of this key; removed on publishing. */
  readonly work: string;
  /**
   * Looks now, where `lost` says it within a heartbeat. False: draft and work folder may be gone,
   * and a failure may come from that.
   */
  stillMine(): Promise<boolean>;
  /**
   * Hashes the draft's files, writes the log and the marker, syncs, checks the fencing token, and
   * renames. A log that the disk refuses is left out.
   * `lost`: another owner has a greater token; `published`: an entry was there already.
   */
  publish(content: {
    readonly making: Making;
    readonly record: EntryRecord;
    readonly result: unknown;
    readonly log?: string;
  }): Promise<"published" | "lost" | "already">;
  /** Gives the lease back without publishing; the work folder stays. */
  release(): Promise<void>;
}

/** A content-addressed folder that processes and hosts share. */
export interface Store {
  readonly folder: string;
  /** Whether the marker of an entry is there; proves nothing else. Cheap. */
  has(key: string): Promise<boolean>;
  /**
   * Reads an entry, and proves every file by its hash; not again where this store has done that and
   * no file was written since. What can be damaged without a write is seen by `file`, and here with
   * `afresh`.
   */
  read(key: string, options?: { readonly afresh?: boolean }): Promise<Lookup>;
  /** Bytes of a file of an entry. @throws where the hash does not match */
  file(entry: Entry, name: string): Promise<Buffer>;
  /** Tries to become the one who makes a step; never waits. */
  claim(key: string): Promise<Claim>;
  /** Keys of all entries, sorted. */
  keys(): Promise<string[]>;
  /** Making, record and files of an entry without proving the files; undefined where there is none. */
  describe(key: string): Promise<Entry | undefined>;
  /** Moves an entry to the quarantine. */
  quarantine(key: string, reason: string): Promise<string>;
  /** Removes an entry. */
  remove(key: string): Promise<void>;
}
