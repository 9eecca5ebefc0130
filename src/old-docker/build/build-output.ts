import type { Context } from '../commands/context.js';
import { View } from '../images/view.js';
import type { StoredImage } from '../store/graph.js';
import { plain } from '../terminal/plain.js';
import { shortId } from '../terminal/units.js';
import { randomId } from './maker.js';

const COLOUR = '\x1b[91m';
const PLAIN = '\x1b[0m';

/** What docker said on the way. The containers that it names are names alone. */
export class BuildOutput {
  readonly #context: Context;
  readonly #containers: string[] = [];

  constructor(context: Context) {
    this.#context = context;
  }

  /** A container for a step that is not said to run. */
  newContainer(): string {
    const id = shortId(randomId());
    this.#containers.push(id);
    return id;
  }

  /** A step runs; returns its container. */
  async running(): Promise<string> {
    const id = this.newContainer();
    await this.say(` ---> Running in ${id}\n`);
    return id;
  }

  /** A step has made an image in a container. */
  async made(image: StoredImage | undefined, container: string): Promise<void> {
    await this.image(image);
    if (this.#context.wording.removesContainers === 'each') await this.#removed(container);
  }

  /** The image that the build is at; undefined: none yet. */
  async image(image: StoredImage | undefined): Promise<void> {
    await this.say(` ---> ${image === undefined ? '' : this.#shownId(image)}\n`);
  }

  /** All is built. */
  async built(image: StoredImage): Promise<void> {
    await this.say(`Successfully built ${this.#shownId(image)}\n`);
    if (this.#context.wording.removesContainers !== 'at the end') return;
    for (const id of this.#containers) await this.#removed(id);
  }

  async sayInColour(text: string): Promise<void> {
    await this.#context.terminal.stdout.writeEscapes(`${COLOUR}${plain(text)}${PLAIN}`);
  }

  async say(text: string): Promise<void> {
    await this.#context.terminal.stdout.write(text);
  }

  async #removed(container: string): Promise<void> {
    await this.say(`Removing intermediate container ${container}\n`);
  }

  #shownId(image: StoredImage): string {
    const { images: graph, version, wording } = this.#context;
    return shortId(new View(graph, version, wording).ofStored(image.id)?.id ?? image.id);
  }
}
