import { CounterweightError } from "@counterweight/base";
import type { Role, TextTable } from "@counterweight/data";
import type { Entry } from "@counterweight/steps";
import type { DataSource, RowsRef } from "../plan/recipes.js";
import { type PreparedBenchmark, prepareBenchmark } from "../run/prepare.js";
import { type SplitResult, tableOf } from "./rows-of.js";

/** Data of a plan, read when first asked for. */
export interface SourceData {
  /**
   * @param roles those whose rows matter; all by default
   * @throws CounterweightError `data` where their rows changed since the plan was made.
   */
  prepared(source: string, roles?: readonly Role[]): Promise<PreparedBenchmark>;
  /** The rows a reference means; of a whole role the same object each time. */
  table(source: string, ref: RowsRef, input: Input): Promise<TextTable>;
}

/** The entry of a step, proven. */
export type Input = (key: string) => Promise<Entry>;

/** @param known data that was read already, by id */
export function sourceData(
  sources: Readonly<Record<string, DataSource>>,
  known: ReadonlyMap<string, PreparedBenchmark> = new Map(),
): SourceData {
  const read = new Map<string, Promise<ReadSource>>();

  async function prepared(
    id: string,
    roles: readonly Role[] = allRoles,
  ): Promise<PreparedBenchmark> {
    const planned = known.get(id);
    if (planned !== undefined) return planned;
    const reading = read.get(id) ?? readSource(id, sources[id]);
    read.set(id, reading);
    // A worker lives for many steps: a disk's bad moment must not spoil them all.
    reading.catch(() => read.delete(id));
    const { found, changed } = await reading;
    if (changed.length > 0) read.delete(id);
    const role = roles.find((each) => changed.includes(each));
    if (role === undefined) return found;
    throw new CounterweightError("data", `the ${role} rows changed since the plan was made.`, {
      where: found.benchmark.name,
      fix: "Run the same command again: it plans with the rows as they are now.",
    });
  }

  return {
    prepared,
    // Not kept: a worker of a large sweep sees thousands of splits.
    table: async (id, ref, input) => tableOf(ref, await splitOf(ref, input), await prepared(id)),
  };
}

/** What the split behind a reference found; undefined for whole roles. */
export async function splitOf(ref: RowsRef, input: Input): Promise<SplitResult | undefined> {
  if (ref.kind === "role") return undefined;
  const { result, record } = await input(ref.split);
  const isSplit = (value: unknown): value is SplitResult =>
    typeof value === "object" && value !== null && "rows" in value && "folds" in value;
  if (isSplit(result)) return result;
  throw new CounterweightError("internal", `${record.label}: no result of a split`);
}

const allRoles: readonly Role[] = ["train", "validation", "test", "generated"];

/** A source as it is now, and the roles whose rows are not those of the plan. */
interface ReadSource {
  readonly found: PreparedBenchmark;
  readonly changed: readonly Role[];
}

async function readSource(id: string, source: DataSource | undefined): Promise<ReadSource> {
  if (source === undefined) throw new CounterweightError("internal", `no data source ${id}`);
  const { benchmark, choice, digests } = source;
  // The coordinator looked for near duplicates when it planned.
  const splitGuard = { ...choice.splitGuard, near: "off" as const };
  const found = await prepareBenchmark({ ...choice, splitGuard }, benchmark);
  return { found, changed: allRoles.filter((role) => found.digests[role] !== digests[role]) };
}
