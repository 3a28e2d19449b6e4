import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toyStep } from "../testing/random-plan.js";
import { cleanEnvironment, parseLimits, submitResult } from "./client.js";
import {
  checkFlags,
  checkFolder,
  groupAlike,
  type JobRequest,
  jobName,
  jobScript,
  requestOf,
} from "./submission.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "slurm-script-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("jobScript", () => {
  const word = fc
    .string({ unit: "grapheme", maxLength: 30 })
    .filter((text) => !text.includes("\0"));
  /** What a program started by the script is given. */
  const run = (script: string, env: NodeJS.ProcessEnv = {}): string[] => {
    const path = join(folder, "job.sh");
    writeFileSync(path, script);
    return execFileSync("sh", [path], { env: { ...process.env, ...env } })
      .toString()
      .split("\0")
      .slice(0, -1);
  };

  it("gives the worker its words and folder as they are", () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 3 }), word, (words, where) => {
        const command = ["printf", "%s\\0", ...words];
        const script = jobScript({ command, setup: [":"], folder: where });
        expect(run(script)).toEqual([...words, "--job", where]);
      }),
      { numRuns: 30 },
    );
  });

  it("gives a task of an array its line of the list", () => {
    const folders = ["/a b/'x'", "/c$HOME", '/"d"\\', "/é*"];
    const list = join(folder, "a 'list'");
    writeFileSync(list, `${folders.join("\n")}\n`);
    const script = jobScript({ command: ["printf", "%s\\0"], setup: [], folder: { list } });
    for (const [index, where] of folders.entries()) {
      expect(run(script, { SLURM_ARRAY_TASK_ID: String(index) })).toEqual(["--job", where]);
    }
  });
});

describe("groupAlike", () => {
  const request = fc.record({
    processors: fc.integer({ min: 1, max: 2 }),
    after: fc.constantFrom<string[]>([], ["1"], ["1", "2_3"]),
  });
  const job = fc.tuple(request, fc.constantFrom("train", "score")).map(([asked, kind]) => ({
    step: toyStep("x", [], { kind }),
    request: {
      ...{ memoryMegabytes: undefined, minutes: undefined, partition: undefined },
      ...{ account: undefined, flags: [], ...asked },
    } satisfies JobRequest,
  }));

  it("keeps every job once, alike ones together and in order, in as few chunks as can be", () => {
    fc.assert(
      fc.property(fc.array(job), fc.integer({ min: 1, max: 5 }), (jobs, size) => {
        const groups = groupAlike(jobs, size);
        const kinds = new Map<string, number>();
        for (const { step, request: asked } of jobs) {
          const kind = JSON.stringify([step.making.kind, asked]);
          kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
        }
        expect(new Set(groups.flat())).toEqual(new Set(jobs));
        expect(groups.flat()).toHaveLength(jobs.length);
        const chunks = [...kinds.values()].reduce((sum, n) => sum + Math.ceil(n / size), 0);
        expect(groups).toHaveLength(chunks);
        for (const group of groups) {
          expect(group.length).toBeLessThanOrEqual(size);
          const places = group.map((each) => jobs.indexOf(each));
          expect(places).toEqual([...places].sort((left, right) => left - right));
          expect(new Set(group.map((each) => JSON.stringify(each.request))).size).toBe(1);
        }
      }),
    );
  });
});

describe("requests, names and flags", () => {
  it("puts a kind's request before the step's, and the step's before the common one", () => {
    const step = { ...toyStep("x"), resources: { threads: 3, memoryMegabytes: 500 } };
    expect(
      requestOf(step, { memoryMegabytes: 1, minutes: 5, flags: ["-x"] }, { minutes: 9 }, ["7"]),
    ).toMatchObject({
      processors: 3,
      memoryMegabytes: 500,
      minutes: 9,
      flags: ["-x"],
      after: ["7"],
    });
  });

  it("makes names that every tool can show", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(jobName(text)).toMatch(/^[A-Za-z0-9._-]{1,60}$/);
      }),
    );
  });

  it("refuses flags of its own and words that are none", () => {
    for (const flag of ["--array=0-3", "-a", "--wait", "--dependency=singleton", "job.sh", "--"]) {
      expect(() => checkFlags([flag])).toThrow(/flag/);
    }
    expect(() => checkFlags(["--gres=gpu:1", "-p", "--constraint=a100"].slice(0, 1))).not.toThrow();
    expect(() => checkFolder("/a\\b")).toThrow(/backslash/);
  });
});

describe("what Slurm's commands say", () => {
  const failed = (stderr: string) => submitResult({ code: 1, stdout: "", stderr });
  it("tells an answer, a refusal, a limit and silence apart", () => {
    expect(submitResult({ code: 0, stdout: "17;cluster\n", stderr: "" })).toEqual({
      ...{ kind: "submitted", job: "17" },
    });
    const head = "sbatch: error: Batch job submission failed: ";
    expect(failed(`${head}Unable to contact slurm controller (connect failure)`).kind).toBe("away");
    expect(failed(`${head}Socket timed out on send/recv operation`).kind).toBe("away");
    expect(submitResult({ code: null, stdout: "", stderr: "" }).kind).toBe("away");
    expect(failed(`${head}Job violates accounting/QOS policy (job submit limit)`).kind).toBe(
      "full",
    );
    const policy = `${head}Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)`;
    const limited = (name: string) => failed(`sbatch: error: ${name}\n${policy}`).kind;
    for (const ofOneJob of ["QOSMaxWallDurationPerJobLimit", "AssocMaxCpuPerJobLimit"]) {
      expect(limited(ofOneJob)).toBe("refused");
    }
    expect([limited("QOSMinGRES"), limited("QOSMaxMemoryPerNode")]).toEqual(["refused", "refused"]);
    for (const ofMany of ["AssocMaxSubmitJobLimit", "QOSMaxSubmitJobPerUserLimit"]) {
      expect(limited(ofMany)).toBe("full");
    }
    expect(failed(`${head}Invalid job array specification`).kind).toBe("array-too-large");
    expect(
      failed(`sbatch: error: invalid partition specified: x\n${head}Invalid partition name`),
    ).toEqual({
      ...{ kind: "refused", message: "invalid partition specified: x; Invalid partition name" },
    });
  });

  it("reads limits, with Slurm's own where there are none", () => {
    expect(parseLimits("")).toEqual({ arraySize: 1000, minJobAge: 300 });
    expect(parseLimits("MaxArraySize            = 65\nMinJobAge = 5 sec\n")).toEqual({
      ...{ arraySize: 64, minJobAge: 5 },
    });
  });

  it("passes on no variable of the job that this process may be", () => {
    expect(
      cleanEnvironment({ SLURM_ARRAY_TASK_ID: "3", SQUEUE_STATES: "PD", SLURM_CONF: "c", A: "b" }),
    ).toEqual({ SLURM_CONF: "c", A: "b" });
  });
});
