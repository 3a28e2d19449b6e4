import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CounterweightError, systemCode } from "@counterweight/base";

const isMissing = (error: unknown): boolean =>
  ["ENOENT", "ENOTDIR"].includes(systemCode(error) ?? "");

/** The text of `folder/name`, or undefined where there is no such file. */
export async function readOptionalText(folder: string, name: string): Promise<string | undefined> {
  const path = join(folder, name);
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw new CounterweightError("model", "Cannot read the file.", { where: path, cause });
  }
}

/** A JSON object; its members are still to be checked. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** True for a JSON object (not null, not a list). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The JSON object in `text`, the content of `path`.
 * @throws CounterweightError("model") when it is not JSON or not an object.
 */
export function parseJsonObject(text: string, path: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CounterweightError("model", `Not JSON: ${reason}.`, { where: path, cause });
  }
  if (!isJsonObject(value)) {
    throw new CounterweightError("model", "Needed a JSON object.", { where: path });
  }
  return value;
}
