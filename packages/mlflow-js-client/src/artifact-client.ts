import { createReadStream } from "node:fs";
import { basename, join } from "node:path";
import { type ArtifactPlace, placeOf, proxyPath } from "./artifact-places.js";
import { Fields } from "./decode.js";
import type { FileInfo } from "./entities.js";
import { readFileInfo } from "./entity-decoders.js";
import { doesNotExist, invalidParameter, MlflowError } from "./errors.js";
import {
  copyLocal,
  fileSize,
  filesBelow,
  listLocal,
  readLocal,
  writeLocal,
  writeStream,
} from "./local-artifacts.js";
import type { CallOptions } from "./tracking-store.js";
import type { Call, Transport } from "./transport.js";
import { checkArtifactPath, shown } from "./validate.js";

/** Whose artifacts: the URI of their root, and the run that lists them. */
export interface ArtifactRoot {
  readonly uri: string;
  /** Absent for a logged model. */
  readonly runId?: string;
}

const joined = (folder: string | undefined, name: string): string =>
  folder === undefined || folder === "" ? name : `${folder}/${name}`;

/** Copies artifacts to and from wherever a run's artifact URI points. */
export class ArtifactClient {
  constructor(
    private readonly transport: Transport,
    private readonly localArtifacts: boolean,
  ) {}

  async logFile(root: ArtifactRoot, localPath: string, folder?: string, options: CallOptions = {}) {
    const path = joined(folder, basename(localPath));
    checkArtifactPath(path);
    const place = this.writable(root);
    const bytes = await fileSize(localPath);
    if (place.kind === "folder") return copyLocal(localPath, place.folder, path);
    // Of as many bytes as announced, also where the file grows meanwhile.
    const content = () =>
      bytes === 0 ? [] : createReadStream(localPath, { end: bytes - 1, highWaterMark: 2 ** 18 });
    return this.transport.upload(put(place.root, path, options), { bytes, content });
  }

  async logFolder(root: ArtifactRoot, localFolder: string, to?: string, options?: CallOptions) {
    const files = await filesBelow(localFolder);
    for (const file of files) checkArtifactPath(joined(to, file));
    for (const file of files) {
      const folder = file.includes("/") ? file.slice(0, file.lastIndexOf("/")) : "";
      const target = folder === "" ? to : joined(to, folder);
      await this.logFile(root, join(localFolder, file), target, options);
    }
  }

  async logBytes(
    root: ArtifactRoot,
    content: Uint8Array | string,
    path: string,
    options: CallOptions = {},
  ) {
    checkArtifactPath(path);
    const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
    const place = this.writable(root);
    if (place.kind === "folder") return writeLocal(place.folder, path, bytes);
    const upload = { bytes: bytes.byteLength, content: () => chunksOf(bytes) };
    return this.transport.upload(put(place.root, path, options), upload);
  }

  async list(root: ArtifactRoot, path = "", options: CallOptions = {}) {
    if (path !== "") checkArtifactPath(path);
    const place = this.place(root);
    if (place.kind === "folder") return listLocal(place.folder, path);
    const found: FileInfo[] = [];
    let pageToken: string | undefined;
    do {
      const call: Call = {
        method: "GET",
        path: "/api/2.0/mlflow/artifacts/list",
        query: {
          run_id: root.runId,
          path: path === "" ? undefined : path,
          page_token: pageToken,
        },
        signal: options.signal,
      };
      const page = await this.transport.json(call, (answer, request) => {
        const fields = Fields.of(answer, request);
        return { files: fields.list("files", readFileInfo), next: fields.nextPageToken() };
      });
      found.push(...page.files);
      // A server that repeats itself would be asked for ever.
      pageToken = page.next === pageToken ? undefined : page.next;
    } while (pageToken !== undefined);
    return found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  }

  async read(root: ArtifactRoot, path: string, options: CallOptions = {}): Promise<Uint8Array> {
    checkArtifactPath(path);
    const place = this.place(root);
    if (place.kind === "folder") return readLocal(place.folder, path);
    const { maxArtifactBytes } = this.transport;
    return this.transport.bytes(get(place, root, path, options), maxArtifactBytes);
  }

  /** Copies a file or folder of artifacts below `destination`, keeping paths. */
  async download(root: ArtifactRoot, path: string, destination: string, options: CallOptions = {}) {
    const files = await this.filesOf(root, path, options);
    for (const file of files) {
      // A server names these, so they are held to stay below the destination.
      checkArtifactPath(file);
      const target = join(destination, file);
      const place = this.place(root);
      if (place.kind === "folder") await copyLocal(join(place.folder, file), destination, file);
      else {
        const call = get(place, root, file, options);
        await this.transport.stream(call, (body) => writeStream(target, body));
      }
    }
    return path === "" ? destination : join(destination, path);
  }

  private async filesOf(root: ArtifactRoot, path: string, options: CallOptions) {
    const listed = await this.list(root, path, options);
    const files: string[] = [];
    for (const info of listed) {
      if (!info.path.startsWith(path === "" ? "" : `${path}/`)) {
        throw new MlflowError(`The server lists ${shown(info.path)} in ${shown(path)}.`, {
          errorCode: "BAD_RESPONSE",
        });
      }
      if (info.isDir) files.push(...(await this.filesOf(root, info.path, options)));
      else files.push(info.path);
    }
    if (listed.length > 0 || path === "") return files;
    const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
    const self = (await this.list(root, folder, options)).find((info) => info.path === path);
    if (self === undefined) throw doesNotExist(`There is no artifact ${shown(path)}.`);
    return self.isDir ? [] : [path];
  }

  private place(root: ArtifactRoot): ArtifactPlace {
    const place = placeOf(root.uri, this.transport.origin, this.transport.base);
    if (place.kind !== "folder" || this.localArtifacts) return place;
    throw invalidParameter(
      `The artifacts are at the local path ${shown(root.uri)}, and the server is another machine. Start it with --artifacts-destination so that it serves them, or set localArtifacts where both see the same folder.`,
    );
  }

  private writable(root: ArtifactRoot): Exclude<ArtifactPlace, { kind: "elsewhere" }> {
    const place = this.place(root);
    if (place.kind !== "elsewhere") return place;
    throw invalidParameter(
      `Artifacts at ${shown(place.uri)} can only be written by a client of that storage. Start the server with --artifacts-destination so that it takes them itself.`,
    );
  }
}

function* chunksOf(bytes: Uint8Array): Generator<Uint8Array> {
  const size = 2 ** 18;
  for (let from = 0; from < bytes.byteLength; from += size) yield bytes.subarray(from, from + size);
}

const put = (root: string, path: string, { signal }: CallOptions): Call => ({
  method: "PUT",
  path: proxyPath(root, path),
  signal,
});

function get(
  place: Exclude<ArtifactPlace, { kind: "folder" }>,
  root: ArtifactRoot,
  path: string,
  { signal }: CallOptions,
): Call {
  if (place.kind === "proxy") return { method: "GET", path: proxyPath(place.root, path), signal };
  return { method: "GET", path: "/get-artifact", query: { run_uuid: root.runId, path }, signal };
}
