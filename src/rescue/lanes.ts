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

/** Has things told in the order in which they began, though they end in another. */
export class Turns {
  #begun = 0;
  #next = 0;
  readonly #waiting = new Map<number, () => void>();

  /** Takes a place in the row. What the result is given is called when all before it has been. */
  begin(): (tell: () => void) => void {
    const own = this.#begun;
    this.#begun += 1;
    return (tell) => {
      this.#waiting.set(own, tell);
      this.#goOn();
    };
  }

  /** Calls what still waits, for something that never ended. */
  end(): void {
    while (this.#next < this.#begun) {
      this.#next += 1;
      this.#goOn();
    }
  }

  #goOn(): void {
    for (let tell = this.#waiting.get(this.#next); tell !== undefined; ) {
      this.#waiting.delete(this.#next);
      this.#next += 1;
      tell();
      tell = this.#waiting.get(this.#next);
    }
  }
}
