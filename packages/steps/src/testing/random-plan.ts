import { at, randomStream } from "@counterweight/base";
import { keyOf, type Making, type Step } from "../step.js";

/** A step of a made-up plan; its key is its making's, as in a real one. */
export function toyStep(
  name: string,
  needs: readonly Step[] = [],
  {
    place = "executor",
    kind = "toy",
    units = 1,
    settings = {},
  }: {
    readonly place?: Step["place"];
    readonly kind?: string;
    readonly units?: number;
    readonly settings?: Readonly<Record<string, unknown>>;
  } = {},
): Step {
  const making: Making = {
    ...{ kind, version: 1, settings: { name, ...settings } },
    inputs: Object.fromEntries(needs.map(({ key }, index) => [`input${index}`, key])),
  };
  return {
    ...{ key: keyOf(making), making, label: name, place },
    needs: needs.map(({ key }) => key),
    cost: { shape: kind, units },
    ...{ resources: { threads: 1 }, recipe: {} },
  };
}

/** Steps in topological order, each needing some of those before it, most of them near. */
export function randomPlan(seed: number, length: number): Step[] {
  const random = randomStream("plan", seed);
  const steps: Step[] = [];
  for (let index = 0; index < length; index++) {
    const needs = new Set<Step>();
    const count = index === 0 ? 0 : random.integer(4);
    for (let each = 0; each < count; each++) {
      needs.add(at(steps, Math.max(0, index - 1 - random.integer(8))));
    }
    const place = random.integer(3) === 0 ? "here" : "executor";
    steps.push(toyStep(`s${index}`, [...needs], { place, units: 1 + random.integer(9) }));
  }
  return steps;
}
