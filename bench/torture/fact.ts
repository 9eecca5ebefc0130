/**
 * What is known of one thing at the hub. A change that was asked for may have happened before its
 * answer was lost: until it is looked at again, both states are possible.
 */
export class Fact<T> {
  #settled: T;
  #asked: { readonly value: T } | undefined;

  constructor(value: T) {
    this.#settled = value;
  }

  /** What was last acknowledged or seen. */
  get value(): T {
    return this.#settled;
  }

  /** Every state that would be no lie. */
  get possible(): readonly T[] {
    return this.#asked === undefined ? [this.#settled] : [this.#settled, this.#asked.value];
  }

  get isSettled(): boolean {
    return this.#asked === undefined;
  }

  /** A change is about to be asked for. */
  ask(value: T): void {
    this.#asked = { value };
  }

  /** The hub has said that the change is done. */
  acknowledge(): void {
    if (this.#asked !== undefined) this.settle(this.#asked.value);
  }

  /** Asks for a change by `work`, and takes its end as the hub's word for it. */
  async become<R>(value: T, work: () => Promise<R>): Promise<R> {
    this.ask(value);
    const result = await work();
    this.acknowledge();
    return result;
  }

  /** This is what was seen. False when it contradicts what the hub has promised. */
  see(value: T): boolean {
    const honest = this.possible.includes(value);
    this.settle(value);
    return honest;
  }

  /** From now on this is what is known. */
  settle(value: T): void {
    this.#settled = value;
    this.#asked = undefined;
  }
}
