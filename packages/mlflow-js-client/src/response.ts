import type { Response } from "undici";
import { MlflowError } from "./errors.js";

/** Bytes of an answer, refused once they pass a limit. */
export async function readBody(
  response: Response,
  request: string,
  limit: number,
  onBytes?: () => void,
): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    onBytes?.();
    bytes += part.byteLength;
    // Leaving the loop cancels the stream, which closes the connection.
    if (bytes > limit) throw tooLarge(response, request, limit);
    parts.push(part);
  }
  return Buffer.concat(parts, bytes);
}

function tooLarge(response: Response, request: string, limit: number): MlflowError {
  return new MlflowError(`${request}: the answer is longer than ${limit} bytes.`, {
    errorCode: "RESPONSE_TOO_LARGE",
    status: response.status,
    request,
    // An error status says that the server is in trouble, whatever it sends with it.
    retryable: isTransient(response.status),
  });
}

/** Statuses after which the same request may succeed: 408, 429, and 5xx but for "not implemented". */
export function isTransient(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501);
}

/** Milliseconds of a `Retry-After` header: seconds, or a date. Undefined where there is none. */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** JSON of a body, or undefined where it is none. MLflow answers some calls with no body: `{}`. */
function parse(body: Buffer): unknown {
  const text = body.toString("utf8");
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Text for a message: one line, no control characters (they would reach a terminal), cut. */
function line(text: string, limit: number): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return clean.length > limit ? `${clean.slice(0, limit)}...` : clean;
}

/** Takes secrets out of a text: before it is cut, since a part of one is not found. */
type Hide = (text: string) => string;

/** The beginning of a body, without tags. */
function excerpt(body: Buffer, hide: Hide): string {
  const text = hide(body.toString("utf8"))
    .slice(0, 4000)
    .replace(/<(style|script)[\s\S]*?<\/\1>|<[^>]*>/gi, " ");
  return JSON.stringify(line(text, 300));
}

/**
 * The error that an answer with an error status stands for, whatever its body is.
 * @param hide takes secrets out of what the server says
 */
export function errorOf(
  response: Response,
  body: Buffer,
  request: string,
  hide: Hide,
): MlflowError {
  const textOf = (value: unknown): string | undefined =>
    typeof value === "string" && value !== "" ? line(hide(value), 2000) : undefined;
  const { status } = response;
  const parsed = parse(body);
  const fields: Record<string, unknown> =
    typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
  const wait = retryAfterMs(response.headers.get("retry-after"), Date.now());
  const code = fields.error_code;
  // One of MLflow's own is what callers go by, also where a password is a word of it.
  const known = typeof code === "string" && /^[A-Z_]{1,60}$/.test(code) ? code : textOf(code);
  const said = textOf(fields.message) ?? textOf(fields.detail);
  return new MlflowError(
    `${request}: ${status}: ${said ?? `the server says ${excerpt(body, hide)}`}`,
    {
      errorCode: known ?? `HTTP_${status}`,
      status,
      request,
      retryable: isTransient(status),
      ...(wait === undefined ? {} : { retryAfterMs: wait }),
    },
  );
}

/**
 * The JSON object that an answer of status 200 holds.
 * @throws MlflowError `BAD_RESPONSE` where it holds anything else. That may pass: a proxy in front of
 * a server that starts answers so.
 */
export function jsonOf(
  response: Response,
  body: Buffer,
  request: string,
  hide: Hide,
): Readonly<Record<string, unknown>> {
  const parsed = parse(body);
  if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) {
    return { ...parsed };
  }
  const what = `it should be a JSON object and is ${excerpt(body, hide)}`;
  throw badResponse(request, what, response.status);
}

/** The error of an answer of a good status that is not what MLflow sends. */
export function badResponse(request: string, what: string, status = 200): MlflowError {
  return new MlflowError(`${request}: the server's answer makes no sense: ${what}.`, {
    errorCode: "BAD_RESPONSE",
    status,
    request,
    retryable: true,
  });
}
