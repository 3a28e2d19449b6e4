import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { systemCode } from "@counterweight/base";

/** The log of a step over all its attempts, for the entry that they lead to. */
export interface KeptLog {
  readonly line: (text: string) => void;
  /** What a runner emitted, all of it; of long lists only how long they are. */
  readonly progress: (event: unknown) => void;
  /**
   * The lines of all attempts; of more than a megabyte the first and the last. From now on nothing
   * is written before `end`: whoever publishes removes the work folder.
   */
  readonly whole: () => string;
  /** @param keep writes down what still waits: a later attempt goes on from it. */
  readonly end: (keep: boolean) => void;
}

export interface KeptLogOptions {
  readonly now?: () => number;
  /** Size at which a piece is full; at most five are kept. Default 160 KiB. */
  readonly pieceBytes?: number;
}

/** In the work folder; holds the pieces `0`, `1`, ... */
const folderName = ".log";
const lastPieces = 3;
const mostWaitingBytes = 16 << 10;
const mostWaitingMilliseconds = 1000;
const mostCharacters = 2000;
const mostValues = 40;

/**
 * Keeps lines in the work folder, which later owners of the step inherit. Lines wait for a second, so
 * that a step of moments writes nothing here and a kill loses no more. A disk that refuses costs lines,
 * never the step.
 */
export function keptLog(
  work: string,
  { now = Date.now, pieceBytes = 160 << 10 }: KeptLogOptions = {},
): KeptLog {
  const folder = join(work, folderName);
  let piece = piecesIn(folder).at(-1) ?? 0;
  const before = readPiece(folder, piece);
  let bytes = Buffer.byteLength(before);
  // A kill may have cut the last line.
  let waiting = before === "" || before.endsWith("\n") ? "" : "\n";
  let since = now();
  let timer: NodeJS.Timeout | undefined;
  let isWhole = false;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (waiting === "") return;
    const text = waiting;
    waiting = "";
    try {
      makeFolder(folder);
      appendFileSync(join(folder, String(piece)), text);
      bytes += Buffer.byteLength(text);
      if (bytes < pieceBytes) return;
      piece += 1;
      bytes = 0;
      // The first piece stays.
      if (piece - lastPieces > 1) rmSync(join(folder, String(piece - lastPieces - 1)));
    } catch {
      // The step matters more than its log.
    }
  }

  function add(line: string): void {
    if (timer === undefined && !isWhole) {
      since = now();
      timer = setTimeout(flush, mostWaitingMilliseconds);
      timer.unref();
    }
    const shown = line.length > mostCharacters ? `${line.slice(0, mostCharacters)}...` : line;
    waiting += `${new Date(now()).toISOString()} ${shown}\n`;
    // A computation may keep the timer waiting.
    const isLate = now() - since >= mostWaitingMilliseconds;
    if (isWhole) return;
    if (isLate || Buffer.byteLength(waiting) >= mostWaitingBytes) flush();
  }

  return {
    line: (text) => {
      for (const line of text.split("\n")) add(line);
    },
    progress: (event) => add(JSON.stringify(event, shortened) ?? String(event)),
    whole: () => {
      isWhole = true;
      clearTimeout(timer);
      timer = undefined;
      let text = "";
      let next = 0;
      for (const number of piecesIn(folder)) {
        if (number > next) {
          const kilobytes = Math.round(((number - next) * pieceBytes) / 1000);
          text += `[about ${kilobytes} kB are left out here]\n`;
        }
        text += readPiece(folder, number);
        next = number + 1;
      }
      return text + waiting;
    },
    end: (keep) => {
      if (keep) flush();
      clearTimeout(timer);
    },
  };
}

/** Numbers of the pieces, the first first. */
function piecesIn(folder: string): number[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d{1,9}$/.test(name))
      .map(Number)
      .sort((left, right) => left - right);
  } catch {
    return [];
  }
}

function readPiece(folder: string, number: number): string {
  try {
    return readFileSync(join(folder, String(number)), "utf8");
  } catch {
    return "";
  }
}

/** Never makes the work folder: without it the lease is lost, or the entry published. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
  }
}

/** Rows and weights belong into the step's files. */
function shortened(_: string, value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  return Array.isArray(value) && value.length > mostValues ? `${value.length} values` : value;
}
