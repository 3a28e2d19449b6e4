import { type EventFields, fieldsOf, isFields, listOf, textOf, textsOf } from "./fields.js";
import {
  guessedRelations,
  relationOf,
  type TrialRelation,
  trainingsOf,
  trialRunId,
} from "./relations.js";

/**
 * Learns from a whole log which trial came from which training: told by this version's events, by
 * their order in earlier ones, where a trial is reported right after the training that completes it.
 */
export function relationsReader(): {
  see(event: EventFields): void;
  /** Relations of the trainings of a plan. */
  of(plan: EventFields): TrialRelation[];
} {
  const known = new Map<string, TrialRelation>();
  let trainings: ReturnType<typeof trainingsOf> = new Map();
  let lastKey = "";
  return {
    see(event) {
      if (event.type === "plan") trainings = trainingsOf(event);
      else if (event.type === "training-end" || event.type === "training-reused") {
        lastKey = textOf(event, "training");
      } else if (event.type === "trial") {
        const told = textsOf(event, "result");
        const result = told.length > 0 ? told : [lastKey];
        const relation = relationOf(fieldsOf(event, "trial"), result, trainings);
        known.set(trialRunId("", relation), relation);
      }
    },
    of(plan) {
      const there = trainingsOf(plan);
      const told = [...known.values()].filter(({ result }) =>
        result.every((key) => there.has(key)),
      );
      return [...told, ...guessedRelations(plan, told)];
    },
  };
}

const trialKeys = [
  "benchmark",
  "generated",
  "checkerFraction",
  "seed",
  "method",
  "loss",
  "gamma",
  "variant",
  "settings",
];

/** Events that tell what a `results.json` holds, for a folder whose log is gone. */
export function eventsOfResults(results: EventFields): EventFields[] {
  const { environment } = results;
  const data = Object.entries(fieldsOf(results, "data")).flatMap(([benchmark, found]) =>
    isFields(found) ? [{ type: "data", benchmark, rows: found.rows, digests: found.sha256 }] : [],
  );
  const trials = listOf(results, "trials").map((entry) => ({
    trial: Object.fromEntries(
      Object.entries(entry).filter(
        ([key, value]) => trialKeys.includes(key) && value !== undefined,
      ),
    ),
    result: textsOf(entry, "training"),
    entry,
  }));
  return [
    { type: "run-start", name: textOf(results, "name"), environment },
    ...data,
    { type: "plan", trainings: [], trials: trials.map(({ trial, result }) => ({ trial, result })) },
    ...trials.flatMap(({ trial, result, entry }) => [
      ...result.map((training) => ({ ...entry, type: "training-history", training })),
      { type: "trial", trial, result, scores: entry },
    ]),
    { type: "run-end", status: textOf(results, "status") },
  ];
}
