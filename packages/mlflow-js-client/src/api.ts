import { Fields } from "./decode.js";
import type { Page } from "./entities.js";
import { badResponse } from "./response.js";
import type { Repeat } from "./retry.js";
import type { CallOptions } from "./tracking-store.js";
import type { Call, Transport } from "./transport.js";

/** Where the calls of the tracking server and the registry are. */
export const API = "/api/2.0/mlflow";

/** Reads an answer. */
export type Read<T> = (answer: Fields) => T;

/** The REST calls of MLflow by their names, as `runs/create`. */
export class Api {
  constructor(readonly transport: Transport) {}

  get<T>(
    name: string,
    query: NonNullable<Call["query"]>,
    options: CallOptions,
    read: Read<T>,
    repeat?: Repeat,
  ): Promise<T> {
    return this.call("GET", name, { query }, options, read, repeat);
  }

  post<T>(
    name: string,
    body: unknown,
    options: CallOptions,
    read: Read<T>,
    repeat?: Repeat,
  ): Promise<T> {
    return this.call("POST", name, { json: body }, options, read, repeat);
  }

  /** A POST whose answer says nothing. */
  tell(name: string, body: unknown, options: CallOptions): Promise<void> {
    return this.post(name, body, options, () => undefined);
  }

  call<T>(
    method: Call["method"],
    name: string,
    what: Pick<Call, "query" | "json">,
    { signal }: CallOptions,
    read: Read<T>,
    repeat: Repeat = "safe",
  ): Promise<T> {
    const call: Call = { method, path: `${API}/${name}`, ...what, signal, repeat };
    return this.transport.json(call, (answer, request) => read(Fields.of(answer, request)));
  }
}

/** A list of an answer, and where the next page begins. */
export const readPage =
  <T>(key: string, read: Read<T>): Read<Page<T>> =>
  (answer) => ({ items: answer.list(key, read), nextPageToken: answer.nextPageToken() });

/**
 * The items of all pages, one after the other.
 * @throws MlflowError `BAD_RESPONSE` where the server names the page just read as the next one.
 */
export async function* pagesOf<T>(
  name: string,
  page: (pageToken: string | undefined) => Promise<Page<T>>,
  first?: string,
): AsyncGenerator<T> {
  let token = first;
  for (;;) {
    const { items, nextPageToken } = await page(token);
    yield* items;
    if (nextPageToken === undefined) return;
    if (nextPageToken === token) throw badResponse(`${API}/${name}`, "the next page is this page");
    token = nextPageToken;
  }
}

/** Tags or params as the server takes them. */
export const pairs = (map: Readonly<Record<string, string>> = {}) =>
  Object.entries(map).map(([key, value]) => ({ key, value }));
