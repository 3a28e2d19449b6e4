import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { at } from "@counterweight/base";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SpoolRecord } from "./record-line.js";
import type { Damage } from "./segments.js";
import { openSpool, type Spool } from "./spool.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spool-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function readAll(spool: Spool): Promise<{ records: SpoolRecord[]; damaged: Damage[] }> {
  const records: SpoolRecord[] = [];
  const damaged: Damage[] = [];
  for (;;) {
    const read = await spool.read();
    records.push(...read.records);
    damaged.push(...read.damaged);
    if (read.records.length === 0) return { records, damaged };
  }
}

const logs = async (): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith(".log")).sort();

async function write(values: readonly unknown[], segmentBytes = 4096): Promise<void> {
  const spool = await openSpool(folder, { limits: { segmentBytes, writeBytes: 1 } });
  for (const value of values) {
    spool.append(value);
    await spool.flush();
  }
  await spool.close();
}

describe("a spool", () => {
  it("gives back any JSON values in order, over many segments and openings", async () => {
    const parts = fc.array(fc.array(fc.jsonValue(), { maxLength: 12 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(parts, fc.integer({ min: 1, max: 200 }), async (written, segmentBytes) => {
        await rm(folder, { recursive: true, force: true });
        for (const values of written) await write(values, segmentBytes);
        const spool = await openSpool(folder);
        const { records, damaged } = await readAll(spool);
        const expected: unknown = JSON.parse(JSON.stringify(written.flat()));
        expect(records.map(({ value }) => value)).toEqual(expected);
        expect(records.map(({ sequence }) => sequence)).toEqual(records.map((_, i) => i + 1));
        expect(damaged).toEqual([]);
        await spool.close();
      }),
      { numRuns: 40 },
    );
  });

  it("goes on after what was acknowledged, keeps its state, and frees what is done", async () => {
    await write(
      Array.from({ length: 30 }, (_, index) => ({ index })),
      200,
    );
    const before = (await logs()).length;
    const first = await openSpool(folder);
    await first.acknowledge(17, { run: "a" });
    await first.close();
    expect((await logs()).length).toBeLessThan(before);

    const second = await openSpool(folder);
    expect(second.state()).toEqual({ run: "a" });
    expect(second.waiting()).toBe(13);
    second.append("more");
    await second.flush();
    const { records, damaged } = await readAll(second);
    expect(records.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 14 }, (_, index) => index + 18),
    );
    expect(damaged).toEqual([]);
    await second.acknowledge(31, {});
    await second.close();
    expect(await logs()).toEqual([]);

    const third = await openSpool(folder);
    third.append("later");
    await third.flush();
    expect((await readAll(third)).records).toEqual([{ sequence: 32, value: "later" }]);
    await third.close();
  });

  it("gives every other record and names the damaged one, whichever byte is flipped", async () => {
    const values = [{ a: 1 }, "zwei: ü€", [3, null], { longer: "x".repeat(30) }, 5, "six"];
    await write(values, 60);
    const files = await logs();
    expect(files.length).toBeGreaterThan(2);
    for (const name of files) {
      const path = join(folder, name);
      const good = await readFile(path);
      for (let place = 0; place < good.length; place++) {
        for (const flip of [1, 0x20, good[place] === 10 ? 0x2a : at(good, place) ^ 10]) {
          const bad = Buffer.from(good);
          bad[place] = at(bad, place) ^ flip;
          await writeFile(path, bad);
          const spool = await openSpool(folder);
          const { records, damaged } = await readAll(spool);
          const lost = damaged.flatMap(({ from, to }) =>
            Array.from({ length: to - from + 1 }, (_, index) => from + index),
          );
          // A line end in front of a record is no part of it: nothing is lost where it alone changes.
          expect(lost.length, `${name} byte ${place} ^ ${flip}`).toBeLessThanOrEqual(1);
          const expected = values.flatMap((value, index) =>
            lost.includes(index + 1) ? [] : [{ sequence: index + 1, value }],
          );
          expect(records, `${name} byte ${place} ^ ${flip}`).toEqual(expected);
          await spool.close();
        }
      }
      await writeFile(path, good);
    }
  });

  it("keeps all whole records after a cut at any byte, and numbers go on after it", async () => {
    const values = ["one", { two: 2 }, "three"];
    await write(values);
    const path = join(folder, at(await logs(), 0));
    const good = await readFile(path);
    const ends: number[] = [];
    for (let end = 1; end < good.length; end++) {
      if (good[end] === 10 && good[end - 1] !== 10) ends.push(end);
    }
    for (let length = 0; length < good.length; length++) {
      await rm(folder, { recursive: true });
      await write(values);
      await writeFile(path, good.subarray(0, length));
      const spool = await openSpool(folder);
      spool.append("after");
      await spool.flush();
      const { records, damaged } = await readAll(spool);
      // The record's bytes without the line end behind it are whole, too.
      const whole = ends.filter((end) => end <= length).length;
      const torn = length > (whole === 0 ? 1 : at(ends, whole - 1) + 2);
      const expected: unknown[] = values.slice(0, whole);
      expect(records.map(({ value }) => value)).toEqual([...expected, "after"]);
      expect(damaged.length, `cut to ${length}`).toBe(torn ? 1 : 0);
      expect(records.at(-1)?.sequence).toBe(whole + (torn ? 2 : 1));
      await spool.close();
    }
  });

  it("starts over, losing nothing, where the position is damaged", async () => {
    await write(["a", "b", "c"]);
    const spool = await openSpool(folder);
    await spool.acknowledge(2, { kept: true });
    await spool.close();
    const path = join(folder, "position.json");
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace("true", "tru3"));
    const again = await openSpool(folder);
    expect(again.state()).toBeUndefined();
    expect((await readAll(again)).records.map(({ value }) => value)).toEqual(["a", "b", "c"]);
    await again.close();
  });

  it("is readable by its owner alone", async () => {
    const place = join(folder, "new");
    const spool = await openSpool(place);
    spool.append("secret");
    await spool.flush();
    await spool.acknowledge(0, {});
    for (const name of await readdir(place)) {
      if (name.endsWith(".log")) expect((await stat(join(place, name))).mode & 0o777).toBe(0o600);
    }
    expect((await stat(place)).mode & 0o777).toBe(0o700);
    await spool.close();
  });

  it("warns once and keeps a bounded number of records where the disk refuses", async () => {
    const refusals: unknown[] = [];
    const spool = await openSpool(folder, {
      onRefusal: (error) => refusals.push(error),
      limits: { memoryBytes: 2000 },
    });
    await rm(folder, { recursive: true });
    for (let index = 0; index < 500; index++) {
      spool.append({ index });
      if (index % 100 === 0) await spool.flush();
    }
    expect(refusals).toHaveLength(1);
    expect(spool.dropped()).toBeGreaterThan(100);
    await spool.close();
  });
});
