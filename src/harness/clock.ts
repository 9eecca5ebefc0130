import type { Clock } from '../domain/clock.js';
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
  #state = REAL;

  constructor(source: Clock = Date) {
    this.#source = source;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#state.frozen ?? this.#source.now() + this.#state.offset;
  }

  /** Whether the time is another than the system's. */
  get isAltered(): boolean {
    return this.#state !== REAL;
  }

  /** Whether the time stands still. */
  get isFrozen(): boolean {
    return this.#state.frozen !== undefined;
  }

  /** Holds the time still, now or at a moment. */
  freeze(at?: Date | number): void {
    this.#state = { ...this.#state, frozen: at === undefined ? this.now() : Number(at) };
  }

  /** Sets the time; it goes on from there unless it stands still. */
  set(to: Date | number): void {
    const time = Number(to);
    const { frozen } = this.#state;
    this.#state =
      frozen === undefined
        ? { frozen, offset: time - this.#source.now() }
        : { ...this.#state, frozen: time };
  }

  /** Moves the time on by milliseconds. */
  advance(by: number): void {
    this.set(this.now() + by);
  }

  /** Back to the system's time. */
  reset(): void {
    this.#state = REAL;
  }

  capture(): ClockState {
    return this.#state;
  }

  restore(state: ClockState): void {
    this.#state = state;
  }
}
