import type { Reporter, SerializedError, TestCase, TestModule, TestSuite } from "vitest/node";

/** How many tests ended in which way; errors outside any test count as failures. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A test or suite that was skipped as a whole, under the name a reader can search for. */
export interface SkippedGroup {
  readonly name: string;
  readonly tests: number;
  readonly why: string;
}

const stateOf = (test: TestCase): string => test.result().state;

export function countTests(modules: readonly TestModule[], errorsOutside: number): Counts {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const inState = (state: string): number => tests.filter((test) => stateOf(test) === state).length;
  // A file that cannot be loaded has no tests, yet must not pass for empty.
  const brokenGroups = modules
    .flatMap((module) => [module, ...module.children.allSuites()])
    .filter((group) => group.errors().length > 0).length;
  return {
    passed: inState("passed"),
    failed: inState("failed") + inState("pending") + brokenGroups + errorsOutside,
    skipped: inState("skipped"),
  };
}

/** The outermost suites of which every test was skipped, and single skipped tests elsewhere. */
export function skippedGroups(modules: readonly TestModule[]): SkippedGroup[] {
  return modules.flatMap((module) => {
    const file = module.relativeModuleId;
    return [...module.children].flatMap((child) => groupsBelow(child, file));
  });
}

function groupsBelow(node: TestCase | TestSuite, file: string): SkippedGroup[] {
  const tests = node.type === "test" ? [node] : [...node.children.allTests()];
  const skipped = tests.filter((test) => stateOf(test) === "skipped");
  if (skipped.length === 0) return [];
  if (node.type === "suite" && skipped.length < tests.length) {
    return [...node.children].flatMap((child) => groupsBelow(child, file));
  }
  const notes = skipped.flatMap((test) => {
    const result = test.result();
    return result.state === "skipped" && result.note !== undefined ? [result.note] : [];
  });
  const inName = /\((needs [^)]*)\)/.exec(node.fullName)?.[1];
  const why = notes[0] ?? inName ?? "marked so in the source";
  return [{ name: `${file} > ${node.fullName}`, tests: tests.length, why }];
}

/**
 * Prints what was skipped and why, then, as the last line, `N passed, N failed, N skipped`.
 * With COUNTERWEIGHT_NO_SKIPS=1 a skipped test fails the run, so that nothing is left out unseen.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const counts = countTests(modules, errors.length);
    for (const { name, tests, why } of skippedGroups(modules)) {
      console.log(`skipped (${tests} ${tests === 1 ? "test" : "tests"}): ${name}: ${why}`);
    }
    if (counts.skipped > 0 && process.env.COUNTERWEIGHT_NO_SKIPS === "1") {
      console.log("COUNTERWEIGHT_NO_SKIPS=1: a skipped test fails this run");
      process.exitCode = 1;
    }
    const { passed, failed, skipped } = counts;
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  }
}
