import { stat } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "@counterweight/base";
import type { FileProof } from "../store.js";
import { ifThere } from "./files.js";

/** Entries that this process has proven, each as its files were then. */
export interface ProvenEntries {
  readonly has: (key: string, stamp: ProofStamp) => boolean;
  /** Remembers it, unless a file is so young that a write could still be without a trace. */
  readonly add: (key: string, stamp: ProofStamp) => void;
  readonly forget: (key: string) => void;
}

export interface ProofStamp {
  /** Hash of what the marker says of each file and what the file system says of it. */
  readonly text: string;
  /** The latest time of any file, and when it was looked at; milliseconds. */
  readonly newest: number;
  readonly seen: number;
}

/** File systems with coarse clocks count in steps of up to 2 s. */
const settledMilliseconds = 2500;

/**
 * Remembers by size, times of last write and change, and inode of each file. Any write gives a file
 * another time of change, also one that sets the time of last write back, and so does another file in
 * its place. What this does not see is damage without a write: bits that rot on the disk, what is
 * done to the disk below the file system, and a server of files whose clock is seconds behind this
 * machine's. For those `file()` hashes the bytes that it gives, each time.
 */
export function provenEntries(): ProvenEntries {
  const stamps = new Map<string, string>();
  return {
    has: (key, { text }) => stamps.get(key) === text,
    add: (key, { text, newest, seen }) => {
      if (seen - newest > settledMilliseconds) stamps.set(key, text);
      else stamps.delete(key);
    },
    forget: (key) => {
      stamps.delete(key);
    },
  };
}

/** The stamp of files as they are now, to be taken before they are hashed; undefined where one is gone. */
export async function proofStamp(
  folder: string,
  files: ReadonlyMap<string, FileProof>,
): Promise<ProofStamp | undefined> {
  const seen = Date.now();
  let newest = 0;
  const lines: string[] = [];
  for (const [name, proof] of files) {
    const found = await ifThere(stat(join(folder, name), { bigint: true }));
    if (found === undefined) return undefined;
    const { dev, ino, size, mtimeNs, ctimeNs, mtimeMs, ctimeMs } = found;
    lines.push([name, proof.sha256, dev, ino, size, mtimeNs, ctimeNs].join("\0"));
    newest = Math.max(newest, Number(mtimeMs), Number(ctimeMs));
  }
  return { text: sha256(lines.join("\n")), newest, seen };
}
