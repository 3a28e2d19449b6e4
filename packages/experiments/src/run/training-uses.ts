import { createHash } from "node:crypto";
import type { Plan } from "../plan/plan.js";

/**
 * What trials each training of a plan is part of, as a short hash by the training's key: 16
 * hexadecimal digits, equal as long as the same trials use it in the same way.
 */
export function usesOfTrainings({ trials }: Pick<Plan, "trials">): ReadonlyMap<string, string> {
  const hashes = new Map<string, ReturnType<typeof createHash>>();
  for (const { trial, members, checkers } of trials) {
    const words = JSON.stringify([trial, members, checkers]);
    for (const key of new Set([...members, ...checkers])) {
      const hash = hashes.get(key) ?? createHash("sha256");
      hashes.set(key, hash.update(words));
    }
  }
  return new Map([...hashes].map(([key, hash]) => [key, hash.digest("hex").slice(0, 16)]));
}
