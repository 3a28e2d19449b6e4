import { cutMiddle, formatDuration } from "../words.js";
import { type RunningStep, rowsPerSecond, trainingSecondsLeft } from "./state.js";

/** More lines than this would scroll out of a small terminal, where they cannot be redrawn. */
const mostLines = 16;

/** Ways to fit a line, the widest first. */
const layouts = [
  { bar: 10, word: " left" },
  { bar: 6, word: " left" },
  { bar: 6, word: "" },
] as const;

const branch = "├─ ".length;
/** Narrower labels tell nothing. */
const leastLabel = 8;

/**
 * Trainings that run at once, a line each under the name of their benchmark: where it runs, how far
 * it is, epoch, loss, speed and time left. Columns are aligned; where they do not fit, the label is
 * cut in its middle.
 */
export function runningTree(trainings: readonly RunningStep[], width: number): string[] {
  const sorted = [...trainings].sort((left, right) =>
    left.where.localeCompare(right.where, "en", { numeric: true }),
  );
  const shown = sorted.slice(0, mostLines);
  const groups = new Map<string, RunningStep[]>();
  for (const each of shown) {
    const own = groups.get(each.benchmark);
    if (own === undefined) groups.set(each.benchmark, [each]);
    else own.push(each);
  }
  const line = lineWriter(shown, width);
  const lines = [...groups].flatMap(([benchmark, own]) => [
    benchmark,
    ...own.map((each, index) => `${index === own.length - 1 ? "└─" : "├─"} ${line(each)}`),
  ]);
  const hidden = sorted.length - shown.length;
  return hidden === 0 ? lines : [...lines, `... ${hidden} more running`];
}

const nameOf = ({ label, benchmark }: RunningStep): string =>
  label.startsWith(`${benchmark}, `) ? label.slice(benchmark.length + 2) : label;

/** Numbers of a training, each in its column. */
function cells(training: RunningStep, word: string): string[] {
  const { epoch, loss } = training;
  const speed = rowsPerSecond(training);
  const left = trainingSecondsLeft(training);
  return [
    epoch === undefined ? "" : `epoch ${epoch}`,
    loss === undefined ? "" : `loss ${loss.toFixed(3)}`,
    speed === undefined ? "" : `${Math.round(speed)} rows/s`,
    left === undefined ? "" : `${formatDuration(left)}${word}`,
  ];
}

function lineWriter(shown: readonly RunningStep[], width: number): (each: RunningStep) => string {
  const longest = (texts: readonly string[]): number =>
    texts.reduce((most, { length }) => Math.max(most, length), 0);
  const where = longest(shown.map((each) => each.where));
  const label = longest(shown.map(nameOf));
  const layout = (word: string, bar: number) => {
    const all = shown.map((each) => cells(each, word));
    const widths = [0, 1, 2, 3].map((column) => longest(all.map((own) => own[column] ?? "")));
    const used = widths.reduce((sum, each) => sum + (each === 0 ? 0 : each + 2), 0);
    return { word, bar, widths, room: width - branch - where - 1 - bar - 1 - used };
  };
  const fitting = layouts.map(({ word, bar }) => layout(word, bar));
  const { word, bar, widths, room } =
    fitting.find((each) => each.room >= label) ?? layout("", layouts[2].bar);
  const labelWidth = Math.min(label, Math.max(leastLabel, room));
  return (each) => {
    const numbers = cells(each, word).flatMap((cell, column) => {
      const own = widths[column] ?? 0;
      return own === 0 ? [] : [cell.padStart(own)];
    });
    const name = cutMiddle(nameOf(each), labelWidth).padEnd(labelWidth);
    const first = `${each.where.padEnd(where)} ${progressBar(each, bar)} ${name}`;
    return [first, ...numbers].join("  ").trimEnd();
  };
}

/** `███░░░░░░░`. */
function progressBar({ step, steps }: RunningStep, width: number): string {
  const share = steps === 0 ? 0 : Math.min(1, step / steps);
  const full = Math.floor(share * width);
  return "█".repeat(full) + "░".repeat(width - full);
}
