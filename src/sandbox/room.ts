/** Places that are taken and given back, so many in all and so many for one address. */
export class Room {
  readonly #most: number;
  readonly #mostOfOne: number;
  readonly #taken = new Map<string, number>();
  #count = 0;

  constructor(most: number, mostOfOne: number) {
    this.#most = most;
    this.#mostOfOne = mostOfOne;
  }

  /** Takes a place, or undefined if none is left. The function that is returned gives it back, once. */
  take(address: string): (() => void) | undefined {
    const own = this.#taken.get(address) ?? 0;
    if (this.#count >= this.#most || own >= this.#mostOfOne) return undefined;
    this.#count += 1;
    this.#taken.set(address, own + 1);
    let isBack = false;
    return () => {
      if (isBack) return;
      isBack = true;
      this.#count -= 1;
      const left = (this.#taken.get(address) ?? 1) - 1;
      if (left === 0) this.#taken.delete(address);
      else this.#taken.set(address, left);
    };
  }
}
