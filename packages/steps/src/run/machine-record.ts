import { cpus, totalmem } from "node:os";
import { canonicalJson, sha256 } from "@counterweight/base";
import type { MachineRecord } from "../store.js";

/**
 * This machine without its name. All cores count, also those a process may not use, so that a
 * queue's job on a part of the machine has the machine's `id`.
 */
export function machineRecord(): MachineRecord {
  const processors = cpus();
  const cpu = processors[0]?.model.trim() ?? "unknown";
  const cores = processors.length;
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  return {
    id: sha256(canonicalJson({ cpu, cores, memoryGiB })).slice(0, 12),
    cpu,
    cores,
    memoryGiB,
    platform: `${process.platform}-${process.arch}`,
    node: process.versions.node,
  };
}
