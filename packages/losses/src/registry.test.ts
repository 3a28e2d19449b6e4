import { input } from "@counterweight/graph";
import { expect, test } from "vitest";
import { lossByName, losses } from "./registry.js";

test("every loss is found by its name, and names are unique", () => {
  for (const loss of losses) expect(lossByName(loss.name)).toBe(loss);
  expect(new Set(losses.map(({ name }) => name)).size).toBe(losses.length);
});

test("an unknown name is a spec error with the nearest name", () => {
  expect(() => lossByName("dinp")).toThrow(
    expect.objectContaining({
      kind: "spec",
      message: 'there is no loss called "dinp". Did you mean "dimp"?',
    }),
  );
  expect(() => lossByName("imp no diversity")).toThrow(/Did you mean "imp-no-diversity"\?/);
});

test("a name like no other lists what there is", () => {
  expect(() => lossByName("hinge-of-some-kind")).toThrow(
    /Choose one of ce, focal, imp, imp-no-diversity, dimp\./,
  );
});

test("a loss without the scores that it declared is our own mistake", () => {
  const logProbability = input("logProbability", "float32", ["rows"]);
  for (const loss of losses) {
    const build = (): unknown => loss.rowLoss({ logProbability }, { gamma: 1 });
    if (loss.needs.length === 0) expect(build).not.toThrow();
    else expect(build).toThrow(expect.objectContaining({ kind: "internal" }));
  }
});
