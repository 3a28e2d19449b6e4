import type { Program, TensorValue } from "@counterweight/graph";

export interface CompileOptions {
  /** Compute threads; fixed here because bits may depend on it. Default 1. */
  readonly threads?: number;
}

/** A program made ready to run again and again. */
export interface Executable {
  /**
   * Runs once. `inputs` has a value for every input of the program. Outputs named in `into` are
   * written into the memory given there and returned as those very values; all others are new.
   * Throws `shape` when an input does not fit, `runtime` when the back end fails.
   */
  run(
    inputs: Readonly<Record<string, TensorValue>>,
    into?: Readonly<Record<string, TensorValue>>,
  ): Promise<Record<string, TensorValue>>;
  /** Frees the back end's memory; the executable cannot be used afterwards. */
  release(): Promise<void>;
}

/** A back end that runs tensor programs. */
export interface Runtime {
  /** As specs and results name it. */
  readonly name: string;
  compile(program: Program, options?: CompileOptions): Promise<Executable>;
}
