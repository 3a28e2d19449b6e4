import { describe, expect, it } from "vitest";
import { at, CounterweightError } from "./errors.js";

describe("CounterweightError", () => {
  it("says where, what and what to do, in this order, and keeps the parts", () => {
    const cause = new RangeError("below");
    const error = new CounterweightError("data", "The label is empty.", {
      where: "train.csv, row 7",
      fix: "Fill it in or remove the row.",
      cause,
    });
    expect(error.message).toBe(
      "train.csv, row 7: The label is empty. Fill it in or remove the row.",
    );
    expect(error).toMatchObject({
      name: "CounterweightError",
      kind: "data",
      where: "train.csv, row 7",
      fix: "Fill it in or remove the row.",
      cause,
    });
    expect(error).toBeInstanceOf(Error);
    expect(error.stack).toContain("errors.test");
  });

  it("adds nothing for parts that are absent", () => {
    const error = new CounterweightError("usage", "No spec was given.");
    expect(error.message).toBe("No spec was given.");
    expect(Object.keys(error)).not.toContain("cause");
    expect("cause" in error).toBe(false);
  });
});

describe("at", () => {
  it("reads arrays, typed arrays and strings", () => {
    expect(at([3, 4], 1)).toBe(4);
    expect(at(Float32Array.of(0.5), 0)).toBe(0.5);
    expect(at("ab", 0)).toBe("a");
    expect(at([null], 0)).toBeNull();
  });

  it.each([-1, 2, 0.5, Number.NaN])("refuses index %d as our own mistake", (index) => {
    expect(() => at([3, 4], index)).toThrow(expect.objectContaining({ kind: "internal" }));
  });
});
