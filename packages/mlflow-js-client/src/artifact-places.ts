import { fileURLToPath } from "node:url";
import { MlflowError } from "./errors.js";
import { shown } from "./validate.js";

/** Where the files of an artifact URI are, as far as this client can reach them. */
export type ArtifactPlace =
  /** Behind the server's proxy, at this path below `/api/2.0/mlflow-artifacts/artifacts/`. */
  | { readonly kind: "proxy"; readonly root: string }
  /** A folder of this machine. */
  | { readonly kind: "folder"; readonly folder: string }
  /** Only the server can read it. */
  | { readonly kind: "elsewhere"; readonly uri: string };

const PROXY_PATH = "/api/2.0/mlflow-artifacts/artifacts/";

/**
 * Sorts an artifact URI: `mlflow-artifacts:/1/RUN/artifacts` and the proxy's own http address lead
 * through the server, `file:` and plain paths to this machine, and all else (`s3:`, another host)
 * elsewhere. Credentials never go to another host than the tracking server.
 */
export function placeOf(uri: string, origin: string, base: string): ArtifactPlace {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase();
  if (scheme === undefined) return { kind: "folder", folder: uri };
  if (scheme === "file") return { kind: "folder", folder: localPath(uri) };
  if (scheme === "mlflow-artifacts") {
    const [, host = "", path = ""] = /^[^:]+:(?:\/\/([^/]*))?\/?(.*)$/.exec(uri) ?? [];
    if (host === "" || host === new URL(origin).host) return proxied(path);
  }
  const prefix = base + PROXY_PATH;
  if (uri.startsWith(prefix)) return proxied(uri.slice(prefix.length));
  return { kind: "elsewhere", uri };
}

const proxied = (path: string): ArtifactPlace => ({
  kind: "proxy",
  root: path.replace(/^\/+|\/+$/g, ""),
});

function localPath(uri: string): string {
  try {
    // MLflow writes both file:///a/b and file:/a/b, which is the same to URL.
    return fileURLToPath(uri);
  } catch (cause) {
    throw new MlflowError(`The artifact URI ${shown(uri)} is no path of this machine.`, {
      errorCode: "INVALID_PARAMETER_VALUE",
      cause,
    });
  }
}

/** A path of artifacts as a path of the server's proxy, each part escaped. */
export function proxyPath(...parts: readonly string[]): string {
  const path = parts
    .flatMap((part) => part.split("/"))
    .filter((part) => part !== "")
    .map(encodeURIComponent)
    .join("/");
  return PROXY_PATH + path;
}
