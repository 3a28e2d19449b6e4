/** A sleep that others can end; a call made while nobody sleeps ends the next sleep. */
export interface Alarm {
  /** Ends the present or next sleep after a moment, in which more calls may come. */
  readonly ring: () => void;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** @param gatherMilliseconds how long a sleep still lasts after `ring` */
export function createAlarm(gatherMilliseconds: number): Alarm {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      rung = true;
      wake?.();
    },
    sleep: (milliseconds) =>
      new Promise<void>((resolve) => {
        let timer: NodeJS.Timeout;
        const end = () => {
          rung = false;
          wake = undefined;
          resolve();
        };
        const soon = () => {
          wake = undefined;
          clearTimeout(timer);
          timer = setTimeout(end, gatherMilliseconds);
        };
        timer = setTimeout(end, Math.max(0, milliseconds));
        wake = soon;
        if (rung) soon();
      }),
  };
}
