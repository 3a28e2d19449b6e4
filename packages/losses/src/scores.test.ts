import fc from "fast-check";
import { expect, test } from "vitest";
import { logScores } from "./scores.js";

const positive = fc.double({ min: 1e-300, max: 1, noNaN: true });

test("logScores takes natural logarithms, in order", () => {
  fc.assert(
    fc.property(fc.array(positive), (scores) => {
      const logs = logScores("quality", scores);
      expect(logs).toBeInstanceOf(Float32Array);
      expect([...logs]).toEqual(scores.map((score) => Math.fround(Math.log(score))));
      expect([...logs].every(Number.isFinite)).toBe(true);
    }),
  );
});

test("logScores names the first row that has no usable score", () => {
  const unusable = fc.constantFrom(0, -0, -0.25, Number.NaN, Infinity, -Infinity);
  const name = fc.constantFrom("quality" as const, "diversity" as const);
  fc.assert(
    fc.property(
      fc.array(positive),
      unusable,
      fc.array(fc.double()),
      name,
      (good, bad, rest, of) => {
        expect(() => logScores(of, [...good, bad, ...rest])).toThrow(
          expect.objectContaining({
            kind: "data",
            message: expect.stringContaining(`the ${of} score of row ${good.length} is ${bad};`),
          }),
        );
      },
    ),
  );
});
