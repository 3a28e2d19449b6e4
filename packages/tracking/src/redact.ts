import { hideSecrets } from "@counterweight/base";
import type { Environment } from "./destination.js";

/** Shorter ones stand in too many words, and are guessed at once. */
const shortest = 4;

/** Where a text may have been cut: before dots, at the end of what is quoted, and at its own. */
const cuts = /(?=\.{3}|…|")|(?=["'.\s)]*$)/g;

/**
 * Takes out of a text what the environment holds to sign in with: a server, or a proxy before it,
 * may repeat in its refusal what it was sent. Also the beginning of a secret, where the rest of it
 * was cut off.
 */
export function redactor(environment: Environment): (text: string) => string {
  const secrets = [...new Set(secretsIn(environment).flatMap(formsOf))]
    .filter(({ length }) => length >= shortest)
    // One may be part of another.
    .sort((one, other) => other.length - one.length);
  return (text) =>
    hideSecrets(
      withoutBeginnings(
        secrets.reduce((rest, secret) => rest.replaceAll(secret, "***"), text),
        secrets,
      ),
    );
}

/** A secret as it is, in an address, and in JSON, which may itself be quoted in JSON. */
function formsOf(secret: string): string[] {
  const once = escaped(secret);
  return [secret, encodeURIComponent(secret), once, escaped(once)];
}

const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);

function withoutBeginnings(text: string, secrets: readonly string[]): string {
  let rest = text;
  // From the end, so that no place before it moves.
  for (const { index } of [...text.matchAll(cuts)].reverse()) {
    const head = rest.slice(0, index);
    const length = Math.max(0, ...secrets.map((secret) => beginningAtEnd(head, secret)));
    if (length > 0) rest = `${head.slice(0, -length)}***${rest.slice(index)}`;
  }
  return rest;
}

/** Characters at the end of a text with which a secret begins; 0 for too few to tell. */
function beginningAtEnd(text: string, secret: string): number {
  for (let length = Math.min(text.length, secret.length - 1); length >= shortest; length--) {
    if (text.endsWith(secret.slice(0, length))) return length;
  }
  return 0;
}

function secretsIn(environment: Environment): string[] {
  const {
    MLFLOW_TRACKING_URI: uri = "",
    MLFLOW_TRACKING_TOKEN: token = "",
    MLFLOW_TRACKING_USERNAME: user = "",
    MLFLOW_TRACKING_PASSWORD: password = "",
  } = environment;
  const own = [token, password, basic(user, password)];
  if (!URL.canParse(uri)) return own;
  const { username, password: inUri, searchParams, hash } = new URL(uri);
  const [name, word] = [decoded(username), decoded(inUri)];
  // Alone it is no name but a token.
  const names = inUri === "" ? [username, name] : [];
  const inQuery = [...searchParams.values()].flatMap((value) => [value, encodeURIComponent(value)]);
  return [
    ...[...own, ...names, inUri, word, hash.slice(1), ...inQuery],
    ...[basic(name, word), basic(user || name, password || word)],
  ];
}

const basic = (user: string, password: string): string =>
  user === "" && password === "" ? "" : Buffer.from(`${user}:${password}`).toString("base64");

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
