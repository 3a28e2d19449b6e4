import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { CounterweightError } from "@counterweight/base";
import { isGzip } from "./foreign-file.js";

/** Bytes that a packed byte may become before the file is taken for a trap; honest text stays below 50. */
const maxGzipRatio = 200;
/** Unpacked bytes from which on the ratio is looked at, 16 MiB: below, nothing can be harmed. */
const ratioFloor = 1 << 24;
const chunkBytes = 1 << 20;
const headBytes = 512;

/** The error of a file that the system does not give, in words. */
export function unreadable(path: string, cause: unknown): CounterweightError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const what =
    code === "ENOENT"
      ? "there is no such file."
      : code === "EISDIR"
        ? "this is a folder, needed a file."
        : code === "EACCES" || code === "EPERM"
          ? `the file may not be read (${code}).`
          : `the file cannot be read (${code || String(cause)}).`;
  return new CounterweightError("data", what, {
    where: path,
    fix: "Check the path; a relative one in a spec starts at the spec's folder.",
    cause,
  });
}

/** The bytes of a file as they stand on disk, in pieces. */
async function* fileBytes(path: string): AsyncGenerator<Uint8Array> {
  try {
    const stream = createReadStream(path, { highWaterMark: chunkBytes });
    for await (const chunk of stream) yield chunk as Uint8Array; // Node types stream items as any
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** Joins pieces until the first holds `headBytes` (or all there is), so that it can be looked at. */
async function* withHead(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | undefined = new Uint8Array(0);
  for await (const chunk of chunks) {
    if (head === undefined) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < headBytes) continue;
    yield head;
    head = undefined;
  }
  if (head !== undefined) yield head;
}

function damagedGzip(path: string, cause: unknown): CounterweightError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const what =
    code === "Z_BUF_ERROR"
      ? "the gzip file ends too early: it is cut off."
      : `the gzip file is damaged (${cause instanceof Error ? cause.message : String(cause)}).`;
  return new CounterweightError("data", what, {
    where: path,
    fix: "Fetch or write the file again; gzip -t FILE checks it.",
    cause,
  });
}

/** Unpacks gzip, all its members; a cut or damaged one, bytes behind it, and a trap are refused. */
async function* gunzipped(packed: AsyncIterable<Uint8Array>, path: string) {
  const gunzip = createGunzip({ chunkSize: chunkBytes });
  let given = 0;
  let taken = 0;
  let tail: Uint8Array = new Uint8Array(0);
  const feed = async (): Promise<void> => {
    for await (const chunk of packed) {
      if (gunzip.destroyed) return;
      given += chunk.length;
      tail = chunk;
      if (!gunzip.write(chunk) && !gunzip.destroyed) {
        await new Promise((resolve) => {
          gunzip.once("drain", resolve).once("close", resolve);
        });
      }
    }
    gunzip.end();
  };
  const feeding = feed().catch((error: unknown) => {
    gunzip.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  try {
    for await (const chunk of gunzip) {
      const bytes = chunk as Uint8Array; // Node types stream items as any
      taken += bytes.length;
      if (taken > ratioFloor && taken > maxGzipRatio * given) {
        throw new CounterweightError(
          "data",
          `the gzip file grows more than ${maxGzipRatio} times when unpacked (${given} bytes became ${taken}): no text does that.`,
          {
            where: path,
            fix: "If you trust it, unpack it (gunzip FILE) and give the unpacked file.",
          },
        );
      }
      yield bytes;
    }
  } catch (error) {
    if (error instanceof CounterweightError) throw error;
    throw damagedGzip(path, error);
  } finally {
    gunzip.destroy();
    await feeding;
  }
  // Zero bytes behind the last member are padding; anything else would be rows lost without a word.
  const behind = given - gunzip.bytesWritten;
  if (behind > 0 && tail.subarray(Math.max(0, tail.length - behind)).some((byte) => byte !== 0)) {
    throw damagedGzip(path, `${behind} bytes that are no gzip stand behind its end`);
  }
}

/**
 * The bytes of a file in pieces, unpacked where it is gzip by its first bytes; the first piece holds
 * 512 bytes or all there are. Memory does not grow with the file.
 * @throws CounterweightError `data` for a file that cannot be read, and for gzip that is cut off,
 * damaged, or grows more than 200 times beyond 16 MiB.
 */
export async function* byteChunks(path: string): AsyncGenerator<Uint8Array> {
  const raw = withHead(fileBytes(path));
  const first = await raw.next();
  const head = first.done === true ? new Uint8Array(0) : first.value;
  async function* all(): AsyncGenerator<Uint8Array> {
    yield head;
    yield* raw;
  }
  yield* isGzip(head) ? withHead(gunzipped(all(), path)) : all();
}
