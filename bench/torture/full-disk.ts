import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Unexpected } from './client.js';
import { HubProcess } from './hub-process.js';
import { lastLook } from './last-look.js';
import { SmallDisk } from './small-disk.js';
import { World } from './world.js';

export interface FullDiskOptions {
  /** An empty folder, to mount a small disk on. */
  readonly folder: string;
  readonly seed: string;
  /** How often the disk fills up. */
  readonly fills: number;
  /** No filling after so many seconds. */
  readonly seconds: number;
  readonly writers: number;
}

export interface FullDiskResult {
  readonly world: World;
  readonly fills: number;
  /** Of them, the hub was killed while the disk was full. */
  readonly kills: number;
  /** Requests that were answered 507. */
  readonly refused: number;
  readonly verdict: string;
}

/** Room for all that the writers keep, in megabytes; the rest is ballast. */
const DISK_SIZE = 256;

/**
 * Lets the disk fill up while writers write: they are told so, what was there before is intact and can
 * be read all the while, and everything goes on once there is room, after a SIGKILL as well. Throws
 * CannotMount where there can be no small disk.
 */
export async function fillDisk(options: FullDiskOptions): Promise<FullDiskResult> {
  const disk = SmallDisk.mount(options.folder, DISK_SIZE);
  try {
    return await new FullDisk(options, disk).run();
  } finally {
    disk.unmount();
  }
}

class FullDisk {
  readonly #options: FullDiskOptions;
  readonly #disk: SmallDisk;
  readonly #data: string;
  readonly #world: World;
  #hub: HubProcess | undefined;
  #client: Client | undefined;
  #refused = 0;
  #kills = 0;

  constructor(options: FullDiskOptions, disk: SmallDisk) {
    this.#options = options;
    this.#disk = disk;
    this.#data = join(options.folder, 'data');
    this.#world = new World(this.#data, options.seed, options.writers);
    mkdirSync(this.#data);
  }

  async run(): Promise<FullDiskResult> {
    try {
      return await this.#run();
    } finally {
      await this.#hub?.kill();
    }
  }

  async #run(): Promise<FullDiskResult> {
    const world = this.#world;
    const deadline = performance.now() + this.#options.seconds * 1000;
    let fills = 0;
    while (fills < this.#options.fills && performance.now() < deadline) {
      world.round += 1;
      await world.attempt(async () => this.#round(await this.#connect()));
      fills += 1;
      if (world.violations.length > 0) break;
    }
    await this.#disconnect();
    const verdict = await lastLook(this.#data, world);
    return { world, fills, kills: this.#kills, refused: this.#refused, verdict };
  }

  /** Writes with room, without, and with room again. */
  async #round(client: Client): Promise<void> {
    const { random } = this.#world;
    let over = false;
    const writing = this.#world.write(
      client,
      () => over,
      (error) => this.#isRefusal(error),
    );
    await sleep(random.between(20, 200));
    await this.#keepFull(random.between(100, 400));
    over = true;
    if (random.chance(0.3)) await this.#kill();
    await writing;
    this.#disk.free();
    const next = await this.#connect();
    await this.#world.verify(next, this.#world.round % 10 === 0);
    await this.#world.repeatPushes(next);
    await this.#world.verify(next, false);
  }

  /** What is deleted makes room, which is taken at once. */
  async #keepFull(milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds;
    while (performance.now() < end) {
      this.#disk.fill();
      await sleep(this.#world.random.between(0, 10));
    }
  }

  /** A full disk has a status and a sentence of its own. */
  #isRefusal({ status, message }: Unexpected): boolean {
    this.#refused += 1;
    return status === 507 && message.includes('The disk is full');
  }

  /** The hub is started when there is none; it is not when it has only been refusing. */
  async #connect(): Promise<Client> {
    if (this.#client !== undefined) return this.#client;
    this.#hub = new HubProcess(this.#data);
    this.#client = new Client(await this.#hub.listening());
    return this.#client;
  }

  async #kill(): Promise<void> {
    this.#kills += 1;
    await this.#hub?.kill();
    this.#retire();
  }

  async #disconnect(): Promise<void> {
    const exit = await this.#hub?.stop();
    if (exit !== 0) this.#world.complain(`the hub ended with ${exit}`);
    this.#retire();
  }

  #retire(): void {
    if (this.#client !== undefined) this.#world.retire(this.#client);
    this.#client = undefined;
  }
}
