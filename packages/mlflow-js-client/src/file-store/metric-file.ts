import { constants } from "node:fs";
import { type FileHandle, open, readFile } from "node:fs/promises";
import type { Metric } from "../entities.js";
import { MlflowError } from "../errors.js";
import { makeParent, orAbsent, writeNew } from "./files.js";
import { formatLine, identityOf, parseLines } from "./metric-lines.js";
import { endsWell, repairMetricFile } from "./metric-repair.js";

/** What is known of a metric's file as long as its size is `size`. */
interface Known {
  readonly size: number;
  readonly maxStep: number;
  readonly maxTimestamp: number;
}

const APPEND = constants.O_RDWR | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0);

/**
 * The file of one metric of one run, written by any number of processes of a machine at once: each
 * batch is one write to the end. A point that is there already is not written again.
 */
export class MetricFile {
  readonly #path: string;
  readonly #key: string;
  readonly #runFolder: string;
  #known: Known | undefined;
  /** Filled the first time that a point is not newer than all others. */
  #seen: Set<string> | undefined;

  /** @param runFolder where unfinished files and the lock are put */
  constructor(path: string, key: string, runFolder: string) {
    this.#path = path;
    this.#key = key;
    this.#runFolder = runFolder;
  }

  /**
   * Adds the points that are not there yet. Calls must not overlap.
   * @throws MlflowError `INTERNAL_ERROR`, retryable, where only a part could be written: that part is
   *   cut off again.
   */
  async append(metrics: readonly Metric[]): Promise<void> {
    for (;;) {
      const file = await orAbsent(open(this.#path, APPEND));
      if (file === undefined) {
        if (await this.#create(metrics)) return;
        continue;
      }
      let torn: boolean;
      try {
        torn = !(await this.#appendTo(file, metrics));
      } catch (error) {
        this.#forget();
        throw error;
      } finally {
        await file.close();
      }
      if (!torn) return;
      this.#forget();
      await repairMetricFile(this.#path, this.#runFolder);
    }
  }

  #forget(): void {
    this.#known = undefined;
    this.#seen = undefined;
  }

  /** A first batch comes whole: a file that is empty even for a moment would be read as damaged. */
  async #create(metrics: readonly Metric[]): Promise<boolean> {
    this.#forget();
    const fresh = distinct(metrics, new Set());
    const content = Buffer.from(fresh.map(formatLine).join(""));
    await makeParent(this.#path);
    const created = await writeNew(this.#runFolder, this.#path, content, false);
    if (created) this.#known = widened(undefined, fresh, content.length);
    return created;
  }

  /** @returns false where the file ends in a torn line. */
  async #appendTo(file: FileHandle, metrics: readonly Metric[]): Promise<boolean> {
    const { size } = await file.stat();
    if (this.#known?.size !== size) {
      if (!(await endsWell(file, size))) return false;
      await this.#load(file);
    }
    const known = this.#known;
    const newer = (metric: Metric) =>
      known !== undefined && (metric.step > known.maxStep || metric.timestamp > known.maxTimestamp);
    if (this.#seen === undefined && !metrics.every(newer)) {
      this.#seen = new Set((await this.#readAll()).map(identityOf));
    }
    const fresh = distinct(metrics, this.#seen ?? new Set());
    if (fresh.length === 0) return true;
    const content = Buffer.from(fresh.map(formatLine).join(""));
    const { bytesWritten } = await file.write(content);
    if (bytesWritten < content.length) {
      await repairMetricFile(this.#path, this.#runFolder);
      throw new MlflowError(`${this.#path} could not be written whole: the disk is full?`, {
        errorCode: "INTERNAL_ERROR",
        retryable: true,
      });
    }
    // Where another process wrote meanwhile, what is known is no longer all there is.
    if ((await file.stat()).size === size + content.length) {
      this.#known = widened(this.#known, fresh, size + content.length);
    } else this.#forget();
    return true;
  }

  async #readAll(): Promise<readonly Metric[]> {
    return parseLines(await readFile(this.#path, "utf8"), this.#key, this.#path);
  }

  async #load(file: FileHandle): Promise<void> {
    // Read at offset 0 whatever the handle's position is, and its length taken from what was read.
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, 0);
    const content = buffer.subarray(0, bytesRead).toString("utf8");
    const metrics = parseLines(content, this.#key, this.#path);
    this.#known = widened(undefined, metrics, bytesRead);
    this.#seen = this.#seen === undefined ? undefined : new Set(metrics.map(identityOf));
  }
}

/** The first of each, and none that is in `seen`, which learns them. */
function distinct(metrics: readonly Metric[], seen: Set<string>): readonly Metric[] {
  return metrics.filter((metric) => {
    const identity = identityOf(metric);
    if (seen.has(identity)) return false;
    seen.add(identity);
    return true;
  });
}

function widened(known: Known | undefined, metrics: readonly Metric[], size: number): Known {
  let maxStep = known?.maxStep ?? Number.NEGATIVE_INFINITY;
  let maxTimestamp = known?.maxTimestamp ?? Number.NEGATIVE_INFINITY;
  for (const { step, timestamp } of metrics) {
    maxStep = Math.max(maxStep, step);
    maxTimestamp = Math.max(maxTimestamp, timestamp);
  }
  return { size, maxStep, maxTimestamp };
}
