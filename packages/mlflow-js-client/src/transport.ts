import { Agent, fetch, type RequestInit, type Response } from "undici";
import {
  authorization,
  type Fetch,
  type MlflowClientOptions,
  parseTrackingUri,
} from "./client-options.js";
import { MlflowError } from "./errors.js";
import { secretsHider } from "./own-secrets.js";
import { errorOf, jsonOf, readBody } from "./response.js";
import { aborted, type Repeat, type RetryPolicy, systemCode, withRetries } from "./retry.js";

/** One call of the server. */
export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** From the server's base, escaped, as `/api/2.0/mlflow/runs/get`. */
  readonly path: string;
  /** Undefined values are left out; a list is given as often as it has items. */
  readonly query?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly json?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** `safe` where it is left out. */
  readonly repeat?: Repeat;
}

/** A file's bytes on the way to the server: made anew for every try. */
export interface Upload {
  readonly bytes: number;
  readonly content: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

interface Deadline {
  readonly signal: AbortSignal;
  readonly isOver: () => boolean;
  /** Starts the time anew. */
  readonly extend: () => void;
  readonly end: () => void;
}

function deadlineOf(timeoutMs: number, signal: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  let isOver = false;
  const stop = () => controller.abort();
  const timer = setTimeout(() => {
    isOver = true;
    stop();
  }, timeoutMs);
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted === true) stop();
  return {
    signal: controller.signal,
    isOver: () => isOver,
    extend: () => timer.refresh(),
    end: () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    },
  };
}

const MAX_REDIRECTS = 5;

/** Reasons that no retry mends: the certificate, or no TLS where TLS is expected. */
const isTlsRefusal = (code: string) => /CERT|SELF_SIGNED|ERR_TLS|ERR_SSL|UNABLE_TO/.test(code);

/** Sends calls to one server, with its credentials, limits and patience. */
export class Transport {
  readonly base: string;
  readonly origin: string;
  readonly loopback: boolean;
  readonly maxArtifactBytes: number;
  private readonly agent: Agent;
  private readonly fetch: Fetch;
  private readonly policy: RetryPolicy;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly timeoutMs: number;
  private readonly maxResponseBytes: number;
  private readonly hide: (text: string) => string;

