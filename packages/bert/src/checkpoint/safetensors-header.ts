import { CounterweightError } from "@counterweight/base";
import { SAFETENSORS_BITS } from "./safetensors-dtypes.js";
import { parseStrictJson, type StrictJson } from "./strict-json.js";

/** The format's own limit on the header's length, in bytes. */
export const MAX_HEADER_BYTES = 100_000_000;

/** Where one tensor lies. */
export interface SafetensorsEntry {
  readonly name: string;
  /** Type name as in the file, such as "F32". */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** First byte and the byte after the last, counted from the start of the data section. */
  readonly begin: number;
  readonly end: number;
}

/** A header whose entries tile the data section: no hole, no overlap, no byte left over. */
export interface SafetensorsHeader {
  /** By increasing offset. */
  readonly entries: readonly SafetensorsEntry[];
  readonly metadata: ReadonlyMap<string, string>;
}

const TWO_TO_64 = 2n ** 64n;
const FIX = "The file is damaged or not a safetensors file: fetch it again.";

const shown = (name: string): string =>
  JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}...` : name);

function fail(where: string, what: string): never {
  throw new CounterweightError("model", what, { where, fix: FIX });
}

/**
 * The header's length in bytes, from the file's first eight (little-endian, unsigned).
 * @throws CounterweightError("model") when it is zero, above 100 MB, or past the end of the file.
 */
export function headerLength(firstEight: Uint8Array, fileBytes: number, where: string): number {
  if (fileBytes < 8 || firstEight.byteLength < 8) {
    fail(
      where,
      `A safetensors file starts with 8 bytes of header length; this one has ${fileBytes}.`,
    );
  }
  const view = new DataView(firstEight.buffer, firstEight.byteOffset, 8);
  const length = view.getBigUint64(0, true);
  if (length === 0n) fail(where, "The header's length is zero.");
  if (length > BigInt(MAX_HEADER_BYTES)) {
    fail(where, `The header claims ${length} bytes; at most ${MAX_HEADER_BYTES} are allowed.`);
  }
  if (length > BigInt(fileBytes - 8)) {
    fail(where, `The header claims ${length} bytes; only ${fileBytes - 8} follow.`);
  }
  return Number(length);
}

/**
 * Reads and checks a header against the size of the data that follows it.
 * Stricter than Python's reader in this: repeated keys, numbers from 2^53 on, and dtypes or tensor
 * descriptions in another of serde's spellings (lists, `{"F32": null}`) are refused as well.
 * @throws CounterweightError("model") naming the tensor and the fault.
 */
export function parseHeader(
  bytes: Uint8Array,
  dataBytes: number,
  where: string,
): SafetensorsHeader {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new CounterweightError("model", "The header is not UTF-8.", { where, fix: FIX, cause });
  }
  const root = parseStrictJson(text, `${where} (safetensors header)`);
  if (!(root instanceof Map)) return fail(where, "The header is not a JSON object.");

  const entries: SafetensorsEntry[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of root) {
    if (name === "__metadata__") metadata = readMetadata(value, where);
    else entries.push(readEntry(name, value, where));
  }
  entries.sort((left, right) => left.begin - right.begin || left.end - right.end);
  checkTiling(entries, dataBytes, where);
  return { entries, metadata };
}

function readMetadata(value: StrictJson, where: string): ReadonlyMap<string, string> {
  const result = new Map<string, string>();
  if (value === null) return result;
  if (!(value instanceof Map)) return fail(where, "__metadata__ is not an object.");
  for (const [key, item] of value) {
    if (typeof item !== "string") fail(where, `__metadata__ ${shown(key)} is not a string.`);
    else result.set(key, item);
  }
  return result;
}

function readEntry(name: string, value: StrictJson, where: string): SafetensorsEntry {
  const tensor = `Tensor ${shown(name)}`;
  if (!(value instanceof Map)) return fail(where, `${tensor} is not described by an object.`);
  const dtype = value.get("dtype");
  if (typeof dtype !== "string") return fail(where, `${tensor} has no dtype name.`);
  const bits = SAFETENSORS_BITS.get(dtype);
  if (bits === undefined) return fail(where, `${tensor} has the unknown dtype ${shown(dtype)}.`);
  const shape = readSizes(value.get("shape"), `${tensor}: shape`, where);
  const offsets = readSizes(value.get("data_offsets"), `${tensor}: data_offsets`, where);
  const [begin, end] = offsets;
  if (begin === undefined || end === undefined || offsets.length !== 2) {
    return fail(where, `${tensor}: data_offsets needs two numbers, has ${offsets.length}.`);
  }
  if (end < begin) fail(where, `${tensor} ends (${end}) before it begins (${begin}).`);

  // As Python's reader: the product must stay below 2^64 at every step, even if a zero follows.
  let elements = 1n;
  for (const size of shape) {
    elements *= BigInt(size);
    if (elements >= TWO_TO_64)
      fail(where, `${tensor}: the product of its sizes overflows 64 bits.`);
  }
  const totalBits = elements * BigInt(bits);
  if (totalBits >= TWO_TO_64) fail(where, `${tensor}: its size in bits overflows 64 bits.`);
  if (totalBits % 8n !== 0n || totalBits / 8n !== BigInt(end - begin)) {
    fail(
      where,
      `${tensor} of ${dtype} [${shape.slice(0, 16).join(", ")}] needs ${Number(totalBits) / 8} bytes; ` +
        `its data_offsets hold ${end - begin}.`,
    );
  }
  return { name, dtype, shape, begin, end };
}

function readSizes(value: StrictJson | undefined, what: string, where: string): number[] {
  if (!Array.isArray(value)) return fail(where, `${what} is not a list.`);
  return value.map((item: StrictJson) => {
    if (typeof item !== "bigint" || item < 0n || item > BigInt(Number.MAX_SAFE_INTEGER)) {
      return fail(where, `${what} holds something that is not a whole number from 0 to 2^53 - 1.`);
    }
    return Number(item);
  });
}

function checkTiling(entries: readonly SafetensorsEntry[], dataBytes: number, where: string): void {
  let position = 0;
  for (const { name, begin, end } of entries) {
    if (end > dataBytes) {
      fail(where, `Tensor ${shown(name)} ends at byte ${end} of ${dataBytes} bytes of data.`);
    }
    if (begin > position) {
      fail(
        where,
        `Bytes ${position} to ${begin} before tensor ${shown(name)} belong to no tensor.`,
      );
    }
    if (begin < position) {
      fail(
        where,
        `Tensor ${shown(name)} begins at byte ${begin} inside another (up to ${position}).`,
      );
    }
    position = end;
  }
  if (position !== dataBytes) {
    fail(where, `${dataBytes - position} bytes after the last tensor belong to no tensor.`);
  }
}
