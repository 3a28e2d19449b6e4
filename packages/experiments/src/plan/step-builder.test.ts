import { keyOf } from "@counterweight/steps";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type StepDraft, stepBuilder } from "./step-builder.js";

const draft = (settings: StepDraft["settings"], inputs: StepDraft["inputs"] = {}): StepDraft => ({
  ...{ kind: "read", settings, inputs, label: "rows" },
  recipe: { kind: "read", source: "source", role: "test" },
  cost: { shape: "read", units: 1 },
});

it("a key is that of the making, whatever part of its settings is shared", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.jsonValue(), fc.boolean()), { maxLength: 20 }), (parts) => {
      const builder = stepBuilder();
      for (const [part, isShared] of parts) {
        if (isShared && typeof part === "object" && part !== null) builder.share(part);
        const key = builder.add(
          draft({ part, twice: [part] }, { content: "a", absent: undefined }),
        );
        const making = builder.steps.get(key)?.making;
        expect(making?.settings).toEqual({ part, twice: [part] });
        expect(making?.inputs).toEqual({ content: "a" });
        expect(making && keyOf(making)).toBe(key);
      }
    }),
  );
});

it("more parts may be shared than are remembered", () => {
  const builder = stepBuilder();
  for (let number = 0; number < 2500; number++) {
    const part = { number };
    builder.share(part);
    builder.add(draft({ part }));
  }
  expect(builder.steps.size).toBe(2500);
  for (const { key, making } of builder.steps.values()) expect(keyOf(making)).toBe(key);
});

it("a step needs the steps among its inputs and reads, each once", () => {
  const builder = stepBuilder();
  const first = builder.add(draft({ number: 1 }, { content: "no step" }));
  const second = builder.add(draft({ number: 2 }));
  const own = { ...draft({}, { one: first, same: first }), reads: [second, first, "elsewhere"] };
  expect(builder.steps.get(builder.add(own))?.needs).toEqual([first, second]);
});
