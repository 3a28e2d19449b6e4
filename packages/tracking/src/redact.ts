import { hideSecrets } from "@counterweight/base";
import type { Environment } from "./destination.js";

/** Shorter ones stand in too many words, and are guessed at once. */
const shortest = 4;

/**
 * Takes out of a text what the environment holds to sign in with: a server, or a proxy before it,
 * may repeat in its refusal what it was sent.
 */
export function redactor(environment: Environment): (text: string) => string {
  const secrets = [...new Set(secretsIn(environment))]
    .filter(({ length }) => length >= shortest)
    // One may be part of another.
    .sort((one, other) => other.length - one.length);
  return (text) =>
    hideSecrets(secrets.reduce((rest, secret) => rest.replaceAll(secret, "***"), text));
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
