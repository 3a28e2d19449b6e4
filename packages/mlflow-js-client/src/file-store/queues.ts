/** Does the work of each name one after the other, and that of different names at once. */
export class Queues {
  readonly #last = new Map<string, Promise<unknown>>();

  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name) ?? Promise.resolve();
    const result = before.then(work);
    // What is waited for must not fail: each caller has its own error already.
    const settled = result.catch(() => undefined);
    this.#last.set(name, settled);
    await settled;
    if (this.#last.get(name) === settled) this.#last.delete(name);
    return result;
  }

  /** Waits for everything that was asked for. */
  async idle(): Promise<void> {
    await Promise.all(this.#last.values());
  }
}
