import { spawn } from "node:child_process";
import { constants } from "node:os";
import { basename, resolve } from "node:path";
import { CounterweightError } from "@counterweight/base";
import {
  importRunFolder,
  syncFolder,
  type TrackingReport,
  trackingDestination,
} from "@counterweight/tracking";
import { mlflowUiCommand } from "mlflow-js-client";
import { type CommandIo, exitCodes } from "../io.js";
import { storeFolder } from "../read-spec.js";
import { counted, quoted } from "../words.js";
import { embeddedFolder } from "./run-tracking.js";

export interface ImportFlags {
  readonly to?: string;
  readonly experiment?: string;
  readonly store?: string;
}

/** `counterweight track import RUN-FOLDER...`: sends runs made before, with all that they logged. */
export async function trackImport(
  folders: readonly string[],
  { to, experiment, store }: ImportFlags,
  io: CommandIo,
): Promise<number> {
  let waiting = 0;
  for (const folder of folders) {
    const { destination, notes } = trackingDestination({ uri: to, experiment }, io.environment, {
      name: basename(resolve(folder)),
      where: "--to",
      folder: embeddedFolder(storeFolder(store === undefined ? {} : { store }, io)),
    });
    for (const note of notes) io.stderr(`${note}\n`);
    if (destination === undefined) {
      throw new CounterweightError("usage", "there is nowhere to send to.", {
        where: "--to",
        fix: "Give the address of an MLflow server, or a folder.",
      });
    }
    const report = await importRunFolder(folder, destination, {
      environment: io.environment,
      onWarning: (message) => io.stderr(`${message}\n`),
    });
    io.stdout(`${reportLine(folder, report)}\n`);
    waiting += report.waiting;
  }
  return waiting === 0 ? exitCodes.done : exitCodes.failed;
}

/** `counterweight track sync [FOLDER]`: delivers what waits in run folders. */
export async function trackSync(folder: string, io: CommandIo): Promise<number> {
  const reports = await syncFolder(folder, {
    environment: io.environment,
    onWarning: (message) => io.stderr(`${message}\n`),
  });
  if (reports.length === 0) io.stderr(`Nothing was recorded in ${folder}.\n`);
  for (const report of reports) {
    const busy = report.busy ? " (a run is at work there and sends it itself)" : "";
    io.stdout(`${reportLine(report.folder, report)}${busy}\n`);
  }
  return reports.some(({ waiting, busy }) => waiting > 0 && !busy)
    ? exitCodes.failed
    : exitCodes.done;
}

/** One line for people: what was sent, what waits, where to look. */
export function reportLine(folder: string, { delivered, waiting, where }: TrackingReport): string {
  const rest =
    waiting === 0
      ? ""
      : `; ${counted(waiting, "record")} wait, send them with: counterweight track sync ${quoted(folder)}`;
  return `${folder}: ${counted(delivered, "record")} sent to ${where}${rest}`;
}

export interface UiFlags {
  readonly port: number;
  readonly store?: string;
  readonly print: boolean;
}

/** `counterweight track ui [FOLDER]`: opens the embedded store with the real MLflow. */
export async function trackUi(
  folder: string | undefined,
  { port, store, print }: UiFlags,
  io: CommandIo,
): Promise<number> {
  const place = folder ?? embeddedFolder(storeFolder(store === undefined ? {} : { store }, io));
  const { command, args, environment } = mlflowUiCommand(place, { port });
  const settings = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const line = [...settings, ...[command, ...args].map(quoted)].join(" ");
  if (print) {
    io.stdout(`${line}\n`);
    return exitCodes.done;
  }
  io.stderr(`${line}\nOpen http://127.0.0.1:${port} when it has started; Ctrl-C ends it.\n`);
  const child = spawn(command, args, {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...io.environment, ...environment },
  });
  // A terminal's interrupt reaches MLflow too: its own end is waited for.
  const forget = io.onInterrupt(() => undefined);
  try {
    return await new Promise<number>((done, fail) => {
      child.once("error", (cause) => fail(missing(line, cause)));
      child.once("exit", (code, signal) =>
        done(code ?? (signal === null ? 1 : 128 + constants.signals[signal])),
      );
    });
  } finally {
    forget();
  }
}

const missing = (line: string, cause: Error): CounterweightError =>
  new CounterweightError("usage", "MLflow is not installed here.", {
    where: "mlflow",
    fix: `Install it with \`pip install mlflow\`, or run this where it is: ${line}`,
    cause,
  });
