import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Entry } from "../store.js";
import { type FileProof, hashFile, ifThere, listFolder } from "./files.js";
import { markerName } from "./layout.js";
import { parseMarker } from "./marker.js";

export type Proof =
  | { readonly kind: "whole"; readonly entry: Entry }
  | { readonly kind: "absent" }
  | { readonly kind: "damaged"; readonly reason: string };

const damaged = (reason: string): Proof => ({ kind: "damaged", reason });

/** Proves that a folder is the entry of `key`, whole: its marker, each file by its hash, no other. */
export async function proveEntry(folder: string, key: string): Promise<Proof> {
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
  const files = new Map(Object.entries(marker.files));
  const strange =
    listing.others[0] ?? listing.files.find((name) => name !== markerName && !files.has(name));
  if (strange !== undefined) return damaged(`${strange} does not belong to it`);
  for (const [name, expected] of files) {
    const wrong = listing.files.includes(name)
      ? await whatIsWrong(join(folder, name), expected)
      : "is missing";
    if (wrong !== undefined) return damaged(`${name} ${wrong}`);
  }
  return { kind: "whole", entry: { ...marker, folder } };
}

async function whatIsWrong(path: string, expected: FileProof): Promise<string | undefined> {
  const size = (await ifThere(stat(path)))?.size;
  if (size === undefined) return "is missing";
  if (size !== expected.bytes) return `has ${size} bytes instead of ${expected.bytes}`;
  const found = await ifThere(hashFile(path));
  if (found === undefined) return "is missing";
  return found.sha256 === expected.sha256 ? undefined : "does not match its hash";
}
