import type { Table } from "@counterweight/evaluation";
import type { PlannedTraining } from "@counterweight/experiments";

/** What would be trained: one row a training, with how many trials and trainings share it. */
export function planTable(trainings: readonly PlannedTraining[]): Table {
  const place = new Map(trainings.map(({ key }, index) => [key, index + 1]));
  return {
    columns: [
      { title: "#", align: "right" },
      { title: "training", align: "left" },
      { title: "rows", align: "right" },
      { title: "steps", align: "right" },
      { title: "waits for", align: "left" },
      { title: "used by", align: "right" },
      { title: "state", align: "left" },
    ],
    rows: trainings.map(({ label, rows, steps, needs, uses, stored }, index) => [
      String(index + 1),
      label,
      String(rows),
      String(steps),
      needs.map((key) => `#${place.get(key) ?? "?"}`).join(", "),
      String(uses),
      stored ? "stored" : "to do",
    ]),
  };
}
