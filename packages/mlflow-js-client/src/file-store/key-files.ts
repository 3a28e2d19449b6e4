import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { StringMap } from "../entities.js";
import { mapLimited, orAbsent, UNFINISHED } from "./files.js";

/** Files of one run that are open at once. */
const AT_ONCE = 16;

/** Keys below a folder, sorted: the relative path of each plain file. Links are not followed. */
export async function listKeys(folder: string): Promise<readonly string[]> {
  const entries = await orAbsent(readdir(folder, { recursive: true, withFileTypes: true }));
  return (entries ?? [])
    .filter((entry) => entry.isFile() && !entry.name.startsWith(UNFINISHED))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

/** The content of each key below a folder; keys removed meanwhile are left out. */
export async function readKeys<T>(
  folder: string,
  read: (content: string, key: string, path: string) => T,
): Promise<readonly (readonly [key: string, value: T])[]> {
  const pairs = await mapLimited(await listKeys(folder), AT_ONCE, async (key) => {
    const path = join(folder, key);
    const content = await orAbsent(readFile(path, "utf8"));
    return content === undefined ? [] : [[key, read(content, key, path)] as const];
  });
  return pairs.flat();
}

/** Tags or params. */
export async function readStrings(folder: string): Promise<StringMap> {
  return Object.fromEntries(await readKeys(folder, (content) => content));
}
