import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const faulty = pathToFileURL(
  fileURLToPath(new URL("../../dist/survival/faulty-files.fixture.js", import.meta.url)),
).href;

/** When to kill a run: so many milliseconds after its start, or after a line of its talk. */
export interface Moment {
  readonly after: "start" | RegExp;
  readonly milliseconds: number;
}

/** What `faulty-files.fixture.ts` is to do to a run; see there. */
export interface Fault {
  /** Pattern of the paths whose writes are counted. */
  readonly path: string;
  /** 1-based number of the first write that meets the fault. */
  readonly from: number;
  /** The last; without end where absent. */
  readonly to?: number;
  readonly action: "disk-full" | "kill" | "remove";
  /** What `remove` removes. */
  readonly victim?: string;
}

/** How a run ended. */
export interface ProcessEnd {
  readonly killed: boolean;
  readonly code: number | null;
  readonly stderr: string;
  readonly milliseconds: number;
  /** Milliseconds from the start until each of `marks` was said. */
  readonly marked: readonly number[];
}

/** Where `runProcess` keeps the store of a run. */
export const storeOf = (out: string): string => join(out, "store");

/**
 * Runs `counterweight run SPEC --out OUT` in a process of its own, from the built package, with a
 * store of the run's own in that folder.
 */
export function runProcess(
  { spec, out }: { readonly spec: string; readonly out: string },
  {
    moment,
    fault,
    marks = [],
    limitFileKiB,
  }: {
    readonly moment?: Moment | undefined;
    readonly fault?: Fault;
    readonly marks?: readonly RegExp[];
    /** Largest file that the process may write, by the shell's `ulimit -f`. */
    readonly limitFileKiB?: number;
  } = {},
): Promise<ProcessEnd> {
  return new Promise((resolve, reject) => {
    const preload = fault === undefined ? [] : ["--import", faulty];
    const words = ["run", spec, "--out", out, "--store", storeOf(out)];
    const command = [process.execPath, ...preload, main, ...words];
    const [program = "", ...rest] =
      limitFileKiB === undefined
        ? command
        : ["bash", "-c", `ulimit -f ${limitFileKiB} && exec "$@"`, "bash", ...command];
    const started = performance.now();
    const child = spawn(program, rest, {
      stdio: ["ignore", "ignore", "pipe"],
      env: {
        ...process.env,
        ...(fault === undefined ? {} : { COUNTERWEIGHT_FAULT: JSON.stringify(fault) }),
      },
    });
    let stderr = "";
    const marked: number[] = [];
    let timer: NodeJS.Timeout | undefined;
    const arm = (milliseconds: number): void => {
      timer ??= setTimeout(() => child.kill("SIGKILL"), milliseconds);
    };
    if (moment?.after === "start") arm(moment.milliseconds);
    child.stderr.on("data", (data: Buffer) => {
      stderr += data.toString("utf8");
      marks.forEach((mark, index) => {
        if (mark.test(stderr)) marked[index] ??= performance.now() - started;
      });
      if (moment !== undefined && moment.after !== "start" && moment.after.test(stderr)) {
        arm(moment.milliseconds);
      }
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({
        killed: signal === "SIGKILL",
        code,
        stderr,
        milliseconds: performance.now() - started,
        marked,
      });
    });
  });
}
