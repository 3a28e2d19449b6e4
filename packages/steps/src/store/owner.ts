import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { systemCode } from "@counterweight/base";

/** A process, told apart from any other that ever was, as far as the system lets us. */
export interface ProcessIdentity {
  readonly host: string;
  readonly process: number;
  /**
   * Running kernel and process namespace: within one place a process number means one process.
   * Undefined where there is no /proc.
   */
  readonly place?: string;
  /** When the process started, in the kernel's ticks: numbers are used again. */
  readonly started?: string;
}

/** Who this process is. */
export async function thisProcess(): Promise<ProcessIdentity> {
  const self = { host: hostname(), process: process.pid };
  const [boot, namespace, stat] = await Promise.all([
    readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => undefined),
    readlink("/proc/self/ns/pid").catch(() => undefined),
    processStat(process.pid),
  ]);
  if (boot === undefined || namespace === undefined || stat === undefined) return self;
  return { ...self, place: `${boot.trim()} ${namespace}`, started: stat.started };
}

/**
 * Whether an owner's process is certainly gone. False where that cannot be known: then only its
 * silence tells.
 */
export async function isGone(owner: ProcessIdentity, self: ProcessIdentity): Promise<boolean> {
  if (owner.place === undefined || owner.place !== self.place) return false;
  try {
    process.kill(owner.process, 0);
  } catch (error) {
    // Anything else, such as EPERM, says that there is one.
    if (systemCode(error) === "ESRCH") return true;
  }
  const stat = await processStat(owner.process);
  // Processes of others may be hidden in /proc.
  if (stat === undefined) return false;
  return stat.ended || stat.started !== owner.started;
}

interface ProcessStat {
  readonly started: string;
  /** Dead, but its parent has not asked for its exit code yet. */
  readonly ended: boolean;
}

async function processStat(id: number): Promise<ProcessStat | undefined> {
  const text = await readFile(`/proc/${id}/stat`, "latin1").catch(() => undefined);
  if (text === undefined) return undefined;
  // The second field, the command in parentheses, may hold anything, `)` too.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const state = fields[0];
  // Field 22 of proc(5); the slice starts at field 3.
  const started = fields[19];
  if (state === undefined || started === undefined) return undefined;
  return { started, ended: state === "Z" || state === "X" };
}
