import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { FolderStore } from "./folder-store.js";
import { startRacer } from "./race.fixture.js";
import { isToy, publishToy, toyKey, writeToy } from "./toy-entry.fixture.js";

export interface StopRoundOptions {
  readonly store: FolderStore;
  /** The toy that both owners make. */
  readonly number: number;
  readonly leaseSeconds: number;
  /** Whether the successor publishes before the first owner wakes up, or after it tried to. */
  readonly successorFirst: boolean;
}

/**
 * Stops a process that owns a key past its lease; this process takes over, and the other wakes and
 * tries to publish. Gives what should not have been.
 */
export async function stopRound(options: StopRoundOptions): Promise<string[]> {
  const { store, number, leaseSeconds, successorFirst } = options;
  const key = toyKey(number);
  const problems: string[] = [];
  const expect = (right: boolean, what: string): void => {
    if (!right) problems.push(`toy ${number}: ${what}`);
  };
  const owner = startRacer("owner", store.folder, number, leaseSeconds);
  try {
    await owner.answer();
    expect((await store.claim(key)).kind === "held", "it should be held");
    owner.process.kill("SIGSTOP");
    let claim = await store.claim(key);
    while (claim.kind === "held") {
      await sleep(20);
      claim = await store.claim(key);
    }
    if (claim.kind !== "mine") return [...problems, `toy ${number}: it was ${claim.kind}`];
    const { lease } = claim;
    const { takenFrom } = lease;
    expect(takenFrom?.process === owner.process.pid, "taken from another process");
    expect((takenFrom?.silentSeconds ?? 0) >= leaseSeconds, "taken over before its lease ended");
    expect(
      readFileSync(join(lease.work, "checkpoint"), "utf8") === "half",
      "the checkpoint was not handed on",
    );
    const publish = async (): Promise<void> => {
      await writeToy(lease.draft, number);
      const outcome = await publishToy(lease, number);
      expect(outcome === "published", `the successor was ${outcome}`);
    };
    if (successorFirst) await publish();
    owner.process.kill("SIGCONT");
    owner.go();
    const woken = await owner.answer();
    const told = { outcome: successorFirst ? "already" : "lost", lost: true, draft: false };
    expect(JSON.stringify(woken) === JSON.stringify(told), `woken: ${JSON.stringify(woken)}`);
    expect((await owner.end) === 0, "the woken owner failed");
    if (!successorFirst) await publish();
    const lookup = await store.read(key);
    expect(lookup.kind === "found" && (await isToy(store, lookup.entry, number)), "read wrong");
    for (const part of ["leases", "work"]) {
      expect(!existsSync(join(store.folder, part, key)), `${part} are left`);
    }
  } finally {
    owner.process.kill("SIGKILL");
  }
  return problems;
}
