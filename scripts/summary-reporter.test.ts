import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const repository = fileURLToPath(new URL("..", import.meta.url));
let project: string;

/** Runs vitest itself, with our reporter, on one test file. */
function runVitest(source: string, environment: Record<string, string> = {}) {
  const header = 'import { describe, expect, it } from "vitest";\n';
  writeFileSync(join(project, "a.test.ts"), header + source);
  const reporter = join(repository, "scripts/summary-reporter.ts");
  const { COUNTERWEIGHT_NO_SKIPS: _outer, ...outside } = process.env;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [
      join(repository, "node_modules/vitest/vitest.mjs"),
      ...["run", "--root", project, "--reporter=default", `--reporter=${reporter}`],
    ],
    { encoding: "utf8", env: { ...outside, ...environment, NO_COLOR: "1" } },
  );
  const lines = stdout.trimEnd().split("\n");
  return {
    status,
    last: lines.at(-1),
    skipped: lines.filter((line) => line.startsWith("skipped (")),
    all: stdout + stderr,
  };
}

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "summary-"));
  symlinkSync(join(repository, "node_modules"), join(project, "node_modules"), "dir");
});

afterEach(() => rmSync(project, { recursive: true, force: true }));

const threeKinds = `
it("fine", () => expect(1).toBe(1));
describe.skipIf(true)("tweets (needs COUNTERWEIGHT_ASSETS)", () => {
  it("one", () => {});
  describe("inner", () => { it("two", () => {}); });
});
describe("mixed", () => {
  it("runs", () => {});
  it("asks out", (context) => context.skip("no such processor"));
});`;

describe("the last lines of a test run", () => {
  it("name what was skipped and why, then count", () => {
    const { status, last, skipped } = runVitest(threeKinds);
    expect(status).toBe(0);
    expect(last).toBe("2 passed, 0 failed, 3 skipped");
    expect(skipped).toEqual([
      "skipped (2 tests): a.test.ts > tweets (needs COUNTERWEIGHT_ASSETS): needs COUNTERWEIGHT_ASSETS",
      "skipped (1 test): a.test.ts > mixed > asks out: no such processor",
    ]);
  });

  it("with COUNTERWEIGHT_NO_SKIPS=1 the same run fails, and one without skips does not", () => {
    const environment = { COUNTERWEIGHT_NO_SKIPS: "1" };
    const strict = runVitest(threeKinds, environment);
    expect(strict.status).toBe(1);
    expect(strict.last).toBe("2 passed, 0 failed, 3 skipped");
    const complete = runVitest('it("fine", () => {});', environment);
    expect(complete.status).toBe(0);
    expect(complete.last).toBe("1 passed, 0 failed, 0 skipped");
  });

  it("a file that cannot be loaded counts as failed, not as empty", () => {
    const { status, last } = runVitest('throw new Error("broken on load");');
    expect(status).toBe(1);
    expect(last).toBe("0 passed, 1 failed, 0 skipped");
  });

  it("failing tests and errors outside tests are counted", () => {
    const { status, last } = runVitest(`
it("wrong", () => expect(1).toBe(2));
it("fine", () => {});
it("leaves an error behind", () => { Promise.reject(new Error("stray")); });`);
    expect(status).toBe(1);
    expect(last).toBe("2 passed, 2 failed, 0 skipped");
  });
});
