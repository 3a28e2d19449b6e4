import type { FileHandle } from "node:fs/promises";
import type { RunEvent } from "./events.js";

type History = Extract<RunEvent, { type: "training-history" }>;

const courseOf = ({ training, uses }: Pick<History, "training" | "uses">): string =>
  `${training} ${uses}`;

/** As `JSON.stringify` writes it: within a text the quotes would be escaped. */
const opening = Buffer.from('"type":"training-history","training":"');
const rest = /^([0-9a-f]{64})","uses":"([0-9a-f]{16})"/;
const restBytes = 64 + '","uses":"'.length + 16 + 1;

const blockBytes = 1 << 20;

/**
 * Which courses of trainings a log tells, as `courseOf` names them. Only the beginnings of their
 * lines are looked at, so that a log of a gigabyte takes about a second. Histories of earlier
 * versions, which do not say their uses, count as not told.
 */
async function coursesIn(log: FileHandle): Promise<Set<string>> {
  const found = new Set<string>();
  const longest = opening.length + restBytes;
  const block = Buffer.allocUnsafe(blockBytes + longest);
  let kept = 0;
  for (let place = 0; ; ) {
    const { bytesRead } = await log.read(block, kept, blockBytes, place);
    if (bytesRead === 0) return found;
    place += bytesRead;
    const filled = block.subarray(0, kept + bytesRead);
    for (let at = filled.indexOf(opening); at >= 0; at = filled.indexOf(opening, at + 1)) {
      const from = at + opening.length;
      const words = rest.exec(filled.toString("latin1", from, from + restBytes));
      if (words?.[1] !== undefined && words[2] !== undefined) {
        found.add(courseOf({ training: words[1], uses: words[2] }));
      }
    }
    // What begins at the end of this block ends in the next one.
    kept = Math.min(filled.length, longest - 1);
    filled.copy(block, 0, filled.length - kept);
  }
}

/** Says of each course whether a log already had it, and counts it as told from then on. */
export function toldCourses(log: FileHandle): (history: History) => Promise<boolean> {
  let told: Promise<Set<string>> | undefined;
  return async (history) => {
    told ??= coursesIn(log);
    const known = await told;
    const course = courseOf(history);
    if (known.has(course)) return true;
    known.add(course);
    return false;
  };
}
