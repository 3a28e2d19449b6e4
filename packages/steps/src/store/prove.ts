import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { CounterweightError, sha256 } from "@counterweight/base";
import type { Entry, FileProof } from "../store.js";
import { hashFile, ifThere, listFolder } from "./files.js";
import { logName, markerName } from "./layout.js";
import { type Marker, parseMarker } from "./marker.js";
import { type ProvenEntries, proofStamp } from "./proven-entries.js";

export type Proof =
  | { readonly kind: "whole"; readonly entry: Entry }
  | { readonly kind: "absent" }
  | { readonly kind: "damaged"; readonly reason: string };

const damaged = (reason: string): Proof => ({ kind: "damaged", reason });

/**
 * Proves that a folder is the entry of `key`, whole: its marker, each file by its hash, no other.
 * @param proven files that it knows as they are now are not hashed again
 */
export async function proveEntry(
  folder: string,
  key: string,
  proven?: ProvenEntries,
): Promise<Proof> {
  const content = await ifThere(readFile(join(folder, markerName)));
  if (content === undefined) {
    const there = (await ifThere(stat(folder))) !== undefined;
    return there ? damaged(`${markerName} is missing`) : { kind: "absent" };
  }
  const marker = parseMarker(content);
  if (marker === undefined) return damaged(`${markerName} does not match its hash`);
  if (marker.key !== key) return damaged(`it is the entry of another key, ${marker.key}`);
  const listing = await ifThere(listFolder(folder));
  if (listing === undefined) return { kind: "absent" };
  const files = proofsOf(marker);
  const strange =
    listing.others[0] ?? listing.files.find((name) => name !== markerName && !files.has(name));
  if (strange !== undefined) return damaged(`${strange} does not belong to it`);
  const entry = { ...marker, folder };
  const stamp = proven === undefined ? undefined : await proofStamp(entry.folder, files);
  if (stamp !== undefined && proven?.has(key, stamp)) return { kind: "whole", entry };
  for (const [name, expected] of files) {
    const wrong = listing.files.includes(name)
      ? await whatIsWrong(join(folder, name), expected)
      : "is missing";
    if (wrong !== undefined) return damaged(`${name} ${wrong}`);
  }
  if (stamp !== undefined) proven?.add(key, stamp);
  return { kind: "whole", entry };
}

/** What the marker says of all files but itself. */
function proofsOf({ files, log }: Marker): ReadonlyMap<string, FileProof> {
  const proofs = new Map(Object.entries(files));
  return log === undefined ? proofs : proofs.set(logName, log);
}

async function whatIsWrong(path: string, expected: FileProof): Promise<string | undefined> {
  const found = await ifThere(hashFile(path));
  if (found === undefined) return "is missing";
  const { bytes } = found;
  if (bytes !== expected.bytes) return `has ${bytes} bytes instead of ${expected.bytes}`;
  return found.sha256 === expected.sha256 ? undefined : "does not match its hash";
}

/**
 * A file's bytes, hashed in memory: what is given is what the marker says, whatever was proven before.
 * @throws CounterweightError `data` where it is gone or other than it was
 */
export async function provenBytes(path: string, { sha256: expected }: FileProof): Promise<Buffer> {
  const bytes = await ifThere(readFile(path));
  if (bytes !== undefined && sha256(bytes) === expected) return bytes;
  const what = bytes === undefined ? "is gone" : "does not match its hash";
  throw new CounterweightError("data", `The file ${what}.`, {
    where: path,
    fix: "Run the same command again: the entry is set aside and made anew.",
  });
}
