import files from "node:fs";
import promises, { type FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

/** What a disk, or the system, may say. */
export const faultCodes = ["ENOSPC", "EDQUOT", "EIO", "EMFILE"] as const;
export type FaultCode = (typeof faultCodes)[number];

export interface DiskFault {
  readonly code: FaultCode;
  /** The call that meets it, of those that can; the first is 1. */
  readonly number: number;
  /** So do all later ones. */
  readonly lasting: boolean;
}

/** Lets calls of this process to the file system fail, below one folder. */
export interface DiskFaults {
  /** Counts from here on. */
  readonly begin: (fault: DiskFault) => void;
  /** Neither fails nor counts calls until it is over. */
  readonly without: <T>(action: () => Promise<T>) => Promise<T>;
  /** No more faults; gives how many calls failed. */
  readonly end: () => number;
  readonly undo: () => void;
}

type Kind = "opens" | "writes" | "other";

/** What a call can meet: a full disk where it takes room, too many files where it opens one. */
const meets: Readonly<Record<FaultCode, readonly Kind[]>> = {
  ENOSPC: ["writes"],
  EDQUOT: ["writes"],
  EIO: ["opens", "writes", "other"],
  EMFILE: ["opens"],
};

const kinds: Readonly<Record<string, readonly Kind[]>> = {
  ...{ open: ["opens"], opendir: ["opens"], readdir: ["opens"], readFile: ["opens"] },
  ...{ mkdir: ["writes"], rename: ["writes"], writeFile: ["opens", "writes"] },
  ...{ stat: ["other"], rm: ["other"], rmdir: ["other"], unlink: ["other"], lstat: ["other"] },
};
const handleKinds: Readonly<Record<string, readonly Kind[]>> = {
  ...{ write: ["writes"], writeFile: ["writes"], sync: ["writes"], read: ["other"] },
};
const syncKinds: Readonly<Record<string, readonly Kind[]>> = {
  ...{ appendFileSync: ["opens", "writes"], mkdirSync: ["writes"], rmSync: ["other"] },
  ...{ readdirSync: ["opens"], readFileSync: ["opens"] },
};

class SystemError extends Error {
  readonly errno = -1;
  constructor(
    readonly code: FaultCode,
    readonly syscall: string,
  ) {
    super(`${code}: made to fail, ${syscall}`);
  }
}

/** @param root only calls that name a path in it, or a file opened so, count */
export async function diskFaults(root: string): Promise<DiskFaults> {
  let fault: DiskFault | undefined;
  let paused = 0;
  let calls = 0;
  let failed = 0;
  const opened = new WeakSet<object>();

  /** The error that a call is to meet. */
  function meet(name: string, own: readonly Kind[]): SystemError | undefined {
    if (fault === undefined || paused > 0) return undefined;
    const able = meets[fault.code];
    if (!own.some((kind) => able.includes(kind))) return undefined;
    calls += 1;
    const { code, number, lasting } = fault;
    if (calls < number || (calls > number && !lasting)) return undefined;
    failed += 1;
    return new SystemError(code, name);
  }

  const undos: (() => void)[] = [];
  function replace(
    object: object,
    name: string,
    own: readonly Kind[],
    isOurs: (self: unknown, words: readonly unknown[]) => boolean,
    fail: (error: Error, half: () => unknown) => unknown,
  ): void {
    const original: unknown = Reflect.get(object, name);
    if (typeof original !== "function") throw new Error(`no function ${name}`);
    Reflect.set(object, name, function replaced(this: unknown, ...words: unknown[]) {
      const call = (now: unknown[]): unknown => Reflect.apply(original, this, now);
      const error = isOurs(this, words) ? meet(name, own) : undefined;
      if (error === undefined) return call(words);
      // A disk that fills up takes a part of the bytes first.
      const place = object === promises || object === files ? 1 : 0;
      const content = words[place];
      const isWrite = /^(writeFile|write|appendFileSync)$/.test(name);
      const half = (): unknown =>
        isWrite && typeof content === "string" && error.code !== "EMFILE"
          ? call([...words.slice(0, place), content.slice(0, content.length >> 1)])
          : undefined;
      return fail(error, half);
    });
    undos.push(() => Reflect.set(object, name, original));
  }

  const isBelow = (_: unknown, [path]: readonly unknown[]): boolean =>
    typeof path === "string" && path.startsWith(root);
  const reject = async (error: Error, half: () => unknown): Promise<never> => {
    await half();
    throw error;
  };
  const probe = await promises.open(process.execPath, "r");
  const prototype: FileHandle = Object.getPrototypeOf(probe);
  await probe.close();
  for (const [name, own] of Object.entries(handleKinds)) {
    const isOpened = (self: unknown) =>
      typeof self === "object" && self !== null && opened.has(self);
    replace(prototype, name, own, isOpened, reject);
  }
  for (const [name, own] of Object.entries(kinds)) replace(promises, name, own, isBelow, reject);
  for (const [name, own] of Object.entries(syncKinds)) {
    replace(files, name, own, isBelow, (error, half) => {
      half();
      throw error;
    });
  }
  const { open } = promises;
  promises.open = async (...words) => {
    // For writing: it takes room in the folder.
    const writes = /[wa]/.test(String(words[1] ?? "r")) && isBelow(undefined, words);
    const error =
      writes && fault !== undefined && meets[fault.code].includes("writes")
        ? meet("open", ["writes"])
        : undefined;
    if (error !== undefined) throw error;
    const handle = await open(...words);
    if (isBelow(undefined, words)) opened.add(handle);
    return handle;
  };
  undos.push(() => {
    promises.open = open;
  });
  syncBuiltinESMExports();

  return {
    begin: (next) => {
      fault = next;
      calls = 0;
      failed = 0;
    },
    without: async (action) => {
      paused += 1;
      try {
        return await action();
      } finally {
        paused -= 1;
      }
    },
    end: () => {
      fault = undefined;
      return failed;
    },
    undo: () => {
      for (const undo of undos.reverse()) undo();
      syncBuiltinESMExports();
    },
  };
}
