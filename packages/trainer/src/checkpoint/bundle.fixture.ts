import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { build } from "vite";

/**
 * Bundles a TypeScript fixture from the sources, as tests run, into a script that `node` runs in a
 * process of its own; the caller removes it.
 */
export async function bundleFixture(path: string): Promise<string> {
  const name = `${basename(path, ".fixture.ts")}.${randomBytes(6).toString("hex")}.mjs`;
  // Beside the package's other output, where its dependencies resolve.
  const outDir = join(dirname(path), "../../dist");
  await build({
    configFile: false,
    logLevel: "error",
    root: dirname(path),
    resolve: { conditions: ["counterweight-source"] },
    ssr: { resolve: { conditions: ["counterweight-source", "module", "node"] } },
    build: {
      ssr: path,
      outDir,
      emptyOutDir: false,
      minify: false,
      rolldownOptions: { output: { entryFileNames: name, codeSplitting: false } },
    },
  });
  return join(outDir, name);
}
