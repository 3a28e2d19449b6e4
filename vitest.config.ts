import { defineConfig } from "vitest/config";

// Tests run on the sources, so that editing a file needs no build; `npm test` builds first, since
// the build is also the type check.
const conditions = ["counterweight-source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions: [...conditions, "module", "node", "development|production"] } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "scripts/**/*.test.ts"],
    testTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
    reporters: ["default", "./scripts/summary-reporter.ts"],
  },
});
