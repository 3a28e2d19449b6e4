/**
 * Makes a run meet a fault at a chosen write: loaded before the command by `node --import`, told what
 * to do by the environment variable COUNTERWEIGHT_FAULT (a `Fault` as JSON).
 *
 * - `disk-full`: writes number `from` to `to` fail as a real disk lets them fail: the first gets half
 *   of its bytes onto the disk, then all are refused with ENOSPC;
 * - `kill`: the process ends by SIGKILL when it is about to do write number `from`;
 * - `remove`: the file or folder `victim` is gone from that write on; the write itself succeeds.
 */
import { rmSync } from "node:fs";
import fs, { type FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import type { Fault } from "./run-process.fixture.js";

const fault: Fault = JSON.parse(process.env.COUNTERWEIGHT_FAULT ?? "{}");
const watched = new RegExp(fault.path);
const counted = new WeakSet<FileHandle>();
const brimming = new WeakSet<FileHandle>();
let writes = 0;

class DiskFull extends Error {
  readonly code = "ENOSPC";
  readonly errno = -28;
  readonly syscall = "write";
  constructor() {
    super("ENOSPC: no space left on device, write");
  }
}

/** Counts a write; true where it must fail. */
function meets(handle: FileHandle): boolean {
  if (!counted.has(handle)) return false;
  writes += 1;
  if (writes < fault.from || writes > (fault.to ?? Number.POSITIVE_INFINITY)) return false;
  if (fault.action === "kill") process.kill(process.pid, "SIGKILL");
  if (fault.action === "remove") rmSync(fault.victim ?? "", { recursive: true, force: true });
  return fault.action === "disk-full";
}

const half = (content: unknown): Uint8Array => {
  const bytes = content instanceof Uint8Array ? content : Buffer.from(String(content));
  return bytes.subarray(0, bytes.length >> 1);
};

const { open } = fs;
const probe = await open(process.execPath, "r");
const prototype: FileHandle = Object.getPrototypeOf(probe);
await probe.close();

const { write, writeFile, writev } = prototype;
Object.assign(prototype, {
  async write(this: FileHandle, content: Uint8Array, ...rest: number[]) {
    if (!meets(this)) return Reflect.apply(write, this, [content, ...rest]);
    if (brimming.has(this)) throw new DiskFull();
    brimming.add(this);
    return Reflect.apply(write, this, [half(content)]);
  },
  async writev(this: FileHandle, ...words: Parameters<FileHandle["writev"]>) {
    if (meets(this)) throw new DiskFull();
    return Reflect.apply(writev, this, words);
  },
  async writeFile(this: FileHandle, content: Uint8Array, ...rest: unknown[]) {
    if (meets(this)) {
      await Reflect.apply(writeFile, this, [half(content)]);
      throw new DiskFull();
    }
    return Reflect.apply(writeFile, this, [content, ...rest]);
  },
});
Object.assign(fs, {
  async open(...words: Parameters<typeof open>) {
    const handle = await open(...words);
    if (watched.test(String(words[0]))) counted.add(handle);
    return handle;
  },
});
syncBuiltinESMExports();
