import { readFileSync } from "node:fs";
import type { fetch as undiciFetch } from "undici";
import { invalidParameter } from "./errors.js";

/** The part of `fetch` that this client uses. */
export type Fetch = typeof undiciFetch;

/** Where the server is, how to speak to it, and how patient to be. */
export interface MlflowClientOptions {
  /** `http://` or `https://`, with a path where the server lies under one. */
  readonly trackingUri: string;
  /** For basic authentication; goes before `token`, as in Python. */
  readonly username?: string;
  readonly password?: string;
  /** For bearer authentication. */
  readonly token?: string;
  /** PEM: the certificate authorities to trust instead of the system's. */
  readonly ca?: string | Uint8Array;
  /** PEM: this client's own certificate and its key, one after the other. */
  readonly clientCert?: string | Uint8Array;
  /** Takes any certificate, so anyone on the way can read and change everything. */
  readonly insecureTls?: boolean;
  /**
   * For one try of a request, in milliseconds: until its whole answer is there; for artifacts, without
   * a byte moving. 120,000 where it is left out, as in Python.
   */
  readonly timeoutMs?: number;
  /** How often a failed call is tried again at most. 5 where it is left out. */
  readonly retries?: number;
  /** The first wait is between this and half of it, then twice that, ... 500 ms where left out. */
  readonly backoffMs?: number;
  /**
   * The longest wait, in milliseconds. A server that asks (`Retry-After`) for more is not asked again:
   * the error says how long. 60,000 where it is left out.
   */
  readonly maxBackoffMs?: number;
  /** Answers longer than this are refused, in bytes. 64 MiB where it is left out. */
  readonly maxResponseBytes?: number;
  /** The same for an artifact that is read into memory. 1 GiB where it is left out. */
  readonly maxArtifactBytes?: number;
  /**
   * Whether artifacts of runs whose `artifactUri` is a local path are read and written there directly,
   * as in Python. Where it is left out, only with a server on this machine: another's `file:` is
   * usually a folder of *its* disk, and a server should not choose which of this machine's files are
   * written.
   */
  readonly localArtifacts?: boolean;
  /** Called before each wait for another try: for a log. */
  readonly onRetry?: (retry: RetryNotice) => void;
  /** Instead of undici's `fetch`. TLS options do not reach it. */
  readonly fetch?: Fetch;
}

/** What is known when a call is about to be tried again. */
export interface RetryNotice {
  /** Method and path. */
  readonly request: string;
  /** 1 for the first retry. */
  readonly retry: number;
  readonly waitMs: number;
  readonly errorCode: string;
  readonly message: string;
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * The server's address, without credentials or a trailing `/`, and whether it is this machine.
 * @throws MlflowError where it is not http or https.
 */
export function parseTrackingUri(trackingUri: string): {
  readonly base: string;
  readonly origin: string;
  readonly loopback: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
} {
  const url = URL.canParse(trackingUri) ? new URL(trackingUri) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    // Not shown: an address of another kind, such as a database's, may hold a password.
    throw invalidParameter(
      "The tracking URI must be an http:// or https:// address of an MLflow server.",
    );
  }
  return {
    base: url.origin + url.pathname.replace(/\/+$/, ""),
    origin: url.origin,
    loopback: LOOPBACK.test(url.hostname),
    username: url.username === "" ? undefined : decodeURIComponent(url.username),
    password: url.password === "" ? undefined : decodeURIComponent(url.password),
  };
}

/** The `Authorization` header, or undefined without credentials. */
export function authorization(options: MlflowClientOptions): string | undefined {
  const inUri = parseTrackingUri(options.trackingUri);
  const username = options.username ?? inUri.username;
  const password = options.password ?? inUri.password;
  if (username !== undefined && password !== undefined) {
    return `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;
  }
  if (options.token === undefined) return undefined;
  // Checked here, since fetch would show the token in its message.
  if (!/^[\x21-\x7e]+$/.test(options.token)) {
    throw invalidParameter("The token is empty or holds spaces or characters beyond ASCII.");
  }
  return `Bearer ${options.token}`;
}

function flag(name: string, value: string | undefined): boolean {
  const text = (value ?? "false").toLowerCase();
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0" || text === "") return false;
  throw invalidParameter(`${name} must be true or false.`);
}

function count(name: string, value: string | undefined): number | undefined {
  if (value === undefined || value === "") return undefined;
  const number = Number(value);
  if (!Number.isFinite(number) || number < 0) {
    throw invalidParameter(`${name} is ${JSON.stringify(value)}, not a number from 0.`);
  }
  return number;
}

function pem(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw invalidParameter(`${name}: the file cannot be read (${String(cause)}).`);
  }
}

/**
 * Options from the variables that MLflow's Python client reads: `MLFLOW_TRACKING_URI`, `_TOKEN`,
 * `_USERNAME`, `_PASSWORD`, `_INSECURE_TLS`, `_SERVER_CERT_PATH`, `_CLIENT_CERT_PATH`,
 * `MLFLOW_HTTP_REQUEST_TIMEOUT` (seconds) and `MLFLOW_HTTP_REQUEST_MAX_RETRIES`.
 * @throws MlflowError where the address is missing or a value makes no sense.
 */
export function optionsFromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): MlflowClientOptions {
  const set = (name: string) => (env[name] === "" ? undefined : env[name]);
  const trackingUri = set("MLFLOW_TRACKING_URI");
  if (trackingUri === undefined) throw invalidParameter("MLFLOW_TRACKING_URI is not set.");
  const insecureTls = flag("MLFLOW_TRACKING_INSECURE_TLS", env.MLFLOW_TRACKING_INSECURE_TLS);
  const caPath = set("MLFLOW_TRACKING_SERVER_CERT_PATH");
  if (insecureTls && caPath !== undefined) {
    throw invalidParameter(
      "MLFLOW_TRACKING_INSECURE_TLS and MLFLOW_TRACKING_SERVER_CERT_PATH exclude each other; unset one.",
    );
  }
  const username = set("MLFLOW_TRACKING_USERNAME");
  const password = set("MLFLOW_TRACKING_PASSWORD");
  const token = set("MLFLOW_TRACKING_TOKEN");
  const certPath = set("MLFLOW_TRACKING_CLIENT_CERT_PATH");
  const seconds = count("MLFLOW_HTTP_REQUEST_TIMEOUT", env.MLFLOW_HTTP_REQUEST_TIMEOUT);
  const retries = count("MLFLOW_HTTP_REQUEST_MAX_RETRIES", env.MLFLOW_HTTP_REQUEST_MAX_RETRIES);
  return {
    trackingUri,
    insecureTls,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(token === undefined ? {} : { token }),
    ...(caPath === undefined ? {} : { ca: pem("MLFLOW_TRACKING_SERVER_CERT_PATH", caPath) }),
    ...(certPath === undefined
      ? {}
      : { clientCert: pem("MLFLOW_TRACKING_CLIENT_CERT_PATH", certPath) }),
    ...(seconds === undefined ? {} : { timeoutMs: seconds * 1000 }),
    ...(retries === undefined ? {} : { retries: Math.trunc(retries) }),
  };
}
