/** Hands on what is pushed, in order, to one reader that may be slower. */
export interface EventQueue<T> {
  readonly push: (value: T) => void;
  /** Nothing comes after; with an error, the reader gets it once everything before was read. */
  readonly end: (error?: unknown) => void;
  readonly read: () => AsyncGenerator<T, void>;
}

/** An empty queue; `push` costs O(1) however much waits. */
export function createEventQueue<T>(): EventQueue<T> {
  let waiting: T[] = [];
  let end: { readonly error?: unknown } | undefined;
  let wake = () => {};
  return {
    push: (value) => {
      waiting.push(value);
      wake();
    },
    end: (...errors) => {
      end ??= errors.length === 0 ? {} : { error: errors[0] };
      wake();
    },
    async *read() {
      for (;;) {
        const batch = waiting;
        waiting = [];
        yield* batch;
        if (waiting.length > 0) continue;
        if (end !== undefined) {
          if ("error" in end) throw end.error;
          return;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
