import { join } from "node:path";
import type { Entry } from "../store.js";
import { reading } from "./files.js";
import { logName } from "./layout.js";
import { provenBytes } from "./prove.js";

/** The file with the log of an entry's making; undefined where none was kept. */
export const logFile = ({ folder, log }: Entry): string | undefined =>
  log === undefined ? undefined : join(folder, logName);

/**
 * The log of an entry's making; undefined where none was kept.
 * @throws CounterweightError `data` where it does not match its hash
 */
export async function readLog(entry: Entry): Promise<string | undefined> {
  const { folder, log } = entry;
  if (log === undefined) return undefined;
  return (await reading(folder, () => provenBytes(join(folder, logName), log))).toString("utf8");
}
