import { canonicalJson, sha256 } from "@counterweight/base";
import type { Entry } from "../store.js";

/** What the file `entry.json` of an entry holds. */
export type Marker = Omit<Entry, "folder">;

/** One line of canonical JSON, then its SHA-256 on a line of its own. */
export function renderMarker(marker: Marker): string {
  const body = canonicalJson({ format: 1, ...marker });
  return `${body}\n${sha256(body)}\n`;
}

const hashLine = /^\n([0-9a-f]{64})\n$/;
const hashLineBytes = 66;

/** The marker, or undefined where a byte of it is not as it was written. */
export function parseMarker(content: Buffer): Marker | undefined {
  const end = content.length - hashLineBytes;
  if (end < 0) return undefined;
  // Bytes, not text: bytes that are no UTF-8 may read as the same text.
  const body = content.subarray(0, end);
  const hash = hashLine.exec(content.toString("latin1", end))?.[1];
  if (hash === undefined || sha256(body) !== hash) return undefined;
  const value: unknown = JSON.parse(body.toString("utf8"));
  if (!isMarker(value)) return undefined;
  const { key, making, record, result, files, log } = value;
  return { key, making, record, result, files, ...(log === undefined ? {} : { log }) };
}

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Proves the parts that decide what is read. The record is for people, and its hash proves that a
 * program like this one wrote it.
 */
function isMarker(value: unknown): value is Marker & { readonly format: 1 } {
  if (!isObject(value) || value.format !== 1 || typeof value.key !== "string") return false;
  const { making, record, files, log } = value;
  return (
    isObject(making) &&
    typeof making.kind === "string" &&
    typeof making.version === "number" &&
    isObject(making.settings) &&
    isObject(making.inputs) &&
    Object.values(making.inputs).every((input) => typeof input === "string") &&
    isObject(record) &&
    isObject(files) &&
    Object.values(files).every(isProof) &&
    (log === undefined || isProof(log))
  );
}

const isProof = (value: unknown): boolean =>
  isObject(value) && Number.isSafeInteger(value.bytes) && typeof value.sha256 === "string";
