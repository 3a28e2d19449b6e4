/** Where the time of one `counterweight run` went, from its event log. */
import { readFile } from "node:fs/promises";

/**
 * @typedef {object} LoggedEvent The fields of `events.jsonl` that matter here.
 * @property {string} at
 * @property {string} run
 * @property {string} type
 * @property {string} [phase]
 * @property {string} [role]
 * @property {number} [milliseconds]
 */

export const phaseNames = /** @type {const} */ ([
  "start-up",
  "data and model files",
  "loading weights",
  "tokenising",
  "compiling graphs",
  "training steps",
  "validation",
  "scoring generated rows",
  "test evaluation",
  "writing results, exit",
]);

/**
 * Seconds by phase; they add up to the process's whole time. Events say how long steps,
 * tokenising, loading and predictions took; the rest is what lies between their time stamps.
 * @param {string} file
 * @param {{ startedAt: number, seconds: number }} process
 * @returns {Promise<Record<typeof phaseNames[number], number>>}
 */
export async function readPhases(file, { startedAt, seconds }) {
  const text = await readFile(file, "utf8");
  /** @type {LoggedEvent[]} */
  const events = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
  const spent = Object.fromEntries(phaseNames.map((name) => [name, 0]));
  const add = (
    /** @type {typeof phaseNames[number]} */ name,
    /** @type {number} */ milliseconds,
  ) => {
    spent[name] = (spent[name] ?? 0) + milliseconds / 1000;
  };
  let last = Date.parse(events[0]?.run ?? "");
  add("start-up", last - startedAt);
  for (const event of events) {
    const at = Date.parse(event.at);
    const since = at - last;
    const known = event.milliseconds ?? 0;
    last = at;
    switch (event.type) {
      case "run-start":
      case "data":
      case "plan":
        add("data and model files", since);
        break;
      case "phase":
        if (event.phase === "load") add("loading weights", known);
        else if (event.phase === "tokenise") add("tokenising", known);
        else add(event.role === "test" ? "test evaluation" : "scoring generated rows", known);
        // What an outcome needs before it can predict is its own graph.
        add("compiling graphs", Math.max(0, since - known));
        break;
      case "step":
        add("training steps", known);
        // Before the first step stands the training graph; between steps there is next to nothing.
        add("compiling graphs", Math.max(0, since - known));
        break;
      case "epoch":
        add("validation", since);
        break;
      case "end":
        add("training steps", since);
        break;
      default:
        add("writing results, exit", since);
    }
  }
  add("writing results, exit", startedAt + seconds * 1000 - last);
  return /** @type {Record<typeof phaseNames[number], number>} */ (spent);
}
