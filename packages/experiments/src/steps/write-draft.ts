import { open } from "node:fs/promises";
import { join } from "node:path";
import { writeRefusal } from "@counterweight/base";

/**
 * Writes a file of an entry that is being made.
 * @throws CounterweightError `usage` where the disk is full or refuses: that concerns every step, and
 * no run should go on to find it out for each.
 */
export async function writeDraft(
  draft: string,
  name: string,
  bytes: NodeJS.ArrayBufferView,
): Promise<void> {
  const path = join(draft, name);
  try {
    const file = await open(path, "w");
    try {
      await file.writeFile(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    } finally {
      await file.close();
    }
  } catch (error) {
    throw writeRefusal(error, path);
  }
}
