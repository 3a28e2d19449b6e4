import { evaluate, type TensorValue } from "@counterweight/graph";
import { checkTarget } from "./check-target.js";
import type { Runtime } from "./runtime.js";

/** The float64 interpreter as a runtime: slow, exact, for tests and for finding faults. */
export function referenceRuntime(): Runtime {
  return {
    name: "reference",
    async compile(program) {
      return {
        async run(inputs, into = {}) {
          const results = evaluate(program, inputs);
          return Object.fromEntries(
            Object.entries(results).map(([name, value]): [string, TensorValue] => {
              const target = into[name];
              if (target === undefined) return [name, value];
              checkTarget(program.name, name, target, value.shape);
              target.data.set(value.data);
              return [name, target];
            }),
          );
        },
        async release() {},
      };
    },
  };
}
