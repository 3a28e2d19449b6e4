/**
 * Whether something became true in time, and before the signal. Asked at once, then after
 * `firstMilliseconds`, and ever more seldom, down to every 5 s.
 */
export async function within(
  seconds: number,
  signal: AbortSignal,
  isTrue: () => Promise<boolean>,
  firstMilliseconds = 500,
): Promise<boolean> {
  const end = Date.now() + seconds * 1000;
  for (let pause = firstMilliseconds; !signal.aborted; pause = Math.min(pause * 1.5, 5000)) {
    if (await isTrue()) return true;
    if (Date.now() >= end) return false;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(pause, Math.max(1, end - Date.now())));
      signal.addEventListener("abort", done, { once: true });
    });
  }
  return false;
}
