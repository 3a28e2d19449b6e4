/** The outside world as the command sees it; tests give their own. */
export interface CommandIo {
  /** Results. */
  readonly stdout: (text: string) => void;
  /** Talk: progress, messages, errors. */
  readonly stderr: (text: string) => void;
  /** Columns of standard error where it is a terminal that can move its cursor. */
  readonly columns: (() => number) | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** Calls back at the first and at every further interrupt; returns how to stop listening. */
  readonly onInterrupt: (listener: () => void) => () => void;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
}

/** Exit codes of the command. */
export const exitCodes = { done: 0, failed: 1, refused: 2, interrupted: 130 } as const;

/** The process's own. */
export function processIo(): CommandIo {
  const { stdout, stderr, env } = process;
  // Some pseudo-terminals say that they have 0 columns.
  const live = stderr.isTTY && env.TERM !== "dumb" && (env.CI ?? "") === "";
  return {
    stdout: (text) => stdout.write(text),
    stderr: (text) => stderr.write(text),
    columns: live ? () => stderr.columns || 80 : undefined,
    environment: env,
    now: () => new Date(),
    onInterrupt(listener) {
      process.on("SIGINT", listener);
      process.on("SIGTERM", listener);
      return () => {
        process.off("SIGINT", listener);
        process.off("SIGTERM", listener);
      };
    },
    exit: (code) => process.exit(code),
  };
}
