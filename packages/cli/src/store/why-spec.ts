import { type PreparedRun, prepareRun } from "@counterweight/experiments";
import {
  type Difference,
  type Explanation,
  explainMiss,
  type FolderStore,
  type Step,
  type Store,
} from "@counterweight/steps";
import type { CommandParts } from "../command.js";
import { type CommandIo, exitCodes } from "../io.js";
import { planFacts } from "../plan/plan-facts.js";
import { readSpec, type SpecFlags } from "../read-spec.js";
import { counted, cut, formatCount, shortKey } from "../words.js";
import { describeAll, openStore } from "./open-store.js";

/** Options of `counterweight store why SPEC`. */
export interface WhyFlags extends SpecFlags {
  readonly json: boolean;
}

/** Steps of a kind that miss for the same settings or inputs. */
interface Reason {
  readonly steps: readonly Step[];
  readonly explanation: Explanation;
}

/** What is to be made of a kind, and why. */
interface KindReasons {
  readonly kind: string;
  readonly toRun: number;
  /** Steps that were compared with the store; of many, some from all over the plan. */
  readonly compared: number;
  readonly reasons: readonly Reason[];
}

/** Each look compares with all entries of the kind. */
const mostCompared = 24;

/** `counterweight store why SPEC`: what keeps the steps to be made from being found. */
export async function whySpec(
  { spec: file, overrides, flags }: WhyWords,
  io: CommandIo,
  parts: CommandParts,
): Promise<number> {
  const spec = await readSpec(file, overrides, flags, io);
  const backend = await parts.createBackend(io);
  try {
    const store = openStore(flags, io);
    const prepared = await prepareRun(spec, backend);
    const kinds = await missesOf(prepared, store);
    if (flags.json) io.stdout(`${JSON.stringify(kinds.map(plain), null, 2)}\n`);
    else io.stdout(`${whyLines(kinds, store.folder).join("\n")}\n`);
    return exitCodes.done;
  } finally {
    await backend.close();
  }
}

interface WhyWords {
  readonly spec: string;
  readonly overrides: readonly string[];
  readonly flags: WhyFlags;
}

async function missesOf(prepared: PreparedRun, store: FolderStore): Promise<KindReasons[]> {
  const facts = await planFacts(prepared, { store, executor: "in-process", workers: 1 });
  const missing = facts.steps.filter(
    ({ state }) => state === "to run" || state === "running elsewhere",
  );
  const kinds = facts.kinds.filter(({ toRun, elsewhere }) => toRun + elsewhere > 0);
  const makings = new Map(prepared.plan.steps.map(({ key, making }) => [key, making]));
  const known = await remembered(store);
  const found: KindReasons[] = [];
  for (const { kind } of kinds) {
    const steps = missing.map(({ step }) => step).filter(({ making }) => making.kind === kind);
    const stride = Math.max(1, Math.ceil(steps.length / mostCompared));
    const chosen = steps.filter((_, index) => index % stride === 0);
    const reasons = new Map<string, { steps: Step[]; explanation: Explanation }>();
    for (const step of chosen) {
      const explanation = await explainMiss(known, step.making, {
        makingOf: (key) => makings.get(key),
      });
      const id = JSON.stringify(explanation.nearest?.differences.map(differenceWords) ?? null);
      const own = reasons.get(id);
      if (own === undefined) reasons.set(id, { steps: [step], explanation });
      else own.steps.push(step);
    }
    found.push({
      kind,
      toRun: steps.length,
      compared: chosen.length,
      reasons: [...reasons.values()],
    });
  }
  return found;
}

/** The store as it is now: its entries are described once. */
async function remembered(store: FolderStore): Promise<Store> {
  const keys = await store.keys();
  const entries = new Map((await describeAll(store, keys)).map(({ key, entry }) => [key, entry]));
  return {
    ...store,
    keys: async () => [...keys],
    describe: async (key) => entries.get(key),
  };
}

const longestValue = 60;

const valueWords = (value: unknown): string =>
  value === undefined
    ? "nothing"
    : typeof value === "string" && /^[0-9a-f]{64}$/.test(value)
      ? shortKey(value)
      : cut(JSON.stringify(value), longestValue);

const differenceWords = ({ path, wanted, stored }: Difference): string =>
  `${path}: ${valueWords(wanted)} here, ${valueWords(stored)} in the store`;

const mostDifferences = 6;

function whyLines(kinds: readonly KindReasons[], folder: string): string[] {
  if (kinds.length === 0) return [`Every step is in the store ${folder}.`];
  return kinds.flatMap(({ kind, toRun, compared, reasons }) => [
    `${kind}: ${formatCount(toRun)} to run${compared < toRun ? `, ${compared} of them compared` : ""}`,
    ...reasons.flatMap(({ steps, explanation }) => reasonLines(steps, explanation)),
  ]);
}

function reasonLines(steps: readonly Step[], { nearest, candidates }: Explanation): string[] {
  const [first] = steps;
  const who =
    steps.length === 1
      ? (first?.label ?? "")
      : `${counted(steps.length, "step")} such as ${first?.label ?? ""}`;
  if (nearest === undefined) {
    return [
      `  ${who}: the store has ${candidates === 0 ? "no entry of this kind" : "nothing like it"}.`,
    ];
  }
  const { entry, differences } = nearest;
  const shown = differences.slice(0, mostDifferences).map((each) => `    ${differenceWords(each)}`);
  const more = differences.length - shown.length;
  return [
    `  ${who}: nearest is ${shortKey(entry.key)} (${entry.record.label})`,
    ...(shown.length === 0 ? ["    nothing differs: it was made since"] : shown),
    ...(more === 0 ? [] : [`    and ${counted(more, "difference")} more`]),
  ];
}

const plain = ({ kind, toRun, compared, reasons }: KindReasons): unknown => ({
  ...{ kind, toRun, compared },
  reasons: reasons.map(({ steps, explanation: { nearest, candidates } }) => ({
    steps: steps.map(({ key, label }) => ({ key, label })),
    candidates,
    nearest: nearest && {
      key: nearest.entry.key,
      label: nearest.entry.record.label,
      differences: nearest.differences,
    },
  })),
});
