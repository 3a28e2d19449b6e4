import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitBatch, wireNumber } from "./batches.js";
import { checkedBatch, checkKey } from "./validate.js";

const entries = (count: number, length: number, prefix: string) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`${prefix}${i}`, "é".repeat(length)]),
  );

describe("splitBatch", () => {
  it("keeps everything, in order, within every limit, in few requests", () => {
    const size = fc.constantFrom(0, 1, 99, 100, 101, 250);
    const metricCount = fc.constantFrom(0, 1, 999, 1000, 1001, 2500);
    const length = fc.constantFrom(0, 10, 4000);
    const property = fc.property(metricCount, size, size, length, (m, p, t, valueLength) => {
      const metrics = Array.from({ length: m }, (_, step) => ({
        key: "k",
        value: step % 3 === 0 ? Number.NaN : step,
        timestamp: step,
        step,
      }));
      const params = entries(p, valueLength, "p");
      const tags = entries(t, valueLength, "t");
      const bodies = [...splitBatch(checkedBatch({ metrics, params, tags }))];
      for (const body of bodies) {
        expect(body.metrics.length).toBeLessThanOrEqual(1000);
        expect(body.params.length).toBeLessThanOrEqual(100);
        expect(body.tags.length).toBeLessThanOrEqual(100);
        const count = body.metrics.length + body.params.length + body.tags.length;
        expect(count).toBeLessThanOrEqual(1000);
        expect(count).toBeGreaterThan(0);
        const json = JSON.stringify({ run_id: "x".repeat(32), ...body });
        expect(Buffer.byteLength(json)).toBeLessThanOrEqual(1_000_000);
      }
      expect(bodies.flatMap((body) => body.metrics)).toEqual(
        metrics.map((metric) => ({ ...metric, value: wireNumber(metric.value) })),
      );
      const back = (kind: "params" | "tags") =>
        Object.fromEntries(bodies.flatMap((body) => body[kind]).map((x) => [x.key, x.value]));
      expect(back("params")).toEqual(params);
      expect(back("tags")).toEqual(tags);
      const full = Math.ceil((m + p + t) / 1000) + Math.ceil(p / 100) + Math.ceil(t / 100);
      const byBytes = Math.ceil(((p + t) * valueLength * 2) / 900_000);
      expect(bodies.length).toBeLessThanOrEqual(full + byBytes);
    });
    fc.assert(property, { numRuns: 40 });
  });

  it("writes every number as JSON that MLflow reads as the same number", () => {
    const property = fc.property(fc.double(), (value) => {
      const wire: unknown = JSON.parse(JSON.stringify(wireNumber(value)));
      expect(Number(wire)).toBe(value === 0 ? 0 : value);
    });
    fc.assert(property, { examples: [[Number.NaN], [Number.POSITIVE_INFINITY], [5e-324]] });
  });
});

describe("what no server takes", () => {
  const point = { key: "k", value: 1, timestamp: 1, step: 1 };
  it.each([
    { metrics: [{ ...point, timestamp: Number.NaN }] },
    { metrics: [{ ...point, timestamp: -1 }] },
    { metrics: [{ ...point, timestamp: 2 ** 60 }] },
    { metrics: [{ ...point, step: 0.5 }] },
    { metrics: [{ ...point, key: "" }] },
    { params: { "a\nb": "x" } },
    { params: { a: "\ud800" } },
    { tags: { "\udfff": "x" } },
    { tags: { "a\u0000": "x" } },
  ])("is refused: %j", (batch) => {
    expect(() => checkedBatch(batch)).toThrow(
      expect.objectContaining({ errorCode: "INVALID_PARAMETER_VALUE" }),
    );
  });

  it.each([
    "../x",
    "a//b",
    "/a",
    "a/",
    "a/../b",
    ".",
    "..",
    "..a",
    "a/.",
    "a?b",
    "a*",
    "a\u0301",
    "a\tb",
  ])("is refused as a key: %j", (key) => {
    expect(() => checkKey("metric", key)).toThrow(
      expect.objectContaining({ errorCode: "INVALID_PARAMETER_VALUE" }),
    );
  });

  it("does not stop keys that are names of JavaScript's own", () => {
    const params = JSON.parse('{"__proto__":"a","constructor":"b","toString":"c"}');
    expect(checkedBatch({ params }).params).toEqual([
      ["__proto__", "a"],
      ["constructor", "b"],
      ["toString", "c"],
    ]);
  });
});
