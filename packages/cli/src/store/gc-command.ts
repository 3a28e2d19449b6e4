import { type Table, tableToText } from "@counterweight/evaluation";
import { prepareRun } from "@counterweight/experiments";
import { type FolderStore, gc } from "@counterweight/steps";
import type { CommandParts } from "../command.js";
import { type CommandIo, exitCodes } from "../io.js";
import { readSpec } from "../read-spec.js";
import { counted, formatBytes, formatCount } from "../words.js";
import { describeAll, openStore, sizesOf } from "./open-store.js";

/** Options of `counterweight store gc`. */
export interface GcFlags {
  readonly store?: string;
  /** Specs whose steps stay. */
  readonly keep: readonly string[];
  readonly quarantine: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** `counterweight store gc --keep SPEC...`: removes what none of the specs needs. */
export async function gcCommand(
  flags: GcFlags,
  io: CommandIo,
  parts: CommandParts,
): Promise<number> {
  const store = openStore(flags, io, flags.dryRun ? "read" : "change");
  const keep = await keysOf(flags.keep, io, parts);
  const options = { quarantine: flags.quarantine };
  // Looked at before it goes: what is gone cannot say of which kind it was.
  const planned = await gc(store, keep, { ...options, dryRun: true });
  const kinds = await kindTable(store, planned.entries);
  const { entries, drafts, work, quarantine, bytes, held } = flags.dryRun
    ? planned
    : await gc(store, keep, options);
  if (flags.json) {
    const kept = (await store.keys()).length - (flags.dryRun ? entries.length : 0);
    const found = { dryRun: flags.dryRun, entries, drafts, work, quarantine, bytes, held, kept };
    io.stdout(`${JSON.stringify(found, null, 2)}\n`);
    return exitCodes.done;
  }
  if (entries.length > 0) io.stdout(tableToText(kinds));
  const others = [
    ...(drafts.length === 0 ? [] : [counted(drafts.length, "abandoned draft")]),
    ...(work.length === 0 ? [] : [`checkpoints of ${counted(work.length, "step")}`]),
    ...(quarantine.length === 0 ? [] : [`${formatCount(quarantine.length)} in quarantine`]),
  ];
  const what = [`entries: ${formatCount(entries.length)}`, ...others].join(", ");
  io.stdout(`${flags.dryRun ? "Would free" : "Freed"} ${formatBytes(bytes)} (${what}).\n`);
  if (held.length > 0) {
    io.stderr(`${counted(held.length, "step")} may be in the making: left alone.\n`);
  }
  return exitCodes.done;
}

/** Keys of all steps of some specs. */
async function keysOf(
  files: readonly string[],
  io: CommandIo,
  parts: CommandParts,
): Promise<Set<string>> {
  const keys = new Set<string>();
  const backend = await parts.createBackend(io);
  try {
    for (const file of files) {
      const spec = await readSpec(file, [], { set: [] }, io);
      const { plan } = await prepareRun(spec, backend);
      for (const { key } of plan.steps) keys.add(key);
    }
  } finally {
    await backend.close();
  }
  return keys;
}

async function kindTable(store: FolderStore, keys: readonly string[]): Promise<Table> {
  const kinds = new Map<string, { count: number; bytes: number }>();
  const sizes = await sizesOf(store, keys);
  for (const { key, entry } of await describeAll(store, keys)) {
    const kind = entry?.making.kind ?? "damaged";
    const own = kinds.get(kind) ?? { count: 0, bytes: 0 };
    kinds.set(kind, own);
    own.count += 1;
    own.bytes += sizes.get(key) ?? 0;
  }
  return {
    columns: [
      { title: "kind", align: "left" },
      { title: "entries", align: "right" },
      { title: "size", align: "right" },
    ],
    rows: [...kinds]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([kind, { count, bytes }]) => [kind, formatCount(count), formatBytes(bytes)]),
  };
}
