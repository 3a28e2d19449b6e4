import { stringify } from "yaml";
import type { Spec } from "./schema.js";

/** A spec as YAML that `counterweight run` takes again. */
export function specToYaml(spec: Spec): string {
  return stringify(spec, { lineWidth: 100 });
}
