import type { DatasetInput } from "mlflow-js-client";
import { type EventFields, fieldsOf, textOf } from "./fields.js";

/**
 * Data sets of a `data` event, one a role. MLflow's digest holds 36 characters: it is the front of the
 * SHA-256 over all rows, which stands whole in the profile.
 */
export function datasetsOf(event: EventFields): DatasetInput[] {
  const benchmark = textOf(event, "benchmark");
  const rows = fieldsOf(event, "rows");
  return Object.entries(fieldsOf(event, "digests")).flatMap(([role, sha256]) =>
    typeof sha256 !== "string" || rows[role] === 0
      ? []
      : [
          {
            dataset: {
              name: `${benchmark} ${role}`,
              digest: sha256.slice(0, 32),
              sourceType: "local",
              source: JSON.stringify({ uri: `${benchmark}/${role}` }),
              profile: JSON.stringify({ num_rows: rows[role], sha256 }),
            },
            tags: { "mlflow.data.context": role },
          },
        ],
  );
}
