import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["counterweight-source"] },
  ssr: { resolve: { conditions: ["counterweight-source", "module", "node", "development|production"] } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "scripts/**/*.test.ts"],
    testTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
