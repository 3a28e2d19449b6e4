import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { hasErrorCode, MlflowError, type TrackingStore } from "mlflow-js-client";
import { applyTo } from "../marks.js";
import { isOperation } from "../operations.js";
import type { SpoolRecord } from "../spool/record-line.js";
import type { Spool } from "../spool/spool.js";
import { deliveryState } from "./delivery-state.js";
import { briefly, isFinal } from "./refusals.js";
import { gatherWork, type RunWork } from "./run-work.js";
import { type SendContext, sendRun } from "./send-run.js";

/** Tells MLflow 3 that the page is about training, which it otherwise has to guess from the runs. */
const experimentTags = { "mlflow.experimentKind": "custom_model_development" };

export interface SenderOptions {
  readonly spool: Spool;
  readonly store: TrackingStore;
  /** Name of the experiment. */
  readonly experiment: string;
  /** Of the run folder: see `folderIdentity`. */
  readonly identity: string;
  readonly folder: string;
  readonly warn: (message: string) => void;
  /** Takes secrets out of what a server said, before it is written down. */
  readonly redact: (text: string) => string;
}

/** Sends what waits in a spool, a window of records at a time. */
export interface Sender {
  /**
   * Sends the next window and acknowledges it. False: nothing waits on disk.
   * @throws what may pass; the same call goes on where this one stopped.
   */
  sendWindow(signal: AbortSignal): Promise<boolean>;
  /** Notes on disk what is done but not noted yet. */
  save(): Promise<void>;
  /** Records done with since the sender was made. */
  delivered(): number;
  /** Where the run is to be seen: ids of the store. */
  place(): { readonly experimentId?: string; readonly runId?: string };
}

/** A window ends with the record that brings it to so many points, or other requests' worth. */
const windowPoints = 10_000;

/** Points of a record; anything else is a request of its own. */
const sizeOf = ({ value }: SpoolRecord): number =>
  isOperation(value) && value.op === "points"
    ? value.to.length * value.names.length * value.rows.length
    : 20;

/** Saving may take this share of the time at most. */
const savingShare = 0.005;

