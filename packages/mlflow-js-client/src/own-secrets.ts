import { authorization, type MlflowClientOptions, parseTrackingUri } from "./client-options.js";

/** Shorter ones stand in too many words, and are guessed at once. */
const shortest = 4;

/**
 * Takes out of a text what a client signs in with: a server, or a proxy before it, may repeat in its
 * answer what it was sent. To be used before a text is cut, since a part of a secret is not found.
 */
export function secretsHider(options: MlflowClientOptions): (text: string) => string {
  const { password } = parseTrackingUri(options.trackingUri);
  const [, credentials = ""] = (authorization(options) ?? "").split(" ");
  const secrets = [password ?? "", options.password ?? "", options.token ?? "", credentials]
    .flatMap((one) => [one, encodeURIComponent(one), JSON.stringify(one).slice(1, -1)])
    .filter(({ length }) => length >= shortest)
    // One may be part of another.
    .sort((one, other) => other.length - one.length);
  return (text) => secrets.reduce((rest, secret) => rest.replaceAll(secret, "***"), text);
}
