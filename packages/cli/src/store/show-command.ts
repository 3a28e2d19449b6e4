import { CounterweightError } from "@counterweight/base";
import { visibleText } from "@counterweight/evaluation";
import { type Entry, logFile, type MachineRecord, readLog } from "@counterweight/steps";
import { type CommandIo, exitCodes } from "../io.js";
import { counted, cut, formatBytes, shortKey } from "../words.js";
import { type InputNode, inputLines, inputTree } from "./input-tree.js";
import { bytesOf, entryOf, openStore } from "./open-store.js";

/** Options of `counterweight store show` and of `why KEY`. */
export interface ShowFlags {
  readonly store?: string;
  readonly json: boolean;
}

/** `counterweight store show KEY`: making, record, files, inputs and the end of the log of an entry. */
export async function showCommand(
  key: string,
  { log: isLog, ...flags }: ShowFlags & { readonly log: boolean },
  io: CommandIo,
): Promise<number> {
  const store = openStore(flags, io);
  const entry = await entryOf(store, key);
  if (isLog) {
    io.stdout(await wholeLog(entry));
    return exitCodes.done;
  }
  const inputs = await inputTree(store, entry);
  if (flags.json) {
    const shown = { ...entry, logFile: logFile(entry), inputs };
    io.stdout(`${JSON.stringify(shown, null, 2)}\n`);
    return exitCodes.done;
  }
  const lines = [...headLines(entry), ...bodyLines(entry, inputs), ...(await logLines(entry))];
  io.stdout(`${lines.join("\n")}\n`);
  return exitCodes.done;
}

/** @throws CounterweightError `usage` where none was kept, `data` where it is damaged */
async function wholeLog(entry: Entry): Promise<string> {
  const log = await readLog(entry);
  if (log !== undefined) return visibleText(log);
  throw new CounterweightError("usage", "no log was kept with this entry.", {
    where: entry.folder,
    fix: "Look into the logs folder of the run that made it.",
  });
}

/** `counterweight store why KEY`: how an entry came to be, and what it was made of. */
export async function whyKey(key: string, flags: ShowFlags, io: CommandIo): Promise<number> {
  const store = openStore(flags, io);
  const entry = await entryOf(store, key);
  const inputs = await inputTree(store, entry);
  const { making, record } = entry;
  if (flags.json) {
    io.stdout(`${JSON.stringify({ key: entry.key, making, record, inputs }, null, 2)}\n`);
    return exitCodes.done;
  }
  const lines = [
    ...headLines(entry),
    "",
    "It is its own because of these settings:",
    ...settingLines({ version: making.version, ...making.settings }),
    "",
    "and these inputs:",
    ...inputLines(inputs),
  ];
  io.stdout(`${lines.join("\n")}\n`);
  return exitCodes.done;
}

function headLines({ key, making, record, folder }: Entry): string[] {
  const { seconds, attempt, executor, threads, peakMemoryBytes, machine, cost } = record;
  const memory = peakMemoryBytes === undefined ? "" : `, at most ${formatBytes(peakMemoryBytes)}`;
  return field([
    ["key", key],
    ["kind", `${making.kind}, version ${making.version} of its code`],
    ["label", record.label],
    ["folder", folder],
    ["made", `${record.started} to ${record.ended}`],
    [
      "by",
      `${executor}, attempt ${attempt}, ${counted(threads, "thread")}, ${seconds.toFixed(2)} s of work${memory}`,
    ],
    ["machine", machineWords(machine)],
    ["cost", `${cost.shape}, ${counted(cost.units, "unit")}`],
    ...Object.entries(record.code).map(([name, value]): [string, string] => [
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  ]);
}

const machineWords = ({ id, cpu, cores, memoryGiB, platform, node }: MachineRecord): string =>
  `${cpu}, ${counted(cores, "core")}, ${memoryGiB} GiB, ${platform}, Node ${node} (${id})`;

const field = (pairs: readonly (readonly [string, string])[]): string[] => {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
};

const longestResult = 600;

function bodyLines(entry: Entry, inputs: readonly InputNode[]): string[] {
  const files = Object.entries(entry.files).map(
    ([name, { bytes, sha256 }]) =>
      [name, `${formatBytes(bytes)}  sha256 ${shortKey(sha256)}`] as const,
  );
  return [
    "",
    "settings",
    ...settingLines(entry.making.settings),
    "",
    `files (${formatBytes(bytesOf(entry))})`,
    ...(files.length === 0 ? ["  none"] : field(files).map((line) => `  ${line}`)),
    "",
    "result",
    `  ${cut(JSON.stringify(entry.result) ?? "none", longestResult)}`,
    "",
    "inputs",
    ...inputLines(inputs),
  ];
}

const lastLines = 8;
const widestLine = 200;

/** Where the log is, and its end. */
async function logLines(entry: Entry): Promise<string[]> {
  const file = logFile(entry);
  if (file === undefined) return ["", "log", "  none was kept"];
  let text: string;
  try {
    text = (await readLog(entry)) ?? "";
  } catch (error) {
    // All else of the entry can be shown.
    if (!(error instanceof CounterweightError)) throw error;
    return ["", `log (${file})`, `  ${error.message}`];
  }
  const lines = text.trimEnd().split("\n");
  const before = lines.length - lastLines;
  return [
    "",
    `log (${formatBytes(entry.log?.bytes ?? 0)}, ${file})`,
    ...(before > 0 ? [`  ${counted(before, "line")} before these: --log shows all`] : []),
    ...lines.slice(-lastLines).map((line) => `  ${cut(visibleText(line), widestLine)}`),
  ];
}

/** `train.epochs  3`, a line a setting. */
function settingLines(settings: Readonly<Record<string, unknown>>): string[] {
  const flat: [string, string][] = [];
  const walk = (value: unknown, path: string): void => {
    if (value === undefined) return;
    const isGroup = typeof value === "object" && value !== null && !Array.isArray(value);
    if (!isGroup || Object.keys(value).length === 0) flat.push([path, JSON.stringify(value)]);
    else for (const [name, below] of Object.entries(value)) walk(below, `${path}.${name}`);
  };
  for (const [name, value] of Object.entries(settings)) walk(value, name);
  return flat.length === 0 ? ["  none"] : field(flat).map((line) => `  ${line}`);
}
