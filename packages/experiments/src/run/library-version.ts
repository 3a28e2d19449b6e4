import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** Version of a package as this one finds it; undefined where it is not installed. */
export function libraryVersion(name: string): string | undefined {
  for (const folder of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    try {
      const found: unknown = JSON.parse(readFileSync(`${folder}/${name}/package.json`, "utf8"));
      if (typeof found === "object" && found !== null && "version" in found) {
        return String(found.version);
      }
    } catch {
      // Not in this folder; the next one is asked.
    }
  }
  return undefined;
}
