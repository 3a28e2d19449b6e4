/**
 * What went wrong between us and the hub.
 * - `unreachable`: no connection could be made; `cut`: one broke off; `timeout`: it was silent;
 * - `status`: the hub answered with an error; `damaged`: what came is not what was promised;
 * - `aborted`: the caller's signal; `late`: the overall deadline passed.
 */
export type FailureKind =
  | "unreachable"
  | "cut"
  | "timeout"
  | "status"
  | "damaged"
  | "aborted"
  | "late";

/** Details of a failure, where known. */
export interface FailureDetails {
  readonly status?: number;
  /** The hub's header X-Error-Code, such as "RepoNotFound" or "GatedRepo". */
  readonly errorCode?: string;
  /** How long the server asks us to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** A failed exchange with the hub; never shown as it is, see `hub-errors.ts`. */
export class HubFailure extends Error {
  override readonly name = "HubFailure";
  readonly kind: FailureKind;
  readonly status: number | undefined;
  readonly errorCode: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(kind: FailureKind, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.status = details.status;
    this.errorCode = details.errorCode;
    this.retryAfterMs = details.retryAfterMs;
  }
}

const unreachableCodes = new Set([
  "ENOTFOUND",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** The system's code, such as "ECONNRESET", of an error or of what caused it. */
export function codeOf(error: unknown): string | undefined {
  for (let depth = 0, at: unknown = error; depth < 5 && at instanceof Error; depth++) {
    if ("code" in at && typeof at.code === "string") return at.code;
    at = at instanceof AggregateError ? at.errors[0] : at.cause;
  }
  return undefined;
}

/** An error of `fetch` or of reading a body, as a failure. */
export function failureOf(error: unknown, url: string): HubFailure {
  if (error instanceof HubFailure) return error;
  const code = codeOf(error);
  const host = new URL(url).host;
  if (code !== undefined && unreachableCodes.has(code)) {
    return new HubFailure("unreachable", `${host} cannot be reached (${code})`, { cause: error });
  }
  if (code !== undefined && /CERT|SSL|TLS|SELF_SIGNED|ALTNAME/.test(code)) {
    return new HubFailure("unreachable", `${host} has no certificate that is trusted (${code})`, {
      cause: error,
    });
  }
  const reason = code ?? (error instanceof Error ? error.message : String(error));
  return new HubFailure("cut", `the connection to ${host} broke off (${reason})`, { cause: error });
}

/** An answer with an error status, as a failure. */
export function statusFailure(response: Response): HubFailure {
  const wait = response.headers.get("retry-after");
  const errorCode = response.headers.get("x-error-code");
  const said = response.headers.get("x-error-message");
  return new HubFailure(
    "status",
    `the hub answered ${response.status}${said === null ? "" : ` (${said.slice(0, 200)})`}`,
    {
      status: response.status,
      ...(errorCode === null ? {} : { errorCode }),
      ...(wait !== null && /^\d{1,6}$/.test(wait) ? { retryAfterMs: Number(wait) * 1000 } : {}),
    },
  );
}

const passingStatuses = new Set([408, 425, 429, 500, 502, 503, 504]);

/** True where the same request may succeed a little later. */
export function mayPass(failure: HubFailure): boolean {
  if (failure.kind === "status") return passingStatuses.has(failure.status ?? 0);
  return failure.kind === "cut" || failure.kind === "timeout" || failure.kind === "damaged";
}
