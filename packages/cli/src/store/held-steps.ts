import { readdir, readFile, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

/** A step that some process is making, as its lease in the store says. */
export interface HeldStep {
  readonly key: string;
  readonly host: string;
  readonly process: number;
  /** Since its last sign of life, by this machine's clock. */
  readonly silentSeconds: number;
  /** Of a process of this host: whether it is there. Undefined for other hosts. */
  readonly alive: boolean | undefined;
}

/**
 * The steps that are being made now, by key: the leases of a store, read without touching them. One
 * whose process is gone is left out.
 * @param folder of the store, in the layout of @counterweight/steps: `leases/<key>/<token>`.
 */
export async function heldSteps(folder: string): Promise<Map<string, HeldStep>> {
  const leases = join(folder, "leases");
  const found = new Map<string, HeldStep>();
  for (const key of await namesIn(leases)) {
    const held = await heldStep(join(leases, key), key);
    if (held !== undefined && held.alive !== false) found.set(key, held);
  }
  return found;
}

async function heldStep(folder: string, key: string): Promise<HeldStep | undefined> {
  const tokens = (await namesIn(folder))
    .map((name) => ({ name, token: Number.parseInt(name, 10) }))
    .filter(({ token }) => Number.isSafeInteger(token));
  const top = Math.max(...tokens.map(({ token }) => token));
  const names = tokens.filter(({ token }) => token === top).map(({ name }) => name);
  const [name] = names;
  if (name === undefined || names.some((each) => each.endsWith(".released"))) return undefined;
  try {
    const path = join(folder, name);
    const content = await readFile(path, "utf8");
    const { mtimeMs } = await stat(path);
    const owner: unknown = JSON.parse(content.slice(content.indexOf("\n") + 1));
    if (!isOwner(owner)) return undefined;
    const alive = owner.host === hostname() ? isAlive(owner.process) : undefined;
    const silentSeconds = Math.max(0, (Date.now() - mtimeMs) / 1000);
    return { key, host: owner.host, process: owner.process, silentSeconds, alive };
  } catch {
    // Given back while it was read, or half written by a kill.
    return undefined;
  }
}

const isOwner = (value: unknown): value is { readonly host: string; readonly process: number } =>
  typeof value === "object" &&
  value !== null &&
  "host" in value &&
  typeof value.host === "string" &&
  "process" in value &&
  typeof value.process === "number";

/** Whether this host has a process of the number. */
export function isAlive(number: number): boolean {
  try {
    process.kill(number, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
