import { MlflowError } from "mlflow-js-client";

/** Codes with which a server says that this request will never do, whenever it comes. */
const final: ReadonlySet<string> = new Set([
  "INVALID_PARAMETER_VALUE",
  "RESOURCE_DOES_NOT_EXIST",
  "INVALID_STATE",
  "BAD_REQUEST",
  "MALFORMED_REQUEST",
  "RESOURCE_CONFLICT",
]);

/**
 * Whether sending the same again is hopeless. Everything else may pass: a server that is away, busy,
 * full, in the middle of a restart, behind a proxy that answers in its place, or asks for another
 * token.
 */
export const isFinal = (error: unknown): error is MlflowError =>
  error instanceof MlflowError && !error.retryable && final.has(error.errorCode);

/** An error in one short line. */
export function briefly(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const line = message.split("\n", 1)[0] ?? "";
  return line.length > 300 ? `${line.slice(0, 300)}...` : line;
}
