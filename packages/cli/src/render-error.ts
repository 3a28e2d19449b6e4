import { CounterweightError, hideSecrets } from "@counterweight/base";

/**
 * An error for people: the message alone where a user can act on it; the stack with `--debug`.
 * Passwords in addresses are not shown, whoever wrote the message.
 */
export const renderError = (error: unknown, debug: boolean): string =>
  hideSecrets(textOf(error, debug));

function textOf(error: unknown, debug: boolean): string {
  if (!(error instanceof Error)) return `counterweight: ${String(error)}\n`;
  const known =
    error instanceof CounterweightError ? error.kind !== "internal" : isRefusalOfSystem(error);
  const hint = known
    ? ""
    : "\nThis looks like a mistake in Counterweight. Run again with --debug and report what it shows.";
  const stack = debug ? `\n\n${stackOf(error)}` : "";
  return `counterweight: ${error.message}${hint}${stack}\n`;
}

/** A full disk, a file without permission: Node's message says all, and nobody made a mistake. */
const isRefusalOfSystem = (error: Error): boolean => "syscall" in error && "code" in error;

function stackOf(error: Error): string {
  const own = error.stack ?? String(error);
  return error.cause instanceof Error ? `${own}\nCaused by: ${stackOf(error.cause)}` : own;
}
