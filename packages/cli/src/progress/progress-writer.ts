import type { RunEvent } from "@counterweight/experiments";
import { eventLine, renderProgress } from "./render.js";
import { initialProgress, reduceProgress } from "./state.js";

/** Where progress goes: standard error, or a test's memory. */
export interface ProgressOutput {
  readonly write: (text: string) => void;
  /** Columns of a terminal that can move its cursor; undefined for files, pipes and CI. */
  readonly columns: (() => number) | undefined;
  readonly now: () => Date;
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
}

/** A log file shows a sign of life at least this often, in milliseconds. */
const quietest = 30_000;
/** A terminal is redrawn at most this often. */
const redrawEvery = 100;

/**
 * On a terminal: lasting lines scroll, and below them one live line for each running training, no
 * full screen. Elsewhere: plain lines with their time, one an event worth keeping, and at least one
 * every 30 s.
 */
export function progressWriter(output: ProgressOutput): ProgressWriter {
  let state = initialProgress;
  let drawn = 0;
  let lastDraw = Number.NEGATIVE_INFINITY;
  let lastLine = output.now().getTime();

  const erase = (): void => {
    if (drawn > 0) output.write(`\x1b[${drawn}F\x1b[J`);
    drawn = 0;
  };
  const draw = (): void => {
    if (output.columns === undefined) return;
    // One column is left free: a full line would wrap on some terminals.
    const lines = renderProgress(state, output.columns() - 1);
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
      state = reduceProgress(state, event);
      const lines = eventLine(event, state);
      const time = output.now().getTime();
      if (lines.length > 0) keep(lines);
      else if (output.columns === undefined && time - lastLine >= quietest) this.tick();
      else if (time - lastDraw >= redrawEvery) draw();
    },
    tick() {
      if (output.columns !== undefined) return draw();
      if (output.now().getTime() - lastLine < quietest) return;
      keep(renderProgress(state));
    },
    say(line) {
      keep([line]);
    },
    close() {
      erase();
    },
  };
}
