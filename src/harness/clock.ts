import type { Clock } from '../domain/clock.js';
import { InvalidInput } from '../input/invalid.js';
import { readTime, type Time } from '../input/time.js';
import type { Snapshottable } from './resettable.js';

interface ClockState {
  /** Milliseconds since 1970 at which the time stands still. */
  readonly frozen: number | undefined;
  /** Milliseconds added to the system's time. */
  readonly offset: number;
}

const REAL: ClockState = { frozen: undefined, offset: 0 };

/** The hub's clock: the system's until a test holds it still or moves it. */
export class HubClock implements Clock, Snapshottable<ClockState> {
  readonly #source: Clock;
  readonly #start: ClockState;
  #state: ClockState;
  readonly #onMove: (() => void)[] = [];

  /** A moment: it stands still there, after a reset too. Throws an InvalidInput for an invalid time. */
  constructor(source: Clock | Time = Date) {
    const isMoment = !isClock(source);
    this.#source = isMoment ? Date : source;
    this.#start = isMoment ? { ...REAL, frozen: readTime('clock', source) } : REAL;
    this.#state = this.#start;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#state.frozen ?? this.#source.now() + this.#state.offset;
  }

  /** Whether the time differs from the system's. */
  get isAltered(): boolean {
    return this.#state !== REAL || this.#source !== Date;
  }

  /** Whether the time stands still. */
  get isFrozen(): boolean {
    return this.#state.frozen !== undefined;
  }

  /** Calls `listener` when the time has jumped. */
  onMove(listener: () => void): void {
    this.#onMove.push(listener);
  }

  /** Holds the time still, now or at a moment. Throws an InvalidInput for an invalid time. */
  freeze(at: Time = this.now()): void {
    this.#become({ ...this.#state, frozen: readTime('freeze', at) });
  }

  /** Sets the time; it goes on from there unless it stands still. Throws an InvalidInput. */
  set(to: Time): void {
    this.#moveTo(readTime('set', to));
  }

  /** Moves the time on by milliseconds, or back. Throws an InvalidInput. */
  advance(by: number): void {
    if (!Number.isSafeInteger(by)) {
      throw new InvalidInput('advance', 'expected a whole number of milliseconds');
    }
    this.#moveTo(readTime('advance', this.now() + by));
  }

  /** Back to the time of the start: the system's, unless the hub was given another. */
  reset(): void {
    this.#become(this.#start);
  }

  capture(): ClockState {
    return this.#state;
  }

  restore(state: ClockState): void {
    this.#become(state);
  }

  #moveTo(time: number): void {
    this.#become(
      this.isFrozen
        ? { ...this.#state, frozen: time }
        : { frozen: undefined, offset: time - this.#source.now() },
    );
  }

  #become(state: ClockState): void {
    this.#state = state;
    for (const listener of this.#onMove) listener();
  }
}

function isClock(source: Clock | Time): source is Clock {
  return typeof (source as Partial<Clock>).now === 'function';
}
