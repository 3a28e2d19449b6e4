/** How long nothing changed, by the observer's own clock: no two clocks are compared. */
export interface Silence {
  /** Milliseconds for which `content` has been the same, by all looks of this object. */
  readonly seen: (key: string, content: string) => number;
  readonly forget: (key: string) => void;
}

/**
 * @param clock milliseconds, the observer's; should be monotonic.
 * @param mostPerLook what the time between two looks counts at most, in milliseconds: an observer
 * that was itself stopped, or whose clock jumped, has to look again before it calls another silent.
 */
export function silence(clock: () => number, mostPerLook: number): Silence {
  interface Memory {
    readonly content: string;
    readonly last: number;
    readonly silent: number;
  }
  const memories = new Map<string, Memory>();
  return {
    seen: (key, content) => {
      const now = clock();
      const before = memories.get(key);
      const silent =
        before?.content === content
          ? before.silent + Math.min(Math.max(0, now - before.last), mostPerLook)
          : 0;
      memories.set(key, { content, last: now, silent });
      return silent;
    },
    forget: (key) => {
      memories.delete(key);
    },
  };
}
