import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { CounterweightError, writeRefusal } from "@counterweight/base";

const lockFile = "run.lock";

/** Who works in a folder: the content of `run.lock`. */
interface Owner {
  readonly process: number;
  readonly host: string;
  readonly token: string;
}

/**
 * Takes a folder of results for one run at a time; the function it returns gives it back. A lock
 * whose process is gone, as after a kill, is taken over.
 * @throws CounterweightError `usage` where another run is at work in the folder.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, lockFile);
  const own: Owner = { process: process.pid, host: hostname(), token: randomUUID() };
  await mkdir(folder, { recursive: true });
  if (!(await create(path, own))) {
    const other = await read(path);
    if (other !== undefined && isAtWork(other)) throw refusal(folder, other);
    await rm(path, { force: true });
    if (!(await create(path, own))) throw refusal(folder, await read(path));
  }
  // Two that found the same stale lock may both have come here: the last one has it.
  const found = await read(path);
  if (found !== undefined && found.token !== own.token) throw refusal(folder, found);
  return async () => {
    const last = await read(path);
    if (last === undefined || last.token === own.token) await rm(path, { force: true });
  };
}

function refusal(folder: string, other: Owner | undefined): CounterweightError {
  const who = other === undefined ? "" : ` (process ${other.process} on ${other.host})`;
  return new CounterweightError("usage", `another run is at work in this folder${who}.`, {
    where: folder,
    fix: `Wait for its end, or give another folder with --out. If it is gone, remove ${lockFile} there.`,
  });
}

async function create(path: string, own: Owner): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    // On a full disk the lock stays empty: better than no run, and taken over like a stale one.
    await file.writeFile(`${JSON.stringify(own)}\n`).catch(() => undefined);
    await file.close();
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw writeRefusal(error, path);
  }
}

/** Undefined where there is none, or a kill left half of one. */
async function read(path: string): Promise<Owner | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    return isOwner(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isOwner = (value: unknown): value is Owner =>
  typeof value === "object" &&
  value !== null &&
  "process" in value &&
  typeof value.process === "number" &&
  "host" in value &&
  "token" in value;

/** Of another host nothing can be known: its lock counts. An own number is one used again. */
function isAtWork({ process: number, host }: Owner): boolean {
  if (host !== hostname()) return true;
  if (number === process.pid) return false;
  try {
    process.kill(number, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
