import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomStream } from "@counterweight/base";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { comparableResults, leftovers, loggedEvents } from "./results.fixture.js";
import { type Fault, runProcess, storeOf } from "./run-process.fixture.js";
import { toySpec } from "./toy-spec.fixture.js";

/** Runs whose disk is full from some write on; more by scripts/ci/71-kill-run.sh. */
const FAULTS = Number(process.env.COUNTERWEIGHT_FAULTS ?? 2);

/** A test spawns up to four runs of some seconds, beside others. */
const patience = 900_000;

let folder = "";
let spec = "";
/** A finished run, and what every other must come to. */
let finished = "";
let wanted: Record<string, string> = {};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-faults-"));
  spec = join(folder, "survival.yaml");
  await writeFile(spec, toySpec);
  finished = join(folder, "finished");
  const { code, stderr } = await runProcess({ spec, out: finished });
  expect(code, stderr).toBe(0);
  wanted = await comparableResults(finished);
}, patience);
afterAll(() => rm(folder, { recursive: true, force: true }));

const fresh = (name: string): string => join(folder, name.replaceAll(/\W+/g, "-"));

/** The finished run's store alone: outputs are all that is to do. */
async function withTrainings(name: string): Promise<string> {
  const out = fresh(name);
  await cp(storeOf(finished), storeOf(out), { recursive: true });
  return out;
}

/** The same command, undisturbed, must end as the undisturbed run did. */
async function mends(out: string): Promise<string> {
  const { code, stderr } = await runProcess({ spec, out });
  expect(code, stderr).toBe(0);
  expect(await comparableResults(out)).toEqual(wanted);
  expect(await leftovers(out)).toEqual([]);
  await loggedEvents(out);
  return stderr;
}

/** No stack, no "mistake in Counterweight": the message names the file and what to do. */
function expectClear(stderr: string, ...parts: readonly (string | RegExp)[]): void {
  const message = stderr.slice(stderr.lastIndexOf("counterweight: "));
  for (const part of parts) expect(message).toMatch(part);
  expect(message).toContain("run the same command again");
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stderr).not.toContain("mistake in Counterweight");
}

const full = (path: string, from = 1, to?: number): Fault => ({
  path,
  from,
  action: "disk-full",
  ...(to === undefined ? {} : { to }),
});

describe.concurrent("a disk that is full", () => {
  test(
    "while checkpoints are written stops nothing; one warning a training",
    async () => {
      const out = fresh("full checkpoints");
      const end = await runProcess({ spec, out }, { fault: full("/checkpoints/") });
      expect(end.code, end.stderr).toBe(0);
      expect(await comparableResults(out)).toEqual(wanted);
      expect(await leftovers(out)).toEqual([]);
      const warnings = end.stderr.split("\n").filter((line) => line.includes("warning"));
      expect(warnings).toHaveLength(4);
      for (const line of warnings)
        expect(line).toMatch(/no checkpoint after step \d+: .*disk is full/);
    },
    patience,
  );

  test(
    "while the log is written stops nothing; its lines go out later, whole and in order",
    async () => {
      const out = fresh("full log");
      const fault = full(String.raw`/events\.jsonl$`, 5, 30);
      const end = await runProcess({ spec, out }, { fault });
      expect(end.code, end.stderr).toBe(0);
      expect(await comparableResults(out)).toEqual(wanted);
      const types = (lines: readonly { readonly type: string }[]) => lines.map(({ type }) => type);
      expect(types(await loggedEvents(out))).toEqual(types(await loggedEvents(finished)));
    },
    patience,
  );

  test(
    "to the end, for the log alone, leaves whole results and a message",
    async () => {
      const out = await withTrainings("full log to the end");
      const end = await runProcess(
        { spec, out },
        {
          fault: full(String.raw`/events\.jsonl$`, 3),
        },
      );
      expect(end.code).toBe(2);
      expectClear(end.stderr, /events\.jsonl: could not be written: the disk is full/);
      expect(await comparableResults(out)).toEqual(wanted);
      await mends(out);
    },
    patience,
  );

  test(
    "while a training is stored ends the run; what is finished is not done again",
    async () => {
      const out = fresh("full store");
      // Some way into the arrays of the second training.
      const fault = full(String.raw`/drafts/.*\.f32`, 9);
      const end = await runProcess({ spec, out }, { fault });
      expect(end.code).toBe(2);
      expectClear(end.stderr, /store.*: could not be written: the disk is full \(ENOSPC\)/);
      const said = await mends(out);
      expect(said).toMatch(/from the store$/m);
      expect(said).toMatch(/goes on after step \d+ of \d+/);
    },
    patience,
  );

  test.for([
    "spec.yaml",
    "results.json",
    "results.csv",
    "report.html",
    "predictions.csv",
    "weights.csv",
    "ledger.csv",
    "ledger.parquet",
  ])("while %s is written ends the run", { timeout: patience }, async (name) => {
    const out = await withTrainings(`full ${name}`);
    const end = await runProcess({ spec, out }, { fault: full(`/${name}`) });
    expect(end.code).toBe(2);
    expectClear(end.stderr, `${name}: could not be written: the disk is full (ENOSPC).`);
    expect(await readdir(out)).not.toContain(name);
    await mends(out);
  });

  test(
    "from any write on, is survived",
    async () => {
      const random = randomStream("disk-full");
      for (let each = 0; each < FAULTS; each++) {
        const out = fresh(`full from somewhere ${each}`);
        const end = await runProcess(
          { spec, out },
          {
            fault: full("/full-from-somewhere", 1 + random.integer(400)),
          },
        );
        expect(end.code).toBe(2);
        expectClear(end.stderr, "the disk is full (ENOSPC)");
        await mends(out);
      }
    },
    patience,
  );

  test(
    "as a limit on file size, by the system itself",
    async () => {
      const out = fresh("file size");
      const end = await runProcess({ spec, out }, { limitFileKiB: 4 });
      expect(end.code).toBe(2);
      expectClear(end.stderr, /larger than is allowed here \(EFBIG\)/);
      expect(end.stderr).toMatch(/warning: no checkpoint/);
      await mends(out);
    },
    patience,
  );
});

