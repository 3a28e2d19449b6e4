// The tests of scripts/ci/80-slurm.sh, which take too long for every day. Otherwise as in
// vitest.config.ts.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const conditions = ["counterweight-source"];

// biome-ignore lint/style/noDefaultExport: what vitest reads
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions: [...conditions, "module", "node", "development|production"] } },
  root: fileURLToPath(new URL("../..", import.meta.url)),
  test: {
    include: ["scripts/slurm/*.slow.ts", "packages/steps/src/slurm/faults.test.ts"],
    testTimeout: 400_000,
    pool: "forks",
    maxWorkers: 1,
    reporters: ["default", "./scripts/summary-reporter.ts"],
  },
});
