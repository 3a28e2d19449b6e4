import { randomBytes } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ifThere, isOccupied, writing } from "./files.js";
import { entryFolder, type Layout } from "./layout.js";
import { proveEntry } from "./prove.js";

/**
 * Moves an entry into the quarantine, with the reason in a file beside it.
 * @returns where it is now; undefined where it was gone already.
 */
export function moveToQuarantine(
  layout: Layout,
  key: string,
  reason: string,
): Promise<string | undefined> {
  const target = join(layout.quarantine, `${key}.${randomBytes(6).toString("hex")}`);
  return writing(target, async () => {
    await mkdir(layout.quarantine, { recursive: true });
    const moved = await ifThere(rename(entryFolder(layout, key), target).then(() => true));
    if (moved === undefined) return undefined;
    // Only for people: the move is what counts.
    await writeFile(`${target}.txt`, `${new Date().toISOString()} ${reason}\n`).catch(
      () => undefined,
    );
    return target;
  });
}

/**
 * Moves an entry that was found damaged. Another may have done so and published anew since it was
 * looked at, so what was moved is looked at once more, and goes back if it is whole.
 * @returns where it is now; undefined where there is nothing damaged any more.
 */
export async function setAsideDamaged(
  layout: Layout,
  key: string,
  reason: string,
): Promise<string | undefined> {
  const target = await moveToQuarantine(layout, key, reason);
  if (target === undefined) return undefined;
  if ((await proveEntry(target, key)).kind !== "whole") return target;
  await writing(target, async () => {
    await rm(`${target}.txt`, { force: true });
    try {
      await rename(target, entryFolder(layout, key));
    } catch (error) {
      if (!isOccupied(error)) throw error;
      // It was made once more meanwhile.
      await rm(target, { recursive: true, force: true });
    }
  });
  return undefined;
}
