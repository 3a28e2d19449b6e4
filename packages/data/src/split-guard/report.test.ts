import { randomStream } from "@counterweight/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Role, roles } from "../benchmark.js";
import { errorOf } from "../test-support.js";
import { findSharedTexts, type SharedTexts, type SplitReport } from "./report.js";
import { benchmarkOf } from "./test-benchmark.js";

const entry = (
  report: SplitReport,
  level: string,
  left: Role,
  right: Role,
): SharedTexts | undefined =>
  report.shared.find(
    ({ roles: [one, other], level: its }) => its === level && one === left && other === right,
  );

/** Texts of made-up words; two with different numbers share next to nothing. */
function sentence(number: number, words = 30): string[] {
  const random = randomStream("sentence", number);
  return Array.from({ length: words }, () =>
    Array.from({ length: 3 + random.integer(6) }, () =>
      String.fromCharCode(97 + random.integer(26)),
    ).join(""),
  );
}
const text = (number: number): string => sentence(number).join(" ");

describe("findSharedTexts", () => {
  it("finds planted copies at their level, in every pair of roles, and nothing else", () => {
    const copies = {
      exact: (words: string[]) => words.join(" "),
      normalised: (words: string[]) => `${words.join("  ").toUpperCase()}!`,
      near: (words: string[]) => words.with(9, "xyzzy").join(" "),
    };
    const role = fc.constantFrom(...roles);
    const level = fc.constantFrom("exact" as const, "normalised" as const, "near" as const);
    fc.assert(
      fc.property(role, role, level, fc.integer({ min: 0, max: 200 }), (from, to, how, at) => {
        const rows = (name: Role): string[] => {
          const first = 1000 * (1 + roles.indexOf(name));
          const own = Array.from({ length: 8 }, (_, index) => text(first + index));
          if (name === from) own[3] = text(at);
          if (name === to) own[7] = copies[how](sentence(at));
          return own;
        };
        const report = findSharedTexts(
          benchmarkOf(Object.fromEntries(roles.map((name) => [name, rows(name)]))),
        );
        expect(report.shared).toHaveLength(1);
        const [found] = report.shared;
        expect(found?.level).toBe(how);
        expect([...(found?.roles ?? [])].sort()).toEqual([from, to].sort());
        const inside = from === to;
        const count = inside && how !== "exact" ? 2 : 1;
        expect(found?.texts[0]).toBe(how === "near" ? count : 1);
        expect(found?.rows[0]).toBe(inside ? 2 : 1);
        const ends = [found?.listed[0]?.left, found?.listed[0]?.right];
        expect(found?.links).toBe(1);
        expect(ends.sort()).toEqual([4, 8]);
      }),
      { numRuns: 30 },
    );
  });

  it("compares texts without letters by their exact form", () => {
    const report = findSharedTexts(
      benchmarkOf({ test: ["!!!", "😂😂"], generated: ["???", "😂", "!!!"] }),
    );
    expect(report.shared).toHaveLength(1);
    expect(entry(report, "exact", "test", "generated")?.texts).toEqual([1, 1]);
  });

  it("finds near texts in scripts without spaces", () => {
    const chinese =
      "我真的很喜欢在星期一早上六点钟被隔壁装修的电钻声吵醒然后发现咖啡也喝完了这样的生活太美好了所以我决定明天继续请假在家里睡到中午";
    const report = findSharedTexts(
      benchmarkOf({
        test: [chinese],
        generated: [
          chinese.replace("六", "七"),
          `${chinese}。`,
          "月曜日の朝に早く起きるのは本当に楽しいですね",
        ],
      }),
    );
    expect(entry(report, "near", "test", "generated")?.listed).toEqual([
      { left: 1, right: 1, similarity: expect.closeTo(0.85, 1) },
    ]);
    expect(entry(report, "normalised", "test", "generated")?.listed).toEqual([
      { left: 1, right: 2, similarity: 1 },
    ]);
  });

  it("counts rows, links and conflicting labels", () => {
    const report = findSharedTexts(
      benchmarkOf({
        train: [
          ["a b", 0],
          ["A b.", 1],
          ["c", 0],
          ["c", 0],
        ],
        generated: [
          ["a b", 1],
          ["ab", 1],
          ["a b", 1],
          ["d", 0],
        ],
      }),
    );
    const common = { highest: 1, conflicts: 1 };
    const within = { ...common, conflicts: 0 };
    const pair = (left: number, right: number) => ({ left, right, similarity: 1 });
    expect(report.rows).toEqual({ train: 4, validation: 0, test: 0, generated: 4 });
    expect(report.distinct).toEqual({ exact: 5, normalised: 3 });
    expect(report.shared).toEqual([
      {
        ...common,
        roles: ["train", "generated"],
        level: "exact",
        texts: [1, 1],
        rows: [1, 2],
        links: 1,
        listed: [pair(1, 1)],
      },
      {
        ...common,
        roles: ["train", "generated"],
        level: "normalised",
        texts: [1, 1],
        rows: [2, 3],
        links: 2,
        listed: [pair(1, 2), pair(2, 1)],
      },
      {
        ...within,
        roles: ["train", "train"],
        level: "exact",
        texts: [1, 1],
        rows: [2, 2],
        links: 1,
        listed: [pair(3, 4)],
      },
      {
        ...common,
        roles: ["train", "train"],
        level: "normalised",
        texts: [1, 1],
        rows: [2, 2],
        links: 1,
        listed: [pair(1, 2)],
      },
      {
        ...within,
        roles: ["generated", "generated"],
        level: "exact",
        texts: [1, 1],
        rows: [2, 2],
        links: 1,
        listed: [pair(1, 3)],
      },
      {
        ...within,
        roles: ["generated", "generated"],
        level: "normalised",
        texts: [1, 1],
        rows: [3, 3],
        links: 1,
        listed: [pair(1, 2)],
      },
    ]);
  });

  it("finds the same whatever the order of rows and the roles' places", () => {
    // Few words, so that many texts are equal or near.
    const rows = fc.array(
      fc.array(fc.constantFrom("alpha", "beta", "Beta,", "gamma"), { minLength: 1, maxLength: 8 }),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(rows, rows, fc.integer(), (left, right, seed) => {
        const [test, train] = [left, right].map((all) => all.map((words) => words.join(" ")));
        const { shuffled } = randomStream("shuffle", seed);
        const summary = (report: SplitReport, swap: boolean) =>
          report.shared
            .filter((one) => new Set(one.roles).size === 2)
            .map(({ level, texts, rows: counts, links, highest }) => ({
              level,
              texts: swap ? texts.toReversed() : texts,
              rows: swap ? counts.toReversed() : counts,
              links,
              highest,
            }));
        const plain = summary(
          findSharedTexts(benchmarkOf({ test: test ?? [], train: train ?? [] })),
          false,
        );
        const mixed = benchmarkOf({ test: shuffled(test ?? []), train: shuffled(train ?? []) });
        expect(summary(findSharedTexts(mixed), false)).toEqual(plain);
        const turned = benchmarkOf({ test: train ?? [], train: test ?? [] });
        expect(summary(findSharedTexts(turned), true)).toEqual(plain);
      }),
      { numRuns: 25 },
    );
  });

  it("lists the first links in the order of rows and counts all", () => {
    const generated = Array.from({ length: 5000 }, (_, row) => (row % 2 ? "odd row" : "even row"));
    const report = findSharedTexts(benchmarkOf({ generated }), { listed: 3 });
    const found = entry(report, "exact", "generated", "generated");
    expect([found?.texts, found?.rows, found?.links]).toEqual([[2, 2], [5000, 5000], 4998]);
    expect(found?.listed.map(({ left, right }) => [left, right])).toEqual([
      [1, 3],
      [1, 5],
      [1, 7],
    ]);
  });

  it("compares both texts of a pair", () => {
    const plain = benchmarkOf({ test: [text(1), text(2)], generated: [text(1), text(2)] });
    const [first, second] = [sentence(3), sentence(4)];
    const report = findSharedTexts({
      ...plain,
      train: { ...plain.train, textPair: [] },
      validation: { ...plain.validation, textPair: [] },
      test: { ...plain.test, textPair: [first.join(" "), "x"] },
      generated: {
        ...plain.generated,
        textPair: [first.with(4, "xyzzy").join(" "), second.join(" ")],
      },
    });
    expect(report.shared).toHaveLength(1);
    expect(entry(report, "near", "test", "generated")?.listed).toMatchObject([
      { left: 1, right: 1 },
    ]);
  });

  it("can leave near texts out, and refuses a threshold that would match anything", () => {
    const benchmark = benchmarkOf({
      test: [text(1)],
      generated: [sentence(1).with(2, "q").join(" ")],
    });
    expect(findSharedTexts(benchmark).shared).toHaveLength(1);
    expect(findSharedTexts(benchmark, { near: "off" })).toMatchObject({
      shared: [],
      nearThreshold: null,
    });
    for (const nearThreshold of [0.3, 1.1, Number.NaN]) {
      expect(errorOf(() => findSharedTexts(benchmark, { nearThreshold })).kind).toBe("spec");
    }
  });
});