  constructor(options: MlflowClientOptions) {
    const { base, origin, loopback } = parseTrackingUri(options.trackingUri);
    this.base = base;
    this.origin = origin;
    this.loopback = loopback;
    this.fetch = options.fetch ?? fetch;
    this.timeoutMs = options.timeoutMs ?? 120_000;
    this.maxResponseBytes = options.maxResponseBytes ?? 64 * 2 ** 20;
    this.maxArtifactBytes = options.maxArtifactBytes ?? 2 ** 30;
    this.policy = {
      retries: options.retries ?? 5,
      backoffMs: options.backoffMs ?? 500,
      maxBackoffMs: options.maxBackoffMs ?? 60_000,
      onRetry: options.onRetry,
    };
    this.hide = secretsHider(options);
    const auth = authorization(options);
    this.headers = {
      "user-agent": "mlflow-js-client",
      ...(auth === undefined ? {} : { authorization: auth }),
    };
    const pem = (value: string | Uint8Array) =>
      typeof value === "string" ? value : Buffer.from(value);
    this.agent = new Agent({
      connections: 10,
      // Every try has a deadline of its own, so these two, which are for each part, are off.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: {
        timeout: this.timeoutMs,
        rejectUnauthorized: options.insecureTls !== true,
        ...(options.ca === undefined ? {} : { ca: pem(options.ca) }),
        ...(options.clientCert === undefined
          ? {}
          : { cert: pem(options.clientCert), key: pem(options.clientCert) }),
      },
    });
  }

  /** The JSON object that a call answers, read by `decode`, whose `BAD_RESPONSE` is tried again too. */
  json<T>(
    call: Call,
    decode: (answer: Readonly<Record<string, unknown>>, request: string) => T,
  ): Promise<T> {
    const request = nameOf(call);
    const init: RequestInit =
      call.json === undefined
        ? {}
        : { body: JSON.stringify(call.json), headers: { "content-type": "application/json" } };
    return this.send(
      call,
      () => init,
      async (response) => {
        const body = await readBody(response, request, this.maxResponseBytes);
        return decode(jsonOf(response, body, request, this.hide), request);
      },
    );
  }

  /** The text that a call answers. */
  text(call: Call): Promise<string> {
    return this.bytes(call, this.maxResponseBytes).then((body) => body.toString("utf8"));
  }

  /** The bytes that a call answers. */
  bytes(call: Call, limit: number): Promise<Buffer> {
    return this.send(
      call,
      () => ({}),
      (response, deadline) => readBody(response, nameOf(call), limit, deadline.extend),
    );
  }

  /** Hands the body of an answer to `read`, which is called again for every try. */
  stream(call: Call, read: (body: AsyncIterable<Uint8Array>) => Promise<void>): Promise<void> {
    return this.send(
      call,
      () => ({}),
      (response, deadline) => read(watched(response.body ?? [], deadline.extend)),
    );
  }

  /** Sends a file's bytes; the answer's body is of no interest. */
  upload(call: Call, upload: Upload): Promise<void> {
    const init = (deadline: Deadline): RequestInit => ({
      body: watched(upload.content(), deadline.extend),
      duplex: "half",
      // Given, since servers behind WSGI read a body of unknown length as an empty one.
      headers: { "content-type": "application/octet-stream", "content-length": `${upload.bytes}` },
    });
    return this.send(call, init, async (response) => {
      await readBody(response, nameOf(call), this.maxResponseBytes);
    });
  }

  /** Does several calls, none of which repeats itself, again as one while they fail. */
  repeat<T>(
    request: string,
    signal: AbortSignal | undefined,
    attempt: (before: MlflowError | undefined) => Promise<T>,
  ): Promise<T> {
    return withRetries(request, this.policy, "safe", signal, attempt);
  }

  /** Closes idle connections. */
  close(): Promise<void> {
    return this.agent.destroy();
  }

  private send<T>(
    call: Call,
    init: (deadline: Deadline) => RequestInit,
    read: (response: Response, deadline: Deadline) => Promise<T>,
  ): Promise<T> {
    const { signal, repeat = "safe" } = call;
    return withRetries(nameOf(call), this.policy, repeat, signal, async () => {
      const deadline = deadlineOf(this.timeoutMs, signal);
      try {
        const response = await this.follow(call, init(deadline), deadline.signal);
        if (response.status >= 200 && response.status < 300) return await read(response, deadline);
        const body = await readBody(response, nameOf(call), this.maxResponseBytes);
        throw errorOf(response, body, nameOf(call), this.hide);
      } catch (error) {
        throw this.failureOf(error, call, deadline);
      } finally {
        deadline.end();
      }
    });
  }

  /** The answer, after redirects within the same server: nothing is sent to another one. */
  private async follow(call: Call, init: RequestInit, signal: AbortSignal): Promise<Response> {
    let url = new URL(`${this.base}${call.path}${queryOf(call)}`);
    for (let count = 0; ; count++) {
      const response = await this.fetch(url, {
        ...init,
        method: call.method,
        headers: { ...this.headers, ...headersOf(init) },
        redirect: "manual",
        dispatcher: this.agent,
        signal,
      });
      const location = response.headers.get("location");
      if (response.status < 300 || response.status > 399 || location === null) return response;
      await response.body?.cancel();
      const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
      const keepsMethod = response.status === 307 || response.status === 308;
      const mayFollow = call.method === "GET" || (keepsMethod && init.duplex === undefined);
      if (next?.origin !== this.origin || !mayFollow || count >= MAX_REDIRECTS) {
        const to = next === undefined ? "nowhere" : `${next.origin}${next.pathname}`;
        throw new MlflowError(
          `${nameOf(call)}: the server redirects to ${to}, which is not followed. Check the tracking URI: it may need https:// or a path.`,
          { errorCode: "REDIRECTED", status: response.status, request: nameOf(call) },
        );
      }
      url = next;
    }
  }

  private failureOf(error: unknown, call: Call, deadline: Deadline): MlflowError {
    const request = nameOf(call);
    if (call.signal?.aborted === true) return aborted(request, error);
    if (error instanceof MlflowError) return error;
    if (deadline.isOver()) {
      return new MlflowError(`${request}: no answer from ${this.base} in ${this.timeoutMs} ms.`, {
        errorCode: "REQUEST_TIMEOUT",
        request,
        retryable: true,
        cause: error,
      });
    }
    const code = systemCode(error);
    const reason = code ?? (error instanceof Error ? error.message : String(error));
    return new MlflowError(`${request}: no connection to ${this.base}: ${reason}.`, {
      errorCode: "CONNECTION_ERROR",
      request,
      retryable: code === undefined || !isTlsRefusal(code),
      cause: error,
    });
  }
}

const nameOf = ({ method, path }: Call): string => `${method} ${path}`;

function queryOf({ query = {} }: Call): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const item of typeof value === "string" ? [value] : (value ?? [])) {
      search.append(key, item);
    }
  }
  return search.size === 0 ? "" : `?${search}`;
}

/** The headers of an init, all of which this file wrote as plain records. */
function headersOf(init: RequestInit): Record<string, string> {
  return Object.fromEntries(Object.entries(init.headers ?? {}).map(([k, v]) => [k, String(v)]));
}

async function* watched(
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  onPart: () => void,
): AsyncGenerator<Uint8Array> {
  for await (const part of parts) {
    onPart();
    yield part;
  }
}
