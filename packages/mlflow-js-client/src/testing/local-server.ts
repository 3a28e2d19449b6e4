import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";

/** A request as it arrived. */
export interface Seen {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Answers the request that is `count` before it, as 0, 1, ... */
export type Answer = (
  response: ServerResponse,
  request: Seen,
  count: number,
) => void | Promise<void>;

/** A small server of this process that answers as a test says. */
export interface LocalServer {
  readonly uri: string;
  readonly seen: readonly Seen[];
  close(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

/** Starts it; with `tls`, as an https server. */
export async function startLocalServer(
  answer: Answer,
  tls?: { readonly key: Buffer; readonly cert: Buffer },
): Promise<LocalServer> {
  const seen: Seen[] = [];
  const onRequest = async (request: IncomingMessage, response: ServerResponse) => {
    try {
      const body = await bodyOf(request);
      const { method = "", url = "", headers } = request;
      const entry = { method, url, headers, body };
      seen.push(entry);
      await answer(response, entry, seen.length - 1);
    } catch {
      response.destroy();
    }
  };
  const server: Server =
    tls === undefined ? createServer(onRequest) : createTlsServer(tls, onRequest);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    uri: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Passes requests on to another server, and its answers back. */
export async function forward(
  to: string,
  request: Seen,
): Promise<{ status: number; body: Buffer }> {
  const response = await fetch(to + request.url, {
    method: request.method,
    ...(request.body.length === 0 ? {} : { body: request.body }),
    headers: { "content-type": request.headers["content-type"] ?? "application/json" },
  });
  return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
}

/** Answers JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
