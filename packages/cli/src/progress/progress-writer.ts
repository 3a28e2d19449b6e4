import type { RunEvent } from "@counterweight/experiments";
import { eventLine } from "./event-line.js";
import { renderProgress } from "./render.js";
import { initialProgress, type ProgressState, reduceProgress } from "./state.js";

/** Where progress goes: standard error, or a test's memory. */
export interface ProgressOutput {
  readonly write: (text: string) => void;
  /** Columns of a terminal that can move its cursor; undefined for files, pipes and CI. */
  readonly columns: (() => number) | undefined;
  readonly now: () => Date;
  /** Resident bytes of the process and those it started; asked for about once a second. */
  readonly memory?: () => number | undefined;
}

/** Shows a run as it goes. */
export interface ProgressWriter {
  handle(event: RunEvent): void;
  /** To be called about once a second: redraws, or writes the line that is due every 30 s. */
  tick(): void;
  /** Prints lines above the live ones. */
  say(line: string): void;
  /** Removes the live lines; nothing is drawn after. */
  close(): void;
  /** What is known of the run so far. */
  state(): ProgressState;
}

/** A log file shows a sign of life at least this often, in milliseconds. */
const quietest = 30_000;
/** A terminal is redrawn at most this often. */
const redrawEvery = 100;

/**
 * On a terminal: lasting lines scroll, and below them one live line for each running training, a tree
 * where several run at once, no full screen. Elsewhere: plain lines with their time, one an event worth keeping, and at least one
 * every 30 s.
 */
export function progressWriter(output: ProgressOutput): ProgressWriter {
  let state = initialProgress;
  let drawn = 0;
  let lastDraw = Number.NEGATIVE_INFINITY;
  let lastLine = output.now().getTime();
  let memory: number | undefined;

  const erase = (): void => {
    if (drawn > 0) output.write(`\x1b[${drawn}F\x1b[J`);
    drawn = 0;
  };
  const draw = (): void => {
    if (output.columns === undefined) return;
    // One column is left free: a full line would wrap on some terminals.
    const lines = renderProgress(state, {
      width: output.columns() - 1,
      now: output.now().getTime(),
      memory,
    });
    erase();
    if (lines.length > 0) output.write(`${lines.join("\n")}\n`);
    drawn = lines.length;
    lastDraw = output.now().getTime();
  };
  const keep = (lines: readonly string[]): void => {
    if (lines.length === 0) return;
    const time = output.now();
    lastLine = time.getTime();
    erase();
    const stamp = output.columns === undefined ? `${time.toISOString().slice(0, 19)}Z ` : "";
    output.write(lines.map((line) => `${stamp}${line}\n`).join(""));
    draw();
  };

  return {
    handle(event) {
      const time = output.now().getTime();
      const before = state;
      state = reduceProgress(state, event, time);
      // Labels of what has just ended are in the state before.
      const lines = eventLine(
        event,
        hasEnded(event) ? { ...state, running: before.running } : state,
      );
      if (lines.length > 0) keep(lines);
      else if (output.columns === undefined && time - lastLine >= quietest) this.tick();
      else if (time - lastDraw >= redrawEvery) draw();
    },
    tick() {
      memory = output.memory?.();
      if (output.columns !== undefined) return draw();
      if (output.now().getTime() - lastLine < quietest) return;
      keep(renderProgress(state, { now: output.now().getTime(), memory }));
    },
    say(line) {
      keep([line]);
    },
    close() {
      erase();
    },
    state: () => state,
  };
}

const hasEnded = ({ type }: RunEvent): boolean => type === "step-failed" || type === "step-retry";
