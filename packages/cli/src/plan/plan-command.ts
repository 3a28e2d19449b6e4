import { tableToText } from "@counterweight/evaluation";
import { type PreparedRun, prepareRun, type ResolvedSpec } from "@counterweight/experiments";
import type { CommandParts } from "../command.js";
import { type CommandIo, exitCodes } from "../io.js";
import { readSpec, type SpecFlags } from "../read-spec.js";
import { storeToFill } from "../store/open-store.js";
import { counted, formatCount } from "../words.js";
import { type PlanFacts, planFacts } from "./plan-facts.js";
import { planJson } from "./plan-json.js";
import { kindsTable, planSummary, trialsTable } from "./plan-text.js";
import { planTree } from "./plan-tree.js";

/** Options of `counterweight plan`. */
export interface PlanFlags extends SpecFlags {
  readonly json: boolean;
  readonly trials: boolean;
  readonly all: boolean;
}

/** `counterweight plan SPEC [key=value...]`, as parsed. */
export interface PlanCommand {
  readonly spec: string;
  readonly overrides: readonly string[];
  readonly flags: PlanFlags;
}

/** Lines of the tree, about, unless all are asked for. */
const treeLines = 40;
/** Columns where no terminal says how many it has. */
const usualWidth = 100;

/** Shows what a spec leads to and what of it is in the store; trains nothing. */
export async function planCommand(
  { spec: file, overrides, flags }: PlanCommand,
  io: CommandIo,
  parts: CommandParts,
): Promise<number> {
  const spec = await readSpec(file, overrides, flags, io);
  const store = await storeToFill(flags, io, "plan");
  const backend = await parts.createBackend(io);
  try {
    const prepared = await prepareRun(spec, backend);
    const { executor } = spec.settings.run;
    const facts = await planFacts(prepared, { store, executor, workers: await workersOf(spec) });
    if (flags.json) {
      io.stdout(`${JSON.stringify(planJson(prepared, facts, store.folder), null, 2)}\n`);
    } else {
      showPlan(prepared, facts, flags, io);
      io.stderr(`The store is ${store.folder}. Nothing was trained.\n`);
    }
    return exitCodes.done;
  } finally {
    await backend.close();
  }
}

function showPlan(
  prepared: PreparedRun,
  facts: PlanFacts,
  { trials, all }: PlanFlags,
  io: CommandIo,
): void {
  for (const [name, { notes }] of prepared.benchmarks) {
    for (const note of notes) io.stderr(`${name}: ${note}\n`);
  }
  for (const note of prepared.modelNotes) io.stderr(`model: ${note}\n`);
  if (trials) {
    io.stdout(`${tableToText(trialsTable(prepared, facts))}\n`);
    return;
  }
  const { name } = prepared.spec.settings;
  const lines = all ? Number.POSITIVE_INFINITY : treeLines;
  const width = io.columns?.() ?? usualWidth;
  const tree = planTree(facts, { lines, width });
  const steps = formatCount(facts.steps.length);
  io.stdout(
    [
      `${name}: ${counted(facts.trials, "trial")}, ${steps} steps`,
      ...tree,
      "",
      tableToText(kindsTable(facts)).trimEnd(),
      "",
      ...planSummary(facts),
      "",
    ].join("\n"),
  );
}

/** Steps that run at once. */
async function workersOf(spec: ResolvedSpec): Promise<number> {
  const { executor, jobs, slurm } = spec.settings.run;
  if (executor === "in-process") return 1;
  if (executor === "slurm") return slurm.maxQueued;
  return (await import("../executors.js")).workersOf({ jobs, spec });
}
