import { CounterweightError, nearest } from "@counterweight/base";
import { type Table, tableToText } from "@counterweight/evaluation";
import type { Entry } from "@counterweight/steps";
import { type CommandIo, exitCodes } from "../io.js";
import { counted, cutMiddle, formatBytes, shortKey } from "../words.js";
import { describeAll, openStore, sizesOf } from "./open-store.js";

/** Options of `counterweight store ls`. */
export interface ListFlags {
  readonly store?: string;
  readonly kind?: string;
  readonly json: boolean;
}

/** One entry as it is listed. */
interface Listed {
  readonly key: string;
  readonly entry: Entry | undefined;
  readonly bytes: number;
}

/** `counterweight store ls`: the entries, the oldest first. */
export async function listCommand(flags: ListFlags, io: CommandIo): Promise<number> {
  const store = openStore(flags, io);
  const all = await describeAll(store, await store.keys());
  const kinds = [...new Set(all.flatMap(({ entry }) => entry?.making.kind ?? []))];
  const { kind } = flags;
  if (kind !== undefined && !kinds.includes(kind)) throw noSuchKind(kind, kinds, store.folder);
  const made = ({ entry }: Pick<Listed, "entry">): string => entry?.record.ended ?? "";
  const chosen = all
    .filter(({ entry }) => kind === undefined || entry?.making.kind === kind)
    .sort((left, right) => (made(left) < made(right) ? -1 : made(left) > made(right) ? 1 : 0));
  const keys = chosen.map(({ key }) => key);
  const sizes = await sizesOf(store, keys);
  const listed = chosen.map((each) => ({ ...each, bytes: sizes.get(each.key) ?? 0 }));
  if (flags.json) {
    io.stdout(`${JSON.stringify(listed.map(plain), null, 2)}\n`);
    return exitCodes.done;
  }
  if (listed.length === 0) {
    io.stderr(`The store ${store.folder} is empty.\n`);
    return exitCodes.done;
  }
  const bytes = listed.reduce((sum, each) => sum + each.bytes, 0);
  io.stdout(tableToText(listTable(listed)));
  const entries = listed.length === 1 ? "1 entry" : counted(listed.length, "entrie");
  io.stderr(`${entries}, ${formatBytes(bytes)} in ${store.folder}\n`);
  return exitCodes.done;
}

function noSuchKind(kind: string, kinds: readonly string[], folder: string): CounterweightError {
  const close = nearest(kind, kinds);
  const there =
    kinds.length === 0
      ? "The store is empty."
      : `Kinds in the store: ${[...kinds].sort().join(", ")}.`;
  return new CounterweightError("usage", `no entry is of the kind "${kind}".`, {
    where: folder,
    fix: close === undefined ? there : `Did you mean ${close}? ${there}`,
  });
}

const plain = ({ key, entry, bytes }: Listed): unknown =>
  entry === undefined
    ? { key, damaged: true, bytes }
    : {
        key,
        kind: entry.making.kind,
        label: entry.record.label,
        bytes,
        made: entry.record.ended,
        seconds: entry.record.seconds,
      };

const widestLabel = 48;

function listTable(listed: readonly Listed[]): Table {
  return {
    columns: [
      { title: "key", align: "left" },
      { title: "kind", align: "left" },
      { title: "label", align: "left" },
      { title: "size", align: "right" },
      { title: "made", align: "left" },
      { title: "seconds", align: "right" },
    ],
    rows: listed.map(({ key, entry, bytes }) =>
      entry === undefined
        ? [
            shortKey(key),
            "damaged",
            "its marker cannot be read: see `store verify`",
            formatBytes(bytes),
            "",
            "",
          ]
        : [
            shortKey(key),
            entry.making.kind,
            cutMiddle(entry.record.label, widestLabel),
            formatBytes(bytes),
            entry.record.ended.slice(0, 19).replace("T", " "),
            entry.record.seconds.toFixed(2),
          ],
    ),
  };
}
