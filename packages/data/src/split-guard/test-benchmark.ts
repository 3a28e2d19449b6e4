import type { Benchmark, Role } from "../benchmark.js";
import { tableOf } from "../test-support.js";

/** A benchmark of texts by role, all of class 0 unless a row says otherwise, for tests. */
export function benchmarkOf(
  parts: Partial<Record<Role, readonly (string | readonly [string, number])[]>>,
): Benchmark {
  const table = (role: Role) => ({
    ...tableOf((parts[role] ?? []).map((row) => (typeof row === "string" ? [row, 0] : row))),
    file: `${role}.csv`,
  });
  return {
    name: "b",
    labelNames: ["class0", "class1"],
    train: table("train"),
    validation: table("validation"),
    test: table("test"),
    generated: table("generated"),
  };
}
