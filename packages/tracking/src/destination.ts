import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CounterweightError, sha256 } from "@counterweight/base";
import {
  MlflowClient,
  openFileStore,
  optionsFromEnvironment,
  type TrackingStore,
} from "mlflow-js-client";

/** Where runs are recorded, without any credentials: those stay in the environment. */
export type Destination =
  | { readonly kind: "server"; readonly uri: string; readonly experiment: string }
  /** A folder in MLflow's file layout; absolute. */
  | { readonly kind: "folder"; readonly folder: string; readonly experiment: string };

/** The section `tracking` of a spec. */
export interface TrackingSettings {
  readonly uri?: string | undefined;
  readonly experiment?: string | undefined;
  readonly enabled?: boolean | undefined;
}

export interface DestinationDefaults {
  /** Name of the spec: the experiment's where nothing else is said. */
  readonly name: string;
  /** Folder of the embedded store; `runs/tracking` where it is left out. */
  readonly folder?: string;
  /** What gives `uri`, for messages; `tracking.uri` where it is left out. */
  readonly where?: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where a run goes: `tracking.uri` of the spec, else `MLFLOW_TRACKING_URI`, else the embedded store;
 * its experiment: `tracking.experiment`, else `MLFLOW_EXPERIMENT_NAME`, else the spec's name.
 * Undefined: nothing is recorded. An address in the environment that is no server's and no folder's
 * (a database, Databricks) counts as none, with a note.
 * @throws CounterweightError `spec` where the spec's own address cannot be used.
 */
export function trackingDestination(
  settings: TrackingSettings,
  environment: Environment,
  { name, folder = "runs/tracking", where = "tracking.uri" }: DestinationDefaults,
): { readonly destination: Destination | undefined; readonly notes: readonly string[] } {
  const experiment = settings.experiment ?? (environment.MLFLOW_EXPERIMENT_NAME || name);
  if (settings.enabled === false || settings.uri === "off") {
    return { destination: undefined, notes: [] };
  }
  if (settings.uri !== undefined) {
    if (isWeb(settings.uri) && /[@?#]/.test(settings.uri)) throw secretRefusal(where);
    return { destination: destinationOf(settings.uri, experiment, where), notes: [] };
  }
  const embedded: Destination = { kind: "folder", folder: resolve(folder), experiment };
  const { MLFLOW_TRACKING_URI: uri = "" } = environment;
  if (uri === "") return { destination: embedded, notes: [] };
  try {
    return { destination: destinationOf(uri, experiment, "MLFLOW_TRACKING_URI"), notes: [] };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { destination: embedded, notes: [`${why} The run is kept in ${embedded.folder}.`] };
  }
}

const isWeb = (uri: string): boolean => /^https?:/i.test(uri);

/** Files and command lines are seen by others; and a server is asked nothing by a query. */
const secretRefusal = (where: string): CounterweightError =>
  new CounterweightError("spec", "holds a user, a password, a query or a fragment (@, ? or #).", {
    where,
    fix: "Give the address alone; what is secret goes into MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN.",
  });

/**
 * Reads an address: `http(s)://...`, `file:...`, or a folder.
 * @throws CounterweightError `spec` for other schemes, and for a folder named `mlruns`.
 */
export function destinationOf(uri: string, experiment: string, where: string): Destination {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):/.exec(uri)?.[1]?.toLowerCase();
  if (scheme === "http" || scheme === "https") {
    if (!URL.canParse(uri)) throw refusal(where, "is no address.");
    const { origin, pathname } = new URL(uri);
    return { kind: "server", uri: origin + pathname.replace(/\/+$/, ""), experiment };
  }
  // The address itself may hold a password: only its scheme is shown.
  if (scheme !== undefined && scheme !== "file") {
    throw refusal(where, `has the scheme ${scheme}:, which only MLflow's own Python speaks.`);
  }
  const folder = scheme === undefined ? resolve(uri) : resolve(fileURLToPath(new URL(uri)));
  if (basename(folder).toLowerCase() === "mlruns") {
    throw refusal(where, "is a folder named mlruns, beside which MLflow 3 does not start.");
  }
  return { kind: "folder", folder, experiment };
}

const refusal = (where: string, what: string): CounterweightError =>
  new CounterweightError("spec", what, {
    where,
    fix: "Give the http(s) address of an MLflow server, or a folder of another name.",
  });

/** A short name of a destination for files: the same one is always the same. */
export const destinationName = (destination: Destination): string => {
  const { kind, experiment } = destination;
  const place = destination.kind === "server" ? destination.uri : destination.folder;
  return `${kind}-${sha256(JSON.stringify([place, experiment])).slice(0, 12)}`;
};

/** For people: the server's address or the folder. */
export const placeOf = (destination: Destination): string =>
  destination.kind === "server" ? destination.uri : destination.folder;

/** How patient a store is with one call. */
export interface StorePatience {
  readonly timeoutMs?: number;
  readonly retries?: number;
}

/**
 * Opens a destination. Credentials and certificates come from the variables that MLflow's Python
 * client reads; those in `MLFLOW_TRACKING_URI` itself only for the server that it names.
 * @throws what the client throws for values that make no sense, or a folder that is no store.
 */
export async function openStore(
  destination: Destination,
  environment: Environment,
  { timeoutMs = 30_000, retries = 1 }: StorePatience = {},
): Promise<TrackingStore> {
  if (destination.kind === "folder") return await openFileStore(destination.folder);
  const { MLFLOW_TRACKING_URI: named = "" } = environment;
  const same =
    /^https?:/i.test(named) &&
    URL.canParse(named) &&
    placeOf(destinationOf(named, "", "MLFLOW_TRACKING_URI")) === destination.uri;
  const options = optionsFromEnvironment({
    ...environment,
    MLFLOW_TRACKING_URI: same ? named : destination.uri,
  });
  return new MlflowClient({ ...options, timeoutMs, retries, backoffMs: 250 });
}
