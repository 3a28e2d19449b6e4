import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** Environment variables; `process.env` fits. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says about the hub, by the rules of Python's `huggingface_hub`. */
export interface HubSettings {
  /** Folder of `models--owner--name` and `datasets--owner--name` folders. */
  readonly cacheFolder: string;
  /** Address of the hub without a slash at its end; absent: the client's own. */
  readonly endpoint?: string;
  /** No request may be made. */
  readonly offline: boolean;
  readonly token?: string;
  /** File that may hold a token, read where `token` is absent; absent: never read one. */
  readonly tokenFile?: string;
}

const truths = new Set(["1", "ON", "YES", "TRUE"]);

/**
 * The settings of an environment: HF_HUB_CACHE, else HUGGINGFACE_HUB_CACHE, else HF_HOME/hub, else
 * XDG_CACHE_HOME/huggingface/hub, else ~/.cache/huggingface/hub; HF_ENDPOINT; HF_HUB_OFFLINE or
 * TRANSFORMERS_OFFLINE; HF_TOKEN or HUGGING_FACE_HUB_TOKEN, else the file HF_TOKEN_PATH or
 * HF_HOME/token unless HF_HUB_DISABLE_IMPLICIT_TOKEN. "~" and "$NAME" in paths are filled in, an
 * empty variable counts as absent.
 * @param home the person's home folder.
 */
export function hubSettings(environment: Environment, home: string): HubSettings {
  const value = (name: string): string | undefined => {
    const text = environment[name]?.trim();
    return text === undefined || text === "" ? undefined : text;
  };
  const path = (name: string): string | undefined => {
    const text = value(name);
    if (text === undefined) return undefined;
    const filled = text.replace(
      /\$(?:\{(\w+)\}|(\w+))/g,
      (written, braced?: string, plain?: string) => environment[braced ?? plain ?? ""] ?? written,
    );
    return filled === "~" || /^~[/\\]/.test(filled) ? home + filled.slice(1) : filled;
  };
  const isTrue = (name: string): boolean => truths.has((value(name) ?? "").toUpperCase());

  const hubHome =
    path("HF_HOME") ?? join(path("XDG_CACHE_HOME") ?? join(home, ".cache"), "huggingface");
  const endpoint = value("HF_ENDPOINT")?.replace(/\/+$/, "");
  const token = value("HF_TOKEN") ?? value("HUGGING_FACE_HUB_TOKEN");
  return {
    cacheFolder: path("HF_HUB_CACHE") ?? path("HUGGINGFACE_HUB_CACHE") ?? join(hubHome, "hub"),
    ...(endpoint === undefined ? {} : { endpoint }),
    offline: isTrue("HF_HUB_OFFLINE") || isTrue("TRANSFORMERS_OFFLINE"),
    ...(token === undefined ? {} : { token }),
    ...(isTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN")
      ? {}
      : { tokenFile: path("HF_TOKEN_PATH") ?? join(hubHome, "token") }),
  };
}

/** The token to send, of the environment or of the token file; undefined where there is none. */
export async function readToken(settings: HubSettings): Promise<string | undefined> {
  if (settings.token !== undefined) return settings.token;
  if (settings.tokenFile === undefined) return undefined;
  try {
    const text = (await readFile(settings.tokenFile, "utf8")).trim();
    return text === "" ? undefined : text;
  } catch {
    return undefined; // no file, or none that we may read: the hub is asked as nobody
  }
}
