import { counted, cutMiddle, formatCount, formatDuration } from "../words.js";
import { shareLines } from "./fold.js";
import { kindOrder, type PlanFacts, type StepFacts, type StepState } from "./plan-facts.js";

/** Steps of a kind on the rows of a benchmark. */
interface Branch {
  readonly kind: string;
  readonly steps: readonly StepFacts[];
}

interface Tree {
  readonly benchmark: string;
  readonly branches: readonly Branch[];
}

/** What writes into the folder of the results, where nothing is kept for other runs. */
const atTheEnd = ["render: tables, figures, report; at the end of every run"];

/**
 * The steps of a plan as lines: benchmarks, in them the kinds of steps in the order in which data
 * goes through them, in these the steps with what they wait for.
 * @param lines how many there may be, about; kinds with many steps are folded
 * @param width columns
 */
export function planTree(
  facts: PlanFacts,
  { lines, width }: { readonly lines: number; readonly width: number },
): string[] {
  const trees = treesOf(facts.steps);
  const heads = trees.map(({ branches }) => 1 + branches.length);
  const room = Math.max(1, lines - atTheEnd.length);
  let shownTrees = 0;
  for (let used = 0; shownTrees < trees.length; shownTrees++) {
    used += heads[shownTrees] ?? 0;
    if (shownTrees > 0 && used > room) break;
  }
  const shown = trees.slice(0, shownTrees);
  const rest = trees.slice(shownTrees);
  const headLines = heads.slice(0, shownTrees).reduce((sum, each) => sum + each, 0);
  const branches = shown.flatMap((tree) => tree.branches);
  const shares = shareLines(
    branches.map(({ steps }) => steps.length),
    room - headLines - (rest.length === 0 ? 0 : 1),
  );
  const items = branches.map(({ steps }, index) =>
    chosen(steps, shares[index] ?? 0).map((own) => shownStep(own, facts)),
  );
  const columns = columnsOf(items.flat(), width);
  let place = 0;
  const text = shown.flatMap(({ benchmark, branches: own }) => [
    benchmark === "" ? "all trials" : benchmark,
    ...own.flatMap(({ kind, steps }, index) => {
      const part = items[place++] ?? [];
      return branchLines({ kind, steps, part, last: index === own.length - 1, columns });
    }),
  ]);
  const hidden = rest.flatMap((tree) => tree.branches.flatMap(({ steps }) => steps));
  return [
    ...text,
    ...(rest.length === 0
      ? []
      : [`... ${counted(rest.length, "more benchmark")}: ${stateWords(hidden)}`]),
    ...atTheEnd,
  ].map((line) => cutMiddle(line, width));
}

function treesOf(steps: readonly StepFacts[]): Tree[] {
  const trees = new Map<string, Map<string, StepFacts[]>>();
  for (const each of steps) {
    const branches = trees.get(each.benchmark) ?? new Map<string, StepFacts[]>();
    trees.set(each.benchmark, branches);
    const own = branches.get(each.step.making.kind);
    if (own === undefined) branches.set(each.step.making.kind, [each]);
    else own.push(each);
  }
  const place = (kind: string): number => (kindOrder.indexOf(kind) + 100) % 100;
  return [...trees].map(([benchmark, branches]) => ({
    benchmark,
    branches: [...branches]
      .map(([kind, own]) => ({ kind, steps: own }))
      .sort((left, right) => place(left.kind) - place(right.kind)),
  }));
}

/** Of a folded kind, those that are to be made come first. */
function chosen(steps: readonly StepFacts[], count: number): readonly StepFacts[] {
  if (count >= steps.length) return steps;
  const urgent: readonly StepState[] = ["running elsewhere", "to run", "cached", "not needed"];
  const first: StepFacts[] = [];
  for (const state of urgent) {
    for (const each of steps) {
      if (first.length === count) return first;
      if (each.state === state) first.push(each);
    }
  }
  return first;
}

const stateOrder: readonly StepState[] = ["cached", "running elsewhere", "to run", "not needed"];

function stateWords(steps: readonly StepFacts[]): string {
  const counts = stateOrder.flatMap((state) => {
    const count = steps.filter((each) => each.state === state).length;
    return count === 0 ? [] : [`${formatCount(count)} ${state}`];
  });
  return counts.join(", ");
}

/** A step that has a line of its own. */
interface ShownStep {
  readonly own: StepFacts;
  readonly label: string;
  readonly state: string;
  readonly tail: string;
}

interface Columns {
  readonly label: number;
  readonly state: number;
}

const indent = "│  ├─ ".length;

const shownStep = (own: StepFacts, { waitsForLast }: PlanFacts): ShownStep => ({
  own,
  label: labelText(own),
  state: stateText(own),
  tail: tailText(own, waitsForLast(own)),
});

function columnsOf(items: readonly ShownStep[], width: number): Columns {
  const longest = (texts: readonly string[]): number =>
    texts.reduce((most, { length }) => Math.max(most, length), 0);
  const state = longest(items.map((each) => each.state));
  const wanted = longest(items.map(({ label }) => label));
  const others = longest(items.map(({ tail }) => tail)) + state + 4;
  return { state, label: Math.max(20, Math.min(wanted, width - indent - others)) };
}

function branchLines({
  kind,
  steps,
  part,
  last,
  columns,
}: {
  readonly kind: string;
  readonly steps: readonly StepFacts[];
  readonly part: readonly ShownStep[];
  readonly last: boolean;
  readonly columns: Columns;
}): string[] {
  const left = steps.length - part.length;
  const bar = last ? "   " : "│  ";
  const shown = new Set(part.map(({ own }) => own));
  const more =
    left === 0 || part.length === 0
      ? []
      : [
          `... ${formatCount(left)} more like these (${stateWords(steps.filter((each) => !shown.has(each)))})`,
        ];
  const texts = [...part.map((each) => itemText(each, columns)), ...more];
  return [
    `${last ? "└─" : "├─"} ${kind}: ${stateWords(steps)}`,
    ...texts.map((text, index) => `${bar}${index === texts.length - 1 ? "└─" : "├─"} ${text}`),
  ];
}

function itemText({ label, state, tail }: ShownStep, columns: Columns): string {
  const cut = cutMiddle(label, columns.label).padEnd(columns.label);
  return `${cut}  ${state.padEnd(columns.state)}  ${tail}`.trimEnd();
}

function labelText({ number, step, benchmark }: StepFacts): string {
  const { label } = step;
  const own = label.startsWith(`${benchmark}, `) ? label.slice(benchmark.length + 2) : label;
  return `#${number} ${own}`;
}

function stateText({ state, cost }: StepFacts): string {
  return state === "to run" && cost !== undefined ? `${state} ${secondsText(cost)}` : state;
}

/** The number is a guess where a step of another shape stands in. */
const secondsText = ({ seconds, guess }: { seconds: number; guess: boolean }): string =>
  `${guess ? "~" : ""}${formatDuration(seconds)}`;

const mostNeeds = 4;

function tailText({ uses, heldBy }: StepFacts, last: readonly number[]): string {
  const needs = last.slice(0, mostNeeds).map((number) => `#${number}`);
  const more = last.length > mostNeeds ? ` +${last.length - mostNeeds}` : "";
  return [
    ...(uses === 0 ? [] : [`used by ${uses}`]),
    ...(needs.length === 0 ? [] : [`after ${needs.join(", ")}${more}`]),
    ...(heldBy === undefined ? [] : [`process ${heldBy.process} on ${heldBy.host}`]),
  ].join("  ");
}
