/** Where the time of one `counterweight run` in one process went, from its event log and its store. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * @typedef {object} LoggedEvent The fields of `events.jsonl` that matter here.
 * @property {string} at
 * @property {string} run
 * @property {string} type
 * @property {string} [phase]
 * @property {string} [role]
 * @property {string} [step] Key of a step that is no training; of a `step` event its number.
 * @property {number} [seconds]
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
  "checkpoints",
  "leases and entries of the store",
  "writing results, exit",
]);

/** What making a step that is no training counts as, by its kind; "test evaluation" for the rest. */
const phaseOfKind = /** @type {const} */ ({
  read: "data and model files",
  split: "data and model files",
  tokenise: "tokenising",
  vote: "scoring generated rows",
  calibrate: "scoring generated rows",
  score: "scoring generated rows",
  evaluate: "test evaluation",
});

/**
 * Seconds by phase; they add up to the process's whole time. Events say how long optimiser
 * steps, steps of the plan, loading and predictions took; the rest is what lies between their time
 * stamps. With an executor other than `in-process` things overlap and nothing adds up.
 * @param {{ out: string, store: string }} folders Of the run and of its store.
 * @param {{ startedAt: number, seconds: number }} process
 * @returns {Promise<Record<typeof phaseNames[number], number>>}
 */
export async function readPhases({ out, store }, { startedAt, seconds }) {
  const text = await readFile(join(out, "events.jsonl"), "utf8");
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
      case "weights":
        add("training steps", since);
        break;
      case "checkpoint":
        add("checkpoints", since);
        break;
      case "step-found":
      case "step-start":
      case "training-reused":
      case "training-start":
      case "training-end":
        add("leases and entries of the store", since);
        break;
      case "step-made": {
        // Its start may be told late.
        const own = Math.min(since, 1000 * (event.seconds ?? 0));
        add(await phaseOf(event.step ?? "", store), own);
        add("leases and entries of the store", since - own);
        break;
      }
      case "trial":
        add("test evaluation", since);
        break;
      default:
        add("writing results, exit", since);
    }
  }
  add("writing results, exit", startedAt + seconds * 1000 - last);
  return /** @type {Record<typeof phaseNames[number], number>} */ (spent);
}

/**
 * @param {string} key Of a step, whose entry says its kind.
 * @param {string} store
 * @returns {Promise<typeof phaseNames[number]>}
 */
async function phaseOf(key, store) {
  const file = join(store, "entries", key.slice(0, 2), key, "entry.json");
  // The second line is the hash of the first.
  const [marker = ""] = (await readFile(file, "utf8")).split("\n");
  const { making } = JSON.parse(marker);
  const known = Object.entries(phaseOfKind).find(([kind]) => kind === making?.kind);
  return known?.[1] ?? "test evaluation";
}
