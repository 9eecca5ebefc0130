import { isEndpoint } from '../input/endpoint.js';
import { InvalidInput } from '../input/invalid-input.js';

/**
 * What X-Docker-Endpoints says. In a container the outer port is known only after the start
 * (protocol.md §7b), so it can be set while the hub runs. It tells where the hub is, not what a test
 * did to it: resets and snapshots leave it alone.
 */
export class Endpoints {
  readonly #start: readonly string[];
  #current: readonly string[];

  /** `start` is what the hub was started with; none: the host that was asked. */
  constructor(start: readonly string[]) {
    this.#start = start;
    this.#current = start;
  }

  /** `host[:port]` of each registry; none: the host that was asked. */
  list(): readonly string[] {
    return this.#current;
  }

  /** Throws an InvalidInput when one of them is not a `host[:port]`. */
  set(endpoints: readonly string[]): void {
    for (const [place, endpoint] of endpoints.entries()) {
      if (!isEndpoint(endpoint)) {
        throw new InvalidInput(`endpoints[${place}]`, 'expected host[:port]');
      }
    }
    this.#current = [...endpoints];
  }

  /** Back to what the hub was started with. */
  reset(): void {
    this.#current = this.#start;
  }
}
