import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { commitOf, type LocalRepo, type ServedFile, servedFiles } from "./repositories.js";

export type { LocalRepo } from "./repositories.js";

/** Something that goes wrong on purpose, `times` times, with requests whose address contains `at`. */
export interface Fault {
  readonly at: string;
  /** Default: 1. */
  readonly times?: number;
  /**
   * `cut`: the connection ends after `bytes` bytes of the body; `status`: that status instead;
   * `wrong`: the last byte is another; `short`: the body lacks its last byte; `silent`: nothing comes after `bytes` bytes;
   * `no-range`: Range is ignored.
   */
  readonly kind: "cut" | "status" | "wrong" | "short" | "silent" | "no-range";
  readonly bytes?: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A hub on this machine. */
export interface LocalHub {
  /** For HF_ENDPOINT. */
  readonly endpoint: string;
  /** "METHOD address" of every request so far. */
  readonly requests: string[];
  /** Authorization header of every request so far. */
  readonly authorizations: (string | undefined)[];
  /** Replaces what goes wrong from now on. */
  readonly break: (...faults: readonly Fault[]) => void;
  /** Replaces a repository, as a push does. */
  readonly push: (repo: LocalRepo) => void;
  /** The commit of a revision. */
  readonly commit: (id: string, revision?: string) => string;
  readonly close: () => Promise<void>;
}

/** How a local hub behaves. */
export interface LocalHubOptions {
  /** Entries of one page of a list of files. Default: 1000. */
  readonly pageSize?: number;
  /** The one token that opens private and gated repositories. */
  readonly token?: string;
}

interface Revision {
  readonly commit: string;
  readonly files: readonly ServedFile[];
}

/** An answer with an error, as the hub words it. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(code);
  }
}

/** Starts to listen on a free port of 127.0.0.1; returns the address. */
async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the local hub has no port");
  return `http://127.0.0.1:${address.port}`;
}

