import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import type { TextTable } from "./text-table.js";

/** A table of given texts and labels, for tests. */
export function tableOf(rows: readonly (readonly [string, number])[], classes = 2): TextTable {
  return {
    name: "table",
    labelNames: Array.from({ length: classes }, (_, index) => `class${index}`),
    text: rows.map(([text]) => text),
    label: Int32Array.from(rows, ([, label]) => label),
    file: "table.csv",
    row: Int32Array.from(rows, (_, index) => index + 1),
    skipped: [],
  };
}

/** The CounterweightError that a call throws; anything else fails the test. */
export function errorOf(call: () => unknown): CounterweightError {
  try {
    call();
  } catch (error) {
    if (error instanceof CounterweightError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** The same for an asynchronous call. */
export async function rejectionOf(call: Promise<unknown>): Promise<CounterweightError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof CounterweightError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** Runs a test with files in a folder of its own, removed afterwards. */
export async function withFiles<T>(
  files: Readonly<Record<string, string | Uint8Array>>,
  run: (path: (name: string) => string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "counterweight-data-"));
  try {
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(folder, name), content);
    }
    return await run((name) => join(folder, name));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