const mounts = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", "/mnt"]).status === 0;
if (mounts) spawnSync("umount", ["/mnt"]);

describe.skipIf(!mounts)("a file system of its own (needs leave to mount)", () => {
  test(
    "that is full, then larger, then read-only, then not",
    async () => {
      const place = join(folder, "mounted");
      await mkdir(place);
      const mount = (...words: string[]): void => {
        const { status, stderr } = spawnSync("mount", words);
        expect(status, String(stderr)).toBe(0);
      };
      mount("-t", "tmpfs", "-o", "size=160k", "none", place);
      try {
        const out = join(place, "out");
        const cramped = await runProcess({ spec, out });
        expect(cramped.code).toBe(2);
        expectClear(cramped.stderr, /could not be written: the disk is full \(ENOSPC\)/);
        mount("-o", "remount,size=8m", place);
        await mends(out);
        mount("-o", "remount,ro", place);
        const sealed = await runProcess({ spec, out });
        expect(sealed.code).toBe(2);
        expect(sealed.stderr).toMatch(/results cannot be written here \(EROFS\).*--out/);
        expect(await comparableResults(out)).toEqual(wanted);
        mount("-o", "remount,rw", place);
        await mends(out);
      } finally {
        spawnSync("umount", [place]);
      }
    },
    patience,
  );
});

describe("inputs that go away", () => {
  /** A run on files, with a tokenizer's folder: the model's words come from it. */
  async function prepare(name: string): Promise<{ base: string; file: string; words: string }> {
    const base = fresh(name);
    await mkdir(join(base, "words"), { recursive: true });
    const shades = ["bright", "dull", "warm", "cold", "plain", "loud", "calm", "odd"];
    const table = (role: string, rows: number): string =>
      `text,label\n${Array.from({ length: rows }, (_, row) => `the ${shades[row % 8]} thing ${role} ${row},${row % 2 === 0 ? "good" : "bad"}\n`).join("")}`;
    for (const [role, rows] of [
      ["generated", 48],
      ["real", 60],
    ] as const) {
      await writeFile(join(base, `${role}.csv`), table(role, rows));
    }
    const vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "thing", ...shades];
    await writeFile(join(base, "words", "vocab.txt"), `${vocabulary.join("\n")}\n`);
    const file = join(base, "files.yaml");
    const text = toySpec
      .replace("maxPositions: 16", "maxPositions: 16, tokenizer: ./words")
      .replace(
        /^benchmarks: .*$/m,
        "benchmarks: [{ kind: files, name: things, real: real.csv, generated: generated.csv }]",
      );
    await writeFile(file, text);
    return { base, file, words: join(base, "words") };
  }

  test(
    "a data file: during the run it does not matter, between runs its name is said",
    async () => {
      const { base, file } = await prepare("data file");
      const whole = await runProcess({ spec: file, out: join(base, "whole") });
      expect(whole.code, whole.stderr).toBe(0);
      const undisturbed = await comparableResults(join(base, "whole"));

      const data = join(base, "generated.csv");
      await cp(data, `${data}.kept`);
      const fault: Fault = { path: "/checkpoints/", from: 3, action: "remove", victim: data };
      const during = await runProcess({ spec: file, out: join(base, "during") }, { fault });
      expect(during.code, during.stderr).toBe(0);
      expect(await readdir(base)).not.toContain("generated.csv");
      expect(await comparableResults(join(base, "during"))).toEqual(undisturbed);

      await rename(`${data}.kept`, data);
      const out = join(base, "between");
      const kill: Fault = { path: "/checkpoints/.*progress", from: 9, action: "kill" };
      expect((await runProcess({ spec: file, out }, { fault: kill })).killed).toBe(true);
      await rename(data, `${data}.kept`);
      const without = await runProcess({ spec: file, out });
      expect(without.code).toBe(2);
      expect(without.stderr).toMatch(/generated\.csv/);
      expect(without.stderr).not.toMatch(/^\s+at |mistake in Counterweight/m);
      await rename(`${data}.kept`, data);
      const again = await runProcess({ spec: file, out });
      expect(again.code, again.stderr).toBe(0);
      expect(again.stderr).toMatch(/goes on after step/);
      expect(await comparableResults(out)).toEqual(undisturbed);
    },
    patience,
  );

  test(
    "a model's folder, between runs: its name is said",
    async () => {
      const { base, file, words } = await prepare("model folder");
      const out = join(base, "out");
      const kill: Fault = { path: "/checkpoints/.*progress", from: 9, action: "kill" };
      expect((await runProcess({ spec: file, out }, { fault: kill })).killed).toBe(true);
      await rename(words, `${words}.kept`);
      const without = await runProcess({ spec: file, out });
      expect(without.code).toBe(2);
      expect(without.stderr).toContain(words);
      expect(without.stderr).not.toMatch(/^\s+at |mistake in Counterweight/m);
      await rename(`${words}.kept`, words);
      const again = await runProcess({ spec: file, out });
      expect(again.code, again.stderr).toBe(0);
      expect(again.stderr).toMatch(/goes on after step/);
    },
    patience,
  );
});
