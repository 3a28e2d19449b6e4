/** Ends a generator that is not wanted any more; what it returns then is never read. */
export async function closeEarly(stream: AsyncGenerator<unknown, unknown>): Promise<void> {
  await stream.return(undefined);
}
