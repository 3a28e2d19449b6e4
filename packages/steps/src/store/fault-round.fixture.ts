import { mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import type { Runner } from "../executor.js";
import { machineRecord } from "../run/machine-record.js";
import { makeStep } from "../run/make-step.js";
import type { Step } from "../step.js";
import type { DiskFault, DiskFaults } from "./disk-faults.fixture.js";
import { folderStore } from "./folder-store.js";
import { gc } from "./gc.js";
import { heldSteps } from "./held-steps.js";
import { isToy, toyKey, toyMaking, writeToy } from "./toy-entry.fixture.js";
import { verify } from "./verify.js";

/** Toy 1 needs toy 0. */
const numbers = [0, 1] as const;
const keys: ReadonlySet<string> = new Set(numbers.map(toyKey));

const toyStepOf = (number: number): Step => ({
  key: toyKey(number),
  making: toyMaking(number),
  label: `toy ${number}`,
  needs: number === 0 ? [] : [toyKey(0)],
  place: "here",
  cost: { shape: "toy", units: 1 },
  resources: { threads: 1 },
  recipe: {},
});

const leaseSeconds = 0.2;
const patience = 60_000;

/**
 * Makes two steps and looks after the store while one call to the file system fails, or all from one
 * on; then does the same without. Gives what should not have been, and whether any call failed.
 * @param root folder that the faults are about
 */
export async function faultRound(
  root: string,
  faults: DiskFaults,
  fault: DiskFault,
): Promise<{ readonly problems: readonly string[]; readonly met: boolean }> {
  const folder = await mkdtemp(join(root, "store-"));
  const problems: string[] = [];
  faults.begin(fault);
  for (const problem of await use(folder, faults, fault)) problems.push(problem);
  const met = faults.end() > 0;
  const again = await use(folder, faults, undefined);
  problems.push(...again.map((problem) => `afterwards: ${problem}`), ...(await left(folder)));
  await rm(folder, { recursive: true });
  return { problems, met };
}

/** One life of a process with the store; with a fault each call may refuse, in words. */
async function use(
  folder: string,
  faults: DiskFaults,
  fault: DiskFault | undefined,
): Promise<string[]> {
  const problems: string[] = [];
  const store = folderStore(folder, { leaseSeconds });
  const refuses = (what: string, said: string, kind: string | undefined): void => {
    const isNamed = fault !== undefined && said.includes(`(${fault.code})`);
    if (kind !== "usage" || !isNamed) problems.push(`${what} ended with: ${said}`);
  };
  const attempt = async (what: string, action: () => Promise<unknown>): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error("it hangs")), patience);
    });
    try {
      await Promise.race([action(), late]);
    } catch (error) {
      const isOurs = error instanceof CounterweightError;
      const where = isOurs && error.where !== undefined;
      refuses(what, String(error), where ? error.kind : undefined);
    } finally {
      clearTimeout(timer);
    }
  };
  const runner: Runner = async (step, { draft, input, emit }) => {
    for (const key of step.needs) {
      const entry = await input(key);
      await store.file(entry, "weights.bin");
    }
    const number = step.needs.length;
    emit({ type: "half" });
    // What a runner's own writes meet is the runner's to say.
    await faults.without(() => writeToy(draft, number));
    return { kind: "made", result: { number } };
  };
  const make = async (number: number): Promise<void> => {
    for (;;) {
      const outcome = await makeStep(toyStepOf(number), {
        ...{ store, runner, executor: "test", where: "here", attempt: 1, code: {} },
        ...{ machine: machineRecord(), signal: new AbortController().signal, on: () => {} },
      });
      if (outcome.kind === "made" || outcome.kind === "found") return;
      if (outcome.kind === "held") {
        // Given back in vain: it is silent from now on.
        await new Promise((done) => setTimeout(done, 30));
        continue;
      }
      // Toy 1 needs what a fault kept from being made.
      if (outcome.kind === "input-lost" && fault !== undefined) return;
      if (outcome.kind === "failed") {
        refuses(`toy ${number}`, outcome.message, outcome.errorKind);
      } else problems.push(`toy ${number} is ${outcome.kind}`);
      return;
    }
  };
  try {
    for (const number of numbers) await attempt(`toy ${number}`, () => make(number));
    for (const number of numbers) {
      await attempt(`reading ${number}`, async () => {
        const lookup = await store.read(toyKey(number));
        const isRight = lookup.kind === "found" && (await isToy(store, lookup.entry, number));
        const isAbsent = fault !== undefined && lookup.kind === "absent";
        if (!isRight && !isAbsent) problems.push(`toy ${number} is ${lookup.kind}`);
      });
    }
    await attempt("gc", () => gc(store, keys));
    await attempt("verify", async () => {
      const { damaged } = await verify(store);
      for (const { key, reason } of damaged) problems.push(`${key} is damaged: ${reason}`);
    });
    await attempt("keys", () => store.keys());
    await attempt("describe", () => store.describe(toyKey(0)));
    await attempt("held steps", () => heldSteps(folder));
  } finally {
    await store.close();
  }
  return problems;
}

/**
 * What lies in the store and is no entry. A lease that could not be removed stays until its process,
 * this one, is gone, and `gc` leaves alone what is of its key; it is in nobody's way.
 */
async function left(folder: string): Promise<string[]> {
  const problems: string[] = [];
  const store = folderStore(folder);
  const { held } = await gc(store, keys);
  for (const key of held) {
    const { kind } = await store.claim(key);
    if (kind !== "published") problems.push(`${key} is ${kind}`);
  }
  for (const part of ["drafts", "leases", "work", "quarantine"]) {
    const all = await readdir(join(folder, part)).catch(() => []);
    const names = all.filter((name) => !held.some((key) => name.startsWith(key)));
    if (names.length > 0) problems.push(`${part} holds ${names.join(", ")}`);
  }
  return problems;
}
