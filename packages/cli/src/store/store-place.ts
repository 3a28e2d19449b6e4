import { accessSync, constants, readdirSync, type Stats, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { CounterweightError, systemCode } from "@counterweight/base";

const giveStore = "Give the folder with --store or COUNTERWEIGHT_STORE.";

/**
 * What a command does with a store: looks into it, says what would be added to it, where it may not
 * be there yet, changes what is there, or adds to it.
 */
export type StoreUse = "read" | "plan" | "change" | "add";

/**
 * Says in good time, before minutes go into reading data, that a place can be no store: a file, a
 * folder that may not be read, or, where something is to be written, one that may not be written. A
 * store that has entries and may not be written is good enough to `add` to: all that is wanted may be
 * there, and where it is not, the first step says so.
 * @throws CounterweightError `usage`
 */
export function checkStorePlace(folder: string, use: StoreUse): void {
  const place = resolve(folder);
  const found = statOf(place);
  if (found === undefined) {
    if (use !== "add" && use !== "plan") {
      throw refusal(folder, "there is no store here.", giveStore);
    }
    checkAbove(folder, place, use);
    return;
  }
  if (!found.isDirectory()) throw notFolder(folder);
  check(folder, place, "read", constants.R_OK | constants.X_OK);
  const mustWrite = use === "change" || (use === "add" && readdirSync(place).length === 0);
  if (mustWrite) check(folder, place, "written", constants.W_OK);
}

/** Looks at the nearest folder above that is there. */
function checkAbove(folder: string, place: string, use: "plan" | "add"): void {
  const above = dirname(place);
  const found = statOf(above);
  if (found === undefined && above !== place) checkAbove(folder, above, use);
  else if (found?.isDirectory() !== true) throw notFolder(folder, above);
  else if (use === "add") check(folder, above, "written", constants.W_OK);
}

function check(folder: string, place: string, what: "read" | "written", mode: number): void {
  try {
    accessSync(place, mode);
  } catch (cause) {
    const which = resolve(folder) === place ? "the store" : place;
    const words = `${which} may not be ${what} (${systemCode(cause) ?? String(cause)}).`;
    throw refusal(folder, words, `Ask for the right to, or g${giveStore.slice(1)}`, cause);
  }
}

/** Undefined where nothing is there, also where a part of the path is a file. */
function statOf(place: string): Stats | undefined {
  try {
    return statSync(place);
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw refusal(place, `could not be looked at (${code ?? String(error)}).`, giveStore, error);
  }
}

const notFolder = (folder: string, file?: string): CounterweightError =>
  refusal(
    folder,
    file === undefined
      ? "this is a file, and a store is a folder."
      : `${file} is a file, and a store is a folder.`,
    giveStore,
  );

const refusal = (where: string, what: string, fix: string, cause?: unknown): CounterweightError =>
  new CounterweightError("usage", what, { where, fix, ...(cause === undefined ? {} : { cause }) });
