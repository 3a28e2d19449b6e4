import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256, writeFileAtomic } from "@counterweight/base";

/** How far a spool was delivered, and what the deliverer must know to go on. */
export interface Position {
  /** Every record up to this sequence number is done with. */
  readonly acknowledged: number;
  /** The deliverer's own, kept with it in one file so that both always agree. */
  readonly state: unknown;
}

const file = "position.json";

/** Replaces the position: old or new, never half of one. */
export async function writePosition(folder: string, position: Position): Promise<void> {
  const text = JSON.stringify(position);
  await writeFileAtomic(join(folder, file), `${sha256(text)}\n${text}\n`);
}

/** Undefined where there is none, or it is damaged: then everything counts as not delivered. */
export async function readPosition(folder: string): Promise<Position | undefined> {
  try {
    const [sum, text = ""] = (await readFile(join(folder, file), "utf8")).split("\n");
    if (sha256(text) !== sum) return undefined;
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("acknowledged" in value)) return undefined;
    const { acknowledged } = value;
    if (typeof acknowledged !== "number") return undefined;
    return { acknowledged, state: "state" in value ? value.state : undefined };
  } catch {
    return undefined;
  }
}
