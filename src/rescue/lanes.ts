/** Lets so many pieces of work run at a time; the others wait, and begin in the order in which they came. */
export class Lanes {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  async run<R>(work: () => Promise<R>): Promise<R> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

/**
 * Does work for each of many things, so many at a time. When one fails nothing more begins, and it rejects
 * once what runs has ended.
 */
export async function forEachOf<T>(
  things: Iterable<T>,
  atOnce: number,
  work: (thing: T) => Promise<void>,
): Promise<void> {
  const rest = things[Symbol.iterator]();
  const faults: unknown[] = [];
  const goOn = async (): Promise<void> => {
    for (let next = rest.next(); next.done !== true && faults.length === 0; next = rest.next()) {
      await work(next.value).catch((error) => faults.push(error));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, goOn));
  if (faults.length > 0) throw faults[0];
}
