/**
 * Compiles assembly/*.ts (AssemblyScript) to WebAssembly and writes it as base64 into
 * src/kernels/kernels.generated.ts, which git ignores. Run before `tsc --build`; does nothing where
 * neither the sources, the options nor the compiler's version have changed.
 */
import { createHash } from "node:crypto";
import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const options = [
  "-O3",
  "--noAssert",
  "--runtime",
  "stub",
  "--importMemory",
  "--noExportMemory",
  "--enable",
  "simd",
];
const root = new URL("../", import.meta.url);
const sources = new URL("assembly/", root);
const output = new URL("src/kernels/kernels.generated.ts", root);

const names = (await readdir(sources)).filter((name) => name.endsWith(".ts")).sort();
const files = new Map();
for (const name of names) files.set(name, await readFile(new URL(name, sources), "utf8"));
const { version } = createRequire(import.meta.url)("assemblyscript/package.json");
const digest = createHash("sha256")
  .update(JSON.stringify([version, options, [...files]]))
  .digest("hex");
const firstLine = `// Made by scripts/build-kernels.mjs from assembly/, sha256 ${digest}. Do not edit.`;

const existing = await readFile(output, "utf8").catch(() => "");
if (!existing.startsWith(firstLine)) {
  const asc = await import("assemblyscript/asc");
  let wasm = new Uint8Array();
  const { error, stderr } = await asc.main(["index.ts", ...options, "--outFile", "kernels.wasm"], {
    readFile: (name) => files.get(name) ?? null,
    writeFile: (_name, content) => {
      wasm = content;
    },
    listFiles: () => names,
  });
  if (error || wasm.length === 0) {
    process.stderr.write(stderr.toString());
    throw error ?? new Error("AssemblyScript wrote no module");
  }
  const base64 = Buffer.from(wasm).toString("base64");
  const temporary = `${fileURLToPath(output)}.${process.pid}.tmp`;
  await writeFile(
    temporary,
    `${firstLine}\n/** The WebAssembly module of assembly/, base64. */\nexport const kernelsBase64 =\n  "${base64}";\n`,
  );
  await rename(temporary, fileURLToPath(output));
}
