import { type FileHandle, open } from "node:fs/promises";
import { TextDecoder } from "node:util";
import { CounterweightError } from "@counterweight/base";
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  type ParquetParsers,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
} from "hyparquet";
import { compressors as allCompressors } from "hyparquet-compressors";
import { byteChunks, unreadable } from "./byte-chunks.js";
import type { KeepColumns } from "./csv.js";
import { isGzip, refuseNoParquet } from "./foreign-file.js";
import { classLabelNames } from "./hugging-face-features.js";
import type { FieldValue } from "./records.js";
import type { RowSource } from "./row-source.js";
import { visible } from "./visible.js";

/** Bytes of the largest page and of the largest Parquet file inside gzip, 1 GiB. */
const maxBytes = 2 ** 30;
/** Rows that one byte of a file may stand for; run lengths of a constant column stay far below. */
const maxRowsPerByte = 10_000;

function damaged(file: string, cause: unknown): CounterweightError {
  if (cause instanceof CounterweightError) return cause;
  const reason = (cause instanceof Error ? cause.message : String(cause))
    .replace(/\bundefined\b/g, "unknown")
    .slice(0, 120);
  return new CounterweightError("data", `the Parquet file is damaged or cut off (${reason}).`, {
    where: file,
    fix: "Fetch or write the file again.",
    cause,
  });
}

async function readAt(handle: FileHandle, start: number, end: number): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(end - start);
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
    if (bytesRead === 0) throw new Error("the file ends before its data does");
    filled += bytesRead;
  }
  return bytes.buffer;
}

function fileBuffer(handle: FileHandle, byteLength: number): AsyncBuffer {
  return {
    byteLength,
    slice: (start, end = byteLength) => {
      if (!(start >= 0 && start <= end && end <= byteLength)) {
        return Promise.reject(
          new Error(`bytes ${start} to ${end} of ${byteLength} were asked for`),
        );
      }
      return readAt(handle, start, end);
    },
  };
}

/** A Parquet file inside gzip, unpacked whole: its parts are read from its end. */
async function unpackedBuffer(path: string): Promise<AsyncBuffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of byteChunks(path)) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new CounterweightError("data", "the Parquet file inside is larger than 1 GiB.", {
        where: path,
        fix: "Unpack it (gunzip FILE) and give the unpacked file.",
      });
    }
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  refuseNoParquet(bytes, path);
  return { byteLength: size, slice: (start, end) => bytes.buffer.slice(start, end) };
}

/** The decompressors, each refusing a page that claims a size which no honest one has. */
const compressors: Compressors = Object.fromEntries(
  Object.entries(allCompressors).map(([codec, unpack]) => [
    codec,
    (input: Uint8Array, length: number): Uint8Array => {
      if (!(length >= 0 && length <= maxBytes)) throw new Error(`a page claims ${length} bytes`);
      const output = unpack(input, length);
      if (output.length !== length) {
        throw new Error(`a page holds ${output.length} bytes, not ${length}`);
      }
      return output;
    },
  ]),
);

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const parsers: Partial<ParquetParsers> = {
  // Absent bytes are a null; the built-in parser would turn invalid UTF-8 into U+FFFD unseen.
  stringFromBytes: (bytes: Uint8Array | undefined) =>
    bytes === undefined ? undefined : strict.decode(bytes),
};

/** Numbers of rows and bytes that the footer claims must fit the file and each other. */
function checkClaims(metadata: FileMetaData, byteLength: number): void {
  const groupRows = metadata.row_groups.reduce((sum, group) => sum + group.num_rows, 0n);
  if (groupRows !== metadata.num_rows || metadata.row_groups.some((group) => group.num_rows < 0n)) {
    throw new Error(`it claims ${metadata.num_rows} rows, its parts ${groupRows}`);
  }
  if (metadata.num_rows > BigInt(byteLength) * BigInt(maxRowsPerByte)) {
    throw new Error(`it claims ${metadata.num_rows} rows in ${byteLength} bytes`);
  }
  for (const { columns } of metadata.row_groups) {
    for (const { meta_data: chunk } of columns) {
      if (chunk === undefined) throw new Error("a column has no description");
      const start = chunk.dictionary_page_offset ?? chunk.data_page_offset;
      if (start < 0n || start + chunk.total_compressed_size > BigInt(byteLength)) {
        throw new Error("a column is said to stand outside the file");
      }
    }
  }
}

async function readColumns(
  buffer: AsyncBuffer,
  file: string,
  keep: KeepColumns,
): Promise<RowSource> {
  if (buffer.byteLength < 12) throw new Error("it is too short");
  refuseNoParquet(new Uint8Array(await buffer.slice(0, 16)), file);
  const metadata = await parquetMetadataAsync(buffer, { geoparquet: false });
  checkClaims(metadata, buffer.byteLength);
  const fields = parquetSchema(metadata).children;
  const columns = fields.map(({ element }) => element.name);
  const wanted = keep(columns) ?? columns;
  const flat = (name: string): boolean => {
    const field = fields.find(({ element }) => element.name === name);
    return field?.children.length === 0 && field.element.repetition_type !== "REPEATED";
  };
  const rows = Number(metadata.num_rows);
  const values = new Map<string, FieldValue[]>();
  for (const name of wanted) {
    if (!flat(name)) {
      throw new CounterweightError(
        "data",
        `the column ${visible(name)} is nested, needed plain values.`,
        {
          where: file,
          fix: "Map another column, or write its texts as a column of strings.",
        },
      );
    }
    values.set(name, []);
  }
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    await parquetRead({
      file: buffer,
      metadata,
      columns: [...wanted],
      rowStart,
      rowEnd,
      compressors,
      parsers,
      onChunk: ({ columnName, columnData }) => {
        const column = values.get(columnName);
        for (const value of columnData) column?.push(value);
      },
    });
    for (const [name, column] of values) {
      if (column.length !== rowEnd) {
        throw new Error(`${visible(name)} has ${column.length} rows where ${rowEnd} are claimed`);
      }
    }
    rowStart = rowEnd;
  }
  const names = classLabelNames(metadata.key_value_metadata);
  return {
    file,
    columns,
    rows,
    blankLines: 0,
    place: (index) => ({ row: index + 1 }),
    column: (name) => values.get(name) ?? [],
    classNames: (name) => names.get(name),
  };
}

/**
 * Reads columns of a Parquet file (all codecs of the format; also the whole file inside gzip), one
 * row group at a time. Integer labels keep the names that Hugging Face's `ClassLabel` gives them.
 * @param keep the columns needed; others are not read.
 * @throws CounterweightError `data` for a file that is no Parquet, damaged, cut off, or claims more
 * than it can hold; for nested columns; and for text that is no UTF-8.
 */
export async function readParquet(
  path: string,
  keep: KeepColumns = () => undefined,
): Promise<RowSource> {
  let handle: FileHandle;
  try {
    handle = await open(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  try {
    const info = await handle.stat();
    if (info.isDirectory()) throw unreadable(path, Object.assign(new Error(), { code: "EISDIR" }));
    const head = new Uint8Array(await readAt(handle, 0, Math.min(512, info.size)));
    if (isGzip(head)) return await readColumns(await unpackedBuffer(path), path, keep);
    refuseNoParquet(head, path);
    return await readColumns(fileBuffer(handle, info.size), path, keep);
  } catch (cause) {
    throw damaged(path, cause);
  } finally {
    await handle.close();
  }
}