export function createSender(options: SenderOptions): Sender {
  const { spool, store, identity, folder, warn } = options;
  const state = deliveryState(spool.state());
  let experimentId: string | undefined;
  let window: { work: RunWork[]; records: readonly SpoolRecord[]; upTo: number } | undefined;
  let surplus: SpoolRecord[] = [];
  let readUpTo = spool.acknowledged();
  let done = spool.acknowledged();
  let saved = done;
  let nextSave = 0;
  let deliveredRecords = 0;
  let firstRun: string | undefined;
  const found = new Set<string>();

  /** Finds or makes the experiment, and learns which runs of this folder are there. */
  async function connect(signal: AbortSignal): Promise<string> {
    const id = await findExperiment(signal);
    const known = { ...state.ids };
    const query = {
      experimentIds: [id],
      filter: `tags.\`counterweight.folder-id\` = '${identity}'`,
      maxResults: 1000,
      signal,
    };
    for await (const { info, data } of store.iterateRuns(query)) {
      const run = data.tags["counterweight.run-id"];
      if (run === undefined || known[run] === info.runId) continue;
      // Created by a process that was killed before it could note it, or noted in a lost file.
      if (known[run] === undefined) {
        state.ids[run] = info.runId;
        if (state.marks[run] === undefined) found.add(run);
      }
    }
    return id;
  }

  async function findExperiment(signal: AbortSignal): Promise<string> {
    const { experiment } = options;
    const there = await store.getExperimentByName(experiment, { signal });
    if (there === undefined) {
      try {
        return await store.createExperiment(experiment, { signal, tags: experimentTags });
      } catch (error) {
        // Another process made it in between.
        if (!hasErrorCode(error, "RESOURCE_ALREADY_EXISTS")) throw error;
        const again = await store.getExperimentByName(experiment, { signal });
        if (again === undefined) throw error;
        return again.experimentId;
      }
    }
    if (there.lifecycleStage === "deleted") {
      throw new MlflowError(
        `the experiment "${experiment}" is deleted there, and holds its name: restore it, or choose another (tracking.experiment).`,
        { errorCode: "INVALID_STATE", retryable: true },
      );
    }
    return there.experimentId;
  }

  async function idOf(work: RunWork, experiment: string, signal: AbortSignal): Promise<string> {
    const known = state.ids[work.run];
    if (known !== undefined) return known;
    const { describe } = work;
    if (describe === undefined) {
      throw new MlflowError(`run ${work.run} is not known there any more.`, {
        errorCode: "RESOURCE_DOES_NOT_EXIST",
      });
    }
    const { parent, name, at, tags } = describe;
    const parentId = parent === undefined ? undefined : state.ids[parent];
    const { info } = await store.createRun(experiment, {
      runName: name,
      startTime: at,
      tags,
      requestId: work.run,
      signal,
      ...(parentId === undefined ? {} : { parentRunId: parentId }),
    });
    state.ids[work.run] = info.runId;
    return info.runId;
  }

  /** Reads on; undefined where nothing more is on disk. */
  async function readMore(): Promise<SpoolRecord | undefined> {
    const { records, damaged, upTo } = await spool.read();
    for (const { from, to, path } of damaged) {
      const which = from === to ? `record ${from}` : `records ${from} to ${to}`;
      warn(`${which} of the spool could not be read and is left out (${path}).`);
    }
    readUpTo = upTo;
    surplus = [...records];
    return surplus.shift();
  }

  async function nextWindow(): Promise<typeof window> {
    const records: SpoolRecord[] = [];
    for (let points = 0; points < windowPoints; ) {
      const next = surplus.shift() ?? (await readMore());
      if (next === undefined) break;
      records.push(next);
      points += sizeOf(next);
    }
    const following = surplus[0];
    const upTo = following === undefined ? readUpTo : following.sequence - 1;
    if (upTo <= done) return undefined;
    return { work: gatherWork(records), records, upTo };
  }

  async function refuse(what: unknown, error: unknown): Promise<void> {
    warn(`MLflow refuses a part, which is kept in refused.jsonl: ${briefly(error)}`);
    const line = `${JSON.stringify({ refused: options.redact(briefly(error)), what })}\n`;
    await appendFile(join(spool.folder, "refused.jsonl"), line, { mode: 0o600 }).catch(
      () => undefined,
    );
  }

  async function save(): Promise<void> {
    if (saved >= done) return;
    const before = performance.now();
    await spool.acknowledge(done, state);
    saved = done;
    const now = performance.now();
    nextSave = now + Math.max(4000, (now - before) / savingShare / 10);
  }

  return {
    async sendWindow(signal) {
      window ??= await nextWindow();
      if (window === undefined) {
        await save();
        return false;
      }
      experimentId ??= await connect(signal);
      const refusals: Promise<void>[] = [];
      const context: SendContext = {
        store,
        signal,
        folder,
        warn,
        found,
        refused: (what, error) => refusals.push(refuse(what, error)),
      };
      for (let work = window.work[0]; work !== undefined; work = window.work[0]) {
        try {
          const id = await idOf(work, experimentId, signal);
          firstRun ??= id;
          await sendRun(work, id, context);
        } catch (error) {
          if (!isFinal(error)) throw error;
          context.refused(work, error);
        }
        window.work.shift();
      }
      await Promise.all(refusals);
      for (const { value } of window.records) if (isOperation(value)) applyTo(state.marks, value);
      deliveredRecords += window.records.length;
      done = window.upTo;
      window = undefined;
      if (performance.now() >= nextSave) await save();
      return true;
    },
    save,
    delivered: () => deliveredRecords,
    place: () => ({
      ...(experimentId === undefined ? {} : { experimentId }),
      ...(firstRun === undefined ? {} : { runId: firstRun }),
    }),
  };
}
