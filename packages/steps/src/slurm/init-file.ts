import { mkdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CounterweightError, sha256, systemCode, writeFileAtomic } from "@counterweight/base";
import type { JobFiles, JobOrder } from "./job-files.js";
import { within } from "./within.js";

/** Folder of what many jobs start with, beside the folder of the jobs; files are named by hash. */
const initFolder = (folder: string): string => join(folder, "init");

/**
 * Keeps what jobs start with, once for all of them.
 * @param folder the executor's
 * @returns SHA-256 of the file's content, which names it
 */
export async function writeInit(folder: string, init: unknown): Promise<string> {
  const text = `${JSON.stringify(init)}\n`;
  const hash = sha256(text);
  await mkdir(initFolder(folder), { recursive: true });
  // Also over one that is there: it may be damaged, and this is done once a run.
  await writeFileAtomic(join(initFolder(folder), `${hash}.json`), text);
  return hash;
}

/**
 * What a job starts with, from its order or from the file that the order names, proven by its hash.
 * @throws CounterweightError `usage` where the file is missing for long or is another
 */
export async function readInit(
  { folder }: JobFiles,
  { init, initSha256 }: JobOrder,
  options: { readonly patienceSeconds: number; readonly signal: AbortSignal },
): Promise<unknown> {
  if (initSha256 === undefined) return init;
  const path = resolve(initFolder(join(folder, "..", "..")), `${initSha256}.json`);
  let text: string | undefined;
  await within(options.patienceSeconds, options.signal, async () => {
    text = await readFile(path, "utf8").catch((error) => {
      if (systemCode(error) === "ENOENT" || systemCode(error) === "ESTALE") return undefined;
      throw error;
    });
    return text !== undefined;
  });
  if (text !== undefined && sha256(text) === initSha256) return JSON.parse(text);
  const what = text === undefined ? "is missing" : "does not match its hash";
  throw new CounterweightError("usage", `what jobs start with ${what}.`, {
    where: path,
    fix: "Look at the disk; then run the same command again, which writes it anew.",
  });
}
