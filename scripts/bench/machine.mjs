/** What a benchmark ran on; nothing that names a host. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { cpus, loadavg, totalmem } from "node:os";
import { output } from "./processes.mjs";

/** Intel's server generations by family 6 model number, where the model name does not say. */
const generations = new Map([
  [85, "Skylake to Cooper Lake"],
  [106, "Ice Lake"],
  [143, "Sapphire Rapids"],
  [173, "Granite Rapids"],
  [207, "Emerald Rapids"],
]);

/**
 * @param {string} python
 */
export async function machineRecord(python) {
  const versions = JSON.parse(
    await output(python, [
      "-c",
      "import json, platform, torch, transformers\n" +
        "print(json.dumps(dict(python=platform.python_version(), torch=torch.__version__, " +
        "transformers=transformers.__version__)))",
    ]),
  );
  const fromRuntime = createRequire(
    new URL("../../packages/runtime/package.json", import.meta.url),
  );
  const { version } = JSON.parse(
    await readFile(fromRuntime.resolve("onnxruntime-node/package.json"), "utf8"),
  );
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: await processor(),
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform}-${process.arch}`,
    node: process.versions.node,
    "onnxruntime-node": String(version),
    ...versions,
    commit: (await output("git", ["rev-parse", "--short", "HEAD"]).catch(() => "")).trim(),
    /** Processes that wanted a core in the minute before; near 0 on a quiet machine. */
    loadBefore: loadavg()[0] ?? 0,
  };
}

async function processor() {
  const name = cpus()[0]?.model.trim() ?? "unknown";
  const info = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  const model = Number(/^model\s*: (\d+)/m.exec(info)?.[1]);
  const generation = info.includes("GenuineIntel") ? generations.get(model) : undefined;
  const vector = ["avx512f", "avx2"].find((flag) => info.includes(` ${flag}`));
  return [name, generation, vector === "avx512f" ? "AVX-512" : vector?.toUpperCase()]
    .filter((part) => part !== undefined)
    .join(", ");
}
