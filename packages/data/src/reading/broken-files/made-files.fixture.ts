import { gzipSync } from "node:zlib";
import type { ReadTableOptions } from "../read-table.js";

/** A file that readTable must refuse, and what its message must say. */
export interface BrokenFile {
  readonly name: string;
  readonly file: string;
  readonly content: string | Uint8Array;
  readonly options?: ReadTableOptions;
  readonly says: readonly RegExp[];
}

/** A file with oddities that is read: rows of the table and of `skipped` are all rows present. */
export interface OddFile {
  readonly name: string;
  readonly file: string;
  readonly content: string | Uint8Array;
  readonly options?: ReadTableOptions;
  readonly rows: number;
  readonly skipped: number;
}

/** Three rows that are right. */
export const good = "text,label\none,good\ntwo,bad\nthree,good\n";
/** Two rows of JSON Lines that are right. */
export const goodLines = '{"text":"one","label":"good"}\n{"text":"two","label":"bad"}\n';
/** Four hundred rows. */
export const many = `text,label\n${Array.from({ length: 400 }, (_, i) => `text ${i} ${(i * 7919) % 1009},${i % 2}`).join("\n")}\n`;
/** Rows with the given weights in the column `w`. */
export const weighted = (...weights: string[]): string =>
  `text,label,w\n${weights.map((weight, i) => `text ${i},${i % 2},${weight}`).join("\n")}\n`;
/** The option that takes the column `w`. */
export const byWeight: ReadTableOptions = { columns: { weight: "w" } };

/** Bytes of several parts. */
export function bytes(...parts: (string | number[] | Uint8Array)[]): Uint8Array {
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

/** A copy with some bytes replaced, from `offset` on (below 0: from the end). */
export function patched(source: Uint8Array, offset: number, ...values: number[]): Uint8Array {
  const copy = Uint8Array.from(source);
  copy.set(values, offset < 0 ? copy.length + offset : offset);
  return copy;
}

/** `many` inside gzip. */
export const gzipped = gzipSync(many);
/** Bytes of one mebibyte. */
export const mib = 1 << 20;
