/**
 * What went wrong, as a name to branch on: MLflow's own `error_code` where the server gave one
 * (`RESOURCE_DOES_NOT_EXIST`, `RESOURCE_ALREADY_EXISTS`, `INVALID_PARAMETER_VALUE`, ...), else one of
 * the client's:
 * - `CONNECTION_ERROR`: no connection, or it broke before the answer was whole;
 * - `REQUEST_TIMEOUT`: no whole answer in time;
 * - `ABORTED`: the caller's signal;
 * - `BAD_RESPONSE`: an answer that is not what MLflow sends (HTML, cut JSON, wrong types);
 * - `RESPONSE_TOO_LARGE`: an answer longer than the limit;
 * - `REDIRECTED`: the server points elsewhere, which a client holding a token must not follow;
 * - `HTTP_<status>`: an error status whose body names no code.
 */
export type MlflowErrorCode = string;

/** The parts of an `MlflowError` beside its message. */
export interface MlflowErrorDetails {
  readonly errorCode: MlflowErrorCode;
  /** HTTP status; absent where there was no answer or no request. */
  readonly status?: number;
  /** Method and path asked, as `POST /api/2.0/mlflow/runs/create`: no host, query or credentials. */
  readonly request?: string;
  /** True where the same call may succeed later: away, busy, too slow, broken off. */
  readonly retryable?: boolean;
  /** How long the server asks to wait before the next try (`Retry-After`), in milliseconds. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** The one error class of this package. */
export class MlflowError extends Error {
  override readonly name = "MlflowError";
  readonly errorCode: MlflowErrorCode;
  readonly status: number | undefined;
  readonly request: string | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, details: MlflowErrorDetails) {
    // An absent cause stays absent, else Node prints "[cause]: undefined" below the stack.
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.errorCode = details.errorCode;
    this.status = details.status;
    this.request = details.request;
    this.retryable = details.retryable ?? false;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** An argument that no MLflow server would take, refused before anything is sent. */
export function invalidParameter(message: string): MlflowError {
  return new MlflowError(message, { errorCode: "INVALID_PARAMETER_VALUE" });
}

/** An error that names something that is not there. */
export function doesNotExist(message: string): MlflowError {
  return new MlflowError(message, { errorCode: "RESOURCE_DOES_NOT_EXIST" });
}

/** Whether an error is an `MlflowError` of a code, as `RESOURCE_ALREADY_EXISTS`. */
export function hasErrorCode(error: unknown, errorCode: MlflowErrorCode): error is MlflowError {
  return error instanceof MlflowError && error.errorCode === errorCode;
}
