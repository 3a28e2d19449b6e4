import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { RepoFile } from "./cache-layout.js";
import { failureOf, HubFailure, mayPass, statusFailure } from "./failure.js";
import { type HubSession, watch, withRetries } from "./session.js";
import { defectOf } from "./verify.js";

const ABANDONED_AFTER_MS = 86_400_000;
const ENDING = ".incomplete";

/** Removes what killed downloads of the same blob left more than a day ago. */
async function sweep(target: string): Promise<void> {
  const folder = dirname(target);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(target)}.`) || !name.endsWith(ENDING)) continue;
    const path = join(folder, name);
    try {
      if (Date.now() - (await stat(path)).mtimeMs > ABANDONED_AFTER_MS) await rm(path);
    } catch {
      // another process was quicker
    }
  }
}

/** True where the answer continues at `offset`; false where it begins at the beginning. */
function continues(response: Response, offset: number): boolean {
  if (response.status !== 206) return false;
  const start = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1];
  if (start !== undefined && Number(start) === offset) return true;
  throw new HubFailure("damaged", `the server sent another part than byte ${offset} and on`);
}

/** One exchange: appends to the handle from `offset` on and returns the new offset at every chunk. */
async function fetchFrom(
  session: HubSession,
  url: string,
  file: RepoFile,
  handle: FileHandle,
  from: number,
  reached: (offset: number) => void,
): Promise<void> {
  const watched = watch(session, session.patience.idleTimeoutMs, `downloading ${file.path}`);
  let offset = from;
  let writing = false;
  try {
    const response = await fetch(url, {
      headers: {
        ...session.headers(url),
        "accept-encoding": "identity",
        ...(from > 0 ? { range: `bytes=${from}-` } : {}),
      },
      signal: watched.signal,
    });
    if (!response.ok) throw statusFailure(response);
    if (!continues(response, offset)) offset = 0;
    for await (const chunk of response.body ?? []) {
      watched.restart();
      if (offset + chunk.length > file.size) {
        throw new HubFailure("damaged", `more bytes came than the ${file.size} that the hub lists`);
      }
      writing = true;
      let written = 0;
      while (written < chunk.length) {
        const { bytesWritten } = await handle.write(
          chunk,
          written,
          chunk.length - written,
          offset + written,
        );
        written += bytesWritten;
      }
      writing = false;
      offset += chunk.length;
      reached(offset);
    }
    if (offset < file.size) {
      throw new HubFailure("cut", `only ${offset} of ${file.size} bytes came`);
    }
  } catch (error) {
    if (writing) throw error; // the disk's, not the network's
    throw watched.signal.aborted ? watched.signal.reason : failureOf(error, url);
  } finally {
    watched.end();
  }
}

/**
 * Downloads a file's content to `target`: to a name of its own beside it, continued where a
 * connection breaks off, compared with the hub's size and digest, and only then renamed.
 * The client's own `downloadFileToCacheDir` is not used: it checks no digest, cannot be stopped,
 * prints to the console, and lets two processes write to one unfinished file.
 * @param reached called with the number of bytes there so far.
 * @throws HubFailure when patience or the deadline end; the disk's own errors as they are.
 */
export async function downloadFile(
  session: HubSession,
  url: string,
  file: RepoFile,
  target: string,
  reached: (bytes: number) => void,
): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await sweep(target);
  const partial = `${target}.${randomBytes(6).toString("hex")}${ENDING}`;
  let offset = 0;
  let furthest = 0;
  try {
    const handle = await open(partial, "w");
    try {
      await withRetries(
        session,
        async (gained) => {
          const at = (bytes: number): void => {
            offset = bytes;
            if (bytes > furthest) {
              furthest = bytes;
              gained();
            }
            reached(bytes);
          };
          try {
            await fetchFrom(session, url, file, handle, offset, at);
            const defect = await defectOf(partial, file);
            if (defect !== undefined) throw new HubFailure("damaged", `it came damaged: ${defect}`);
          } catch (error) {
            const unusable =
              error instanceof HubFailure && (error.kind === "damaged" || error.status === 416);
            if (unusable) {
              await handle.truncate(0);
              offset = 0;
            }
            throw error;
          }
        },
        // Within a download the network was there a moment ago: it may come back.
        (failure) => mayPass(failure) || (failure.kind === "unreachable" && furthest > 0),
      );
    } finally {
      await handle.close();
    }
    await rename(partial, target);
  } finally {
    await rm(partial, { force: true });
  }
}