function shut(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/**
 * Starts a server on 127.0.0.1 that speaks as much of the hub's protocol as models and data sets
 * need: repository info, paged lists of files, downloads with redirects, digests and ranges, refusals.
 * For tests and for showing things without a network; HF_ENDPOINT leads this package and Python's
 * `huggingface_hub` to it.
 */
export async function startLocalHub(
  repos: readonly LocalRepo[],
  options: LocalHubOptions = {},
): Promise<LocalHub> {
  const { pageSize = 1000, token } = options;
  const byKey = new Map(repos.map((repo) => [`${repo.type}/${repo.id}`, repo]));
  const requests: string[] = [];
  const authorizations: (string | undefined)[] = [];
  let faults: { fault: Fault; left: number }[] = [];
  let endpoint = "";
  let storage = "";

  const revisionOf = (repo: LocalRepo, name: string): Revision => {
    for (const [branch, content] of Object.entries(repo.revisions)) {
      const files = servedFiles(content);
      const commit = commitOf(repo, files);
      if (branch === name || commit === name || (name === "HEAD" && branch === "main")) {
        return { commit, files };
      }
    }
    throw new Refusal(404, "RevisionNotFound");
  };

  const find = (type: string, id: string, request: IncomingMessage): LocalRepo => {
    const repo = byKey.get(`${type}/${id}`);
    const known = token !== undefined && request.headers.authorization === `Bearer ${token}`;
    if (repo === undefined) throw new Refusal(known ? 404 : 401, "RepoNotFound");
    if (repo.access === "private" && !known) throw new Refusal(401, "RepoNotFound");
    return repo;
  };
  /** Lists of gated repositories are open, their files are not. */
  const readable = (repo: LocalRepo, request: IncomingMessage): void => {
    const known = token !== undefined && request.headers.authorization === `Bearer ${token}`;
    if (repo.access === "gated" && !known) throw new Refusal(403, "GatedRepo");
  };

  const json = (response: ServerResponse, body: unknown, headers: Record<string, string> = {}) => {
    response.writeHead(200, { "content-type": "application/json; charset=utf-8", ...headers });
    response.end(JSON.stringify(body));
  };

  const info = (response: ServerResponse, repo: LocalRepo, name: string): void => {
    const { commit, files } = revisionOf(repo, name);
    json(response, {
      _id: commit.slice(0, 24),
      id: repo.id,
      sha: commit,
      private: repo.access === "private",
      gated: repo.access === "gated" ? "auto" : false,
      downloads: 0,
      likes: 0,
      lastModified: "2026-01-01T00:00:00.000Z",
      createdAt: "2026-01-01T00:00:00.000Z",
      tags: [],
      siblings: files.map(({ path }) => ({ rfilename: path })),
    });
  };

  const tree = (response: ServerResponse, repo: LocalRepo, name: string, url: URL): void => {
    const { files } = revisionOf(repo, name);
    const start = Number(url.searchParams.get("cursor") ?? 0);
    const entries = files
      .slice(start, start + pageSize)
      .map(({ path, content, blobId, sha256 }) => ({
        type: "file",
        oid: blobId,
        size: content.length,
        path,
        ...(sha256 === undefined
          ? {}
          : { lfs: { oid: sha256, size: content.length, pointerSize: 134 } }),
      }));
    const next = new URL(url);
    next.searchParams.set("cursor", String(start + pageSize));
    const more = start + pageSize < files.length;
    json(response, entries, more ? { link: `<${next.href}>; rel="next"` } : {});
  };

  const send = async (
    request: IncomingMessage,
    response: ServerResponse,
    file: ServedFile,
    headers: Record<string, string>,
  ): Promise<void> => {
    const fault = take(request.url ?? "", ["cut", "wrong", "short", "silent", "no-range"]);
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    const isRange = range !== null && fault?.kind !== "no-range";
    const from = isRange ? Number(range[1]) : 0;
    const to = isRange && range[2] !== "" ? Number(range[2]) + 1 : file.content.length;
    let body = Buffer.from(file.content.subarray(from, to));
    if (fault?.kind === "wrong")
      body.writeUInt8(body.readUInt8(body.length - 1) ^ 1, body.length - 1);
    if (fault?.kind === "short") body = body.subarray(0, -1);
    response.writeHead(isRange ? 206 : 200, {
      ...headers,
      "accept-ranges": "bytes",
      "content-length": String(body.length),
      ...(isRange ? { "content-range": `bytes ${from}-${to - 1}/${file.content.length}` } : {}),
    });
    if (request.method === "HEAD") {
      response.end();
    } else if (fault?.kind === "cut" || fault?.kind === "silent") {
      response.write(body.subarray(0, fault.bytes ?? 0));
      await sleep(20);
      if (fault.kind === "cut") response.socket?.destroy();
    } else {
      response.end(body);
    }
  };

  /** The first fault left for an address. */
  const take = (address: string, kinds: readonly Fault["kind"][]): Fault | undefined => {
    const decoded = decodeURIComponent(address);
    const entry = faults.find(
      ({ fault, left }) => left > 0 && decoded.includes(fault.at) && kinds.includes(fault.kind),
    );
    if (entry !== undefined) entry.left--;
    return entry?.fault;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", endpoint);
    const fault = take(request.url ?? "", ["status"]);
    if (fault !== undefined) {
      response.writeHead(fault.status ?? 503, fault.headers ?? {});
      response.end();
      return;
    }
    const parts = url.pathname.slice(1).split("/");
    if (parts[0] === "large") {
      const file = [...byKey.values()]
        .flatMap((repo) => Object.values(repo.revisions).flatMap((files) => servedFiles(files)))
        .find(({ sha256 }) => sha256 === parts[1]);
      if (file === undefined) throw new Refusal(404, "EntryNotFound");
      return send(request, response, file, { etag: `"${file.sha256}"` });
    }
    const isApi = parts[0] === "api";
    const isDataset = parts[isApi ? 1 : 0] === "datasets";
    const rest = parts.slice((isApi ? 2 : 0) + (isDataset && !isApi ? 1 : 0));
    const verb = rest.findIndex(
      (part) => part === "revision" || part === "tree" || part === "resolve",
    );
    const id = rest.slice(0, verb === -1 ? undefined : verb).join("/");
    const repo = find(isDataset ? "dataset" : "model", id, request);
    const name = decodeURIComponent(rest[verb + 1] ?? "main");
    if (isApi && verb === -1) return info(response, repo, "main");
    if (rest[verb] === "revision") return info(response, repo, name);
    if (rest[verb] === "tree") return tree(response, repo, name, url);
    if (isApi || rest[verb] !== "resolve") throw new Refusal(404, "EntryNotFound");
    readable(repo, request);
    const { commit, files } = revisionOf(repo, name);
    const path = rest
      .slice(verb + 2)
      .map(decodeURIComponent)
      .join("/");
    const file = files.find((candidate) => candidate.path === path);
    const headers = { "x-repo-commit": commit };
    if (file === undefined) throw new Refusal(404, "EntryNotFound");
    if (file.sha256 === undefined) {
      return send(request, response, file, { ...headers, etag: `"${file.blobId}"` });
    }
    response.writeHead(302, {
      ...headers,
      location: `${storage}/large/${file.sha256}`,
      "x-linked-etag": `"${file.sha256}"`,
      "x-linked-size": String(file.content.length),
    });
    response.end();
  };

  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    requests.push(`${request.method} ${request.url}`);
    authorizations.push(request.headers.authorization);
    answer(request, response).catch((error: unknown) => {
      const refusal = error instanceof Refusal ? error : new Refusal(500, "InternalError");
      response.writeHead(refusal.status, {
        "content-type": "application/json",
        "x-error-code": refusal.code,
        "x-error-message": refusal.code,
      });
      response.end(JSON.stringify({ error: refusal.code }));
    });
  };
  // Large files come from another origin, as the hub's do: a token must not follow there.
  const servers = [createServer(serve), createServer(serve)];
  const addresses = await Promise.all(servers.map(listen));
  [endpoint = "", storage = ""] = addresses;
  return {
    endpoint,
    requests,
    authorizations,
    break: (...next) => {
      faults = next.map((fault) => ({ fault, left: fault.times ?? 1 }));
    },
    push: (repo) => {
      byKey.set(`${repo.type}/${repo.id}`, repo);
    },
    commit: (id, revision = "main") => {
      const repo = byKey.get(`model/${id}`) ?? byKey.get(`dataset/${id}`);
      if (repo === undefined) throw new Error(`the local hub has no ${id}`);
      return revisionOf(repo, revision).commit;
    },
    close: async () => {
      await Promise.all(servers.map(shut));
    },
  };
}
