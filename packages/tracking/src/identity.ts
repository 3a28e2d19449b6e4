import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { sha256 } from "@counterweight/base";

/** Folder in a run folder for what is on its way to MLflow, one folder a destination. */
export const spoolsFolder = (runFolder: string): string => join(runFolder, "tracking-spool");

const identityForm = /^[0-9a-f]{32}$/;

/**
 * Who a run folder is, from which the ids of all its runs are made: 32 hexadecimal digits, in a file
 * that is written once. A folder of an earlier version takes them from the first line of its event
 * log, so that the same log is always the same run.
 */
export async function folderIdentity(runFolder: string): Promise<string> {
  const folder = spoolsFolder(runFolder);
  const path = join(folder, "identity");
  const there = await read(path);
  if (there !== undefined) return there;
  const line = await firstLine(join(runFolder, "events.jsonl"));
  const identity =
    line === undefined ? randomUUID().replaceAll("-", "") : sha256(line).slice(0, 32);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const file = await open(path, "wx", 0o600);
    await file.writeFile(`${identity}\n`);
    await file.sync();
    await file.close();
    return identity;
  } catch (error) {
    // Another process was first, or a kill left an empty file.
    const other = await read(path);
    if (other !== undefined) return other;
    if (line !== undefined) return identity;
    throw error;
  }
}

async function read(path: string): Promise<string | undefined> {
  const text = (await readFile(path, "utf8").catch(() => "")).trim();
  return identityForm.test(text) ? text : undefined;
}

async function firstLine(path: string): Promise<string | undefined> {
  const stream = createReadStream(path, "utf8");
  try {
    for await (const line of createInterface({ input: stream })) {
      return line.startsWith("{") ? line : undefined;
    }
    return undefined;
  } catch {
    return undefined;
  } finally {
    stream.destroy();
  }
}
