import { appendFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keptLog } from "./kept-log.js";

let work = "";
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), "counterweight-kept-log-"));
});
afterEach(() => rm(work, { recursive: true, force: true }));

const now = () => 0;
const stamp = "1970-01-01T00:00:00.000Z";
const lineOf = (text: string): string => `${stamp} ${text}\n`;

describe("keptLog", () => {
  it("goes on from attempt to attempt, whatever their lengths", async () => {
    const attempts = fc.array(fc.array(fc.string({ maxLength: 40 }), { maxLength: 30 }), {
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(attempts, async (all) => {
        await rm(join(work, ".log"), { recursive: true, force: true });
        let expected = "";
        for (const texts of all) {
          const log = keptLog(work, { now });
          for (const text of texts) {
            log.line(text);
            expected += text.split("\n").map(lineOf).join("");
          }
          expect(log.whole()).toBe(expected);
          log.end(true);
        }
        expect(keptLog(work).whole()).toBe(expected);
      }),
      { numRuns: 50 },
    );
  });

  it("keeps the first and the last of much, never more than a megabyte", async () => {
    const count = 40_000;
    const text = (number: number) => `line ${number} ${"é".repeat(60)}`;
    let log = keptLog(work, { now });
    for (let number = 0; number < count; number++) {
      log.line(text(number));
      if (number % 9973 !== 0) continue;
      log.end(true);
      log = keptLog(work, { now });
    }
    const whole = log.whole();
    expect(Buffer.byteLength(whole)).toBeLessThan(1 << 20);
    expect(Buffer.byteLength(whole)).toBeGreaterThan(1 << 19);
    expect((await readdir(join(work, ".log"))).length).toBeLessThanOrEqual(5);
    const lines = whole.trimEnd().split("\n");
    const gap = lines.findIndex((line) => line.startsWith("["));
    expect(lines[gap]).toMatch(/^\[about \d+ kB are left out here\]$/);
    const shown = (number: number) => lineOf(text(number)).trimEnd();
    for (let index = 0; index < gap; index++) expect(lines[index]).toBe(shown(index));
    const after = lines.slice(gap + 1);
    after.forEach((line, index) => {
      expect(line).toBe(shown(count - after.length + index));
    });
    // What it says is missing is what is missing.
    const left = count - after.length - gap;
    const kilobytes = (left * Buffer.byteLength(lineOf(text(20_000)))) / 1000;
    expect(Number(/\d+/.exec(lines[gap] ?? "")?.[0]) / kilobytes).toBeCloseTo(1, 0);
    log.end(false);
  });

  it("writes nothing for a step of moments, all within a second of a longer one", async () => {
    let time = 0;
    const log = keptLog(work, { now: () => time });
    log.line("a");
    log.progress({ type: "b" });
    expect(await readdir(work)).toEqual([]);
    time = 1000;
    log.line("c");
    expect(keptLog(work).whole()).toMatch(/ a\n.* \{"type":"b"\}\n.* c\n$/);
    log.line("d");
    await expect.poll(() => keptLog(work).whole(), { timeout: 20_000 }).toMatch(/ d\n$/);
    log.end(false);
  });

  it("says how long lists are, and goes on behind a line that a kill has cut", async () => {
    const log = keptLog(work, { now });
    log.progress({ weights: new Float32Array(9), rows: Array(50).fill(1), few: [1, 2] });
    log.line("x".repeat(5000));
    log.end(true);
    await appendFile(join(work, ".log", "0"), `${stamp} cut o`);
    const next = keptLog(work, { now });
    next.line("on");
    expect(next.whole()).toBe(
      lineOf('{"weights":"36 bytes","rows":"50 values","few":[1,2]}') +
        lineOf(`${"x".repeat(2000)}...`) +
        lineOf("cut o") +
        lineOf("on"),
    );
    next.end(false);
  });

  it("never makes a work folder that is gone", async () => {
    const log = keptLog(work, { now });
    await rm(work, { recursive: true });
    log.line("lost");
    log.end(true);
    await expect(readdir(work)).rejects.toThrow("ENOENT");
    expect(log.whole()).toBe("");
  });
});
