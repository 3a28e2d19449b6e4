import { randomUUID } from "node:crypto";
import { open, readFile, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

const heartbeatMs = 15_000;
/** A lock of another host that was silent for so long is nobody's. */
const staleMs = 4 * heartbeatMs;

/**
 * Takes a spool for this process; undefined where another has it. The function it gives frees it.
 * The lock of a process that is gone is taken over: at once on its own host, elsewhere once its
 * heartbeat is a minute old. A process that is known to be there, but was stopped or is at work in
 * its main thread for longer than that, keeps it: it would go on writing.
 */
export async function lockSpool(folder: string): Promise<(() => Promise<void>) | undefined> {
  const path = join(folder, "spool.lock");
  const token = randomUUID();
  const started = await startOf(process.pid);
  const content = JSON.stringify({ process: process.pid, host: hostname(), token, started });
  for (let tries = 0; tries < 2; tries++) {
    if (await create(path, content)) {
      // Two that found the same stale lock may both have come here: the last one has it.
      if ((await readFile(path, "utf8").catch(() => "")) !== content) return undefined;
      const beat = setInterval(() => {
        const now = new Date();
        utimes(path, now, now).catch(() => undefined);
      }, heartbeatMs).unref();
      return async () => {
        clearInterval(beat);
        const last = await readFile(path, "utf8").catch(() => "");
        if (last === content) await rm(path, { force: true });
      };
    }
    if (await isHeld(path)) return undefined;
    await rm(path, { force: true });
  }
  return undefined;
}

async function create(path: string, content: string): Promise<boolean> {
  try {
    const file = await open(path, "wx", 0o600);
    // On a full disk the lock stays empty, which counts as held for a minute.
    await file.writeFile(content).catch(() => undefined);
    await file.close();
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

async function isHeld(path: string): Promise<boolean> {
  const beaten = await stat(path).catch(() => undefined);
  if (beaten === undefined) return false;
  const stale = Date.now() - beaten.mtimeMs > staleMs;
  const owner = await ownerOf(path);
  if (owner === undefined || owner.host !== hostname()) return !stale;
  // An own number may be one used again, or a second spool of the same process.
  try {
    process.kill(owner.process, 0);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  const started = await startOf(owner.process);
  // Where the system does not tell one process from a later one of its number, the heartbeat does.
  return started === undefined || owner.started === undefined ? !stale : started === owner.started;
}

interface Owner {
  readonly process: number;
  readonly host: string;
  readonly started: string | undefined;
}

async function ownerOf(path: string): Promise<Owner | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    if (typeof value !== "object" || value === null) return undefined;
    if (!("process" in value) || typeof value.process !== "number") return undefined;
    const started = "started" in value && typeof value.started === "string" ? value.started : "";
    return {
      process: value.process,
      host: "host" in value ? String(value.host) : "",
      started: started === "" ? undefined : started,
    };
  } catch {
    return undefined;
  }
}

/** When a process started, in the kernel's ticks; undefined where there is no /proc. */
async function startOf(id: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${id}/stat`, "latin1").catch(() => undefined);
  // Field 22 of proc(5). The second one, the command in parentheses, may hold anything.
  return text?.slice(text.lastIndexOf(")") + 2).split(" ")[19];
}
