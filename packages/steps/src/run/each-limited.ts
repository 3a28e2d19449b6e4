/** Calls `action` for each value, at most `limit` at a time. Rejects with the first error. */
export async function eachLimited<T>(
  values: Iterable<T>,
  limit: number,
  action: (value: T) => Promise<void>,
): Promise<void> {
  const iterator = values[Symbol.iterator]();
  const worker = async () => {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
      await action(next.value);
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
}
