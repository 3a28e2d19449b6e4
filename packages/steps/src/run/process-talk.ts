import { open, stat } from "node:fs/promises";

/** Bytes of a process's talk that an attempt's log takes at most. */
const mostBytes = 64 << 10;

/**
 * What a process writes from now on into the file of its standard output and error: each call gives
 * what is new, of much the end.
 * @param path nothing is ever new without one, or where it is no plain file
 */
export async function talkFromNow(path: string | undefined): Promise<() => Promise<string>> {
  if (path === undefined || !(await isFile(path))) return async () => "";
  let from = await sizeOf(path);
  return async () => {
    const size = await sizeOf(path);
    const said = await readFrom(path, from, mostBytes).catch(() => "");
    from = size;
    return said;
  };
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

/** Size of a file; 0 where there is none. */
export const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

/** What was written behind a place in a file, of more than `most` bytes the last. */
export async function readFrom(path: string, from: number, most: number): Promise<string> {
  const size = await sizeOf(path);
  if (size <= from) return "";
  const file = await open(path);
  try {
    const start = Math.max(from, size - most);
    const { buffer, bytesRead } = await file.read({
      ...{ buffer: Buffer.alloc(size - start), position: start },
    });
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}
