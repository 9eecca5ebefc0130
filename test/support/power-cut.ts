/*
 * What a power cut leaves of a folder. Killing a process can't show it: what a process wrote before it was
 * killed is all there, forced to the disk or not.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname, join } from 'node:path';

interface FileNode {
  readonly kind: 'file';
  /** As they were at its last fsync: nothing before the first. */
  bytes: Buffer;
}

interface FolderNode {
  readonly kind: 'folder';
  /** As they were at its last fsync: none before the first. */
  names: Names;
}

type Node = FileNode | FolderNode;
type Names = ReadonlyMap<string, Node>;

/** The names that every folder has at the moment, durable or not. */
type Now = ReadonlyMap<FolderNode, Names>;

/** What is on the disk after a power cut: the bytes of files and the names of folders, by their paths. */
export type Remains = ReadonlyMap<string, Buffer | 'folder'>;

/** Something that fsync is done to: what it says is called when the disk has done it. */
type Witness = (descriptor: number) => (() => void) | undefined;

const witnesses = new Set<Witness>();

/**
 * From now on every disk in a model learns of each fsync that is asked for and of its end. Only modules
 * that are loaded afterwards are watched, so a test loads the hub after this. `delayOf` tells how many
 * milliseconds longer the fsync of a path takes, so that code that does not wait for it is caught.
 */
export function watchFsync(delayOf: (path: string) => number): void {
  const watch = (real: typeof fs.fsync) => {
    return (descriptor: number, callback: fs.NoParamCallback): void => {
      const dones = [...witnesses].map((witness) => witness(descriptor));
      const delay = witnesses.size > 0 ? delayOf(pathOf(descriptor)) : 0;
      real(descriptor, (error) => {
        const end = (): void => {
          if (error === null) for (const done of dones) done?.();
          callback(error);
        };
        if (delay > 0) setTimeout(end, delay);
        else end();
      });
    };
  };
  // What fdatasync leaves out is needed by nobody after a power cut.
  Object.assign(fs, { fsync: watch(fs.fsync), fdatasync: watch(fs.fdatasync) });
  syncBuiltinESMExports();
}

const BOOT = '/proc/sys/kernel/random/boot_id';

/** Lets the system say, to modules that are loaded afterwards, that this is the boot of that name. */
export function pretendBoots(): (name: string) => void {
  let boot = 'the first';
  const { readFileSync } = fs;
  const pretend = (...given: Parameters<typeof readFileSync>): ReturnType<typeof readFileSync> =>
    given[0] === BOOT ? `${boot}\n` : readFileSync(...given);
  Object.assign(fs, { readFileSync: pretend });
  syncBuiltinESMExports();
  return (name) => {
    boot = name;
  };
}

/** Where an open file lies; empty where the system does not say. */
function pathOf(descriptor: number): string {
  const link = `/proc/self/fd/${descriptor}`;
  return fs.existsSync(link) ? fs.readlinkSync(link) : '';
}

/** A disk as it stands at one moment: what is there, and how much of it is durable. */
export interface Standing {
  readonly root: FolderNode;
  /** By their paths, a folder before what is in it. */
  readonly there: ReadonlyMap<string, { readonly node: Node; readonly content: Buffer | 'folder' }>;
}

export interface DiskOptions {
  /** What is there from the beginning; nothing, unless it is given. */
  readonly standing?: Standing;
  /** Called before each fsync, whether the program says a word of it or not. */
  readonly onFsync?: () => void;
}

/**
 * A disk that keeps what it was asked to keep and nothing else, as a model beside a real folder. The
 * bytes of a file last as of its last completed fsync; the names in a folder last as of the folder's
 * own. Files are known by their inode, so that a rename takes the bytes along.
 */
export class PowerCutDisk {
  readonly #folder: string;
  readonly #nodes = new Map<number, Node>();
  /** Held open, or the system would give the number of a removed file to the next one. */
  readonly #descriptors = new Map<number, number>();
  readonly #device: number;
  /** By their sums. */
  readonly #contents = new Map<string, Buffer>();
  readonly #root: FolderNode;
  readonly #onFsync: (() => void) | undefined;
  readonly #witness: Witness = (descriptor) => this.#fsync(descriptor);

  /** Under a folder that is empty and durable itself, and gets what the disk is to begin with. */
  constructor(folder: string, { standing, onFsync }: DiskOptions = {}) {
    const { root, there } = standing ?? everythingDurable(new Map());
    this.#folder = folder;
    this.#root = root;
    this.#onFsync = onFsync;
    const { dev, ino } = fs.statSync(folder);
    this.#device = dev;
    this.#know(folder, ino, root);
    for (const [path, { node, content }] of there) {
      const place = join(folder, path);
      write(place, content);
      this.#know(place, fs.statSync(place).ino, node);
    }
    witnesses.add(this.#witness);
  }

  /** What a power cut at this moment may leave, in each way that it may go. */
  cuts(): Remains[] {
    return [...this.extremes(), ...this.#cutsWithOneName()];
  }

  /** What it leaves when the system wrote as little or as much as it may. */
  extremes(): Remains[] {
    return [this.cut(), this.cutWithNames(), this.cutWithBytes(), this.cutNow()];
  }

  /** What it leaves at least: nothing but what was asked for. */
  cut(): Remains {
    return remains(this.#root, ({ names }) => names);
  }

  /**
   * What it leaves if the system happened to write every name at once, and bytes only when it had to.
   * Code that renames before the bytes are durable is caught by this one.
   */
  cutWithNames(): Remains {
    const now = this.#look();
    return remains(this.#root, (folder) => now.get(folder) ?? new Map());
  }

  /** What it leaves if the system happened to write all bytes, and names only when it had to. */
  cutWithBytes(): Remains {
    this.#look();
    return remains(this.#root, ({ names }) => names, this.#bytesNow());
  }

  /** What it leaves if the system wrote everything: what a killed process leaves, too. */
  cutNow(): Remains {
    const now = this.#look();
    return remains(this.#root, (folder) => now.get(folder) ?? new Map(), this.#bytesNow());
  }

  /** What it leaves if the system wrote just one of the names not asked for yet: for each in turn. */
  #cutsWithOneName(): Remains[] {
    return [...this.#look()].flatMap(([changed, now]) =>
      differences(changed.names, now).map((names) =>
        remains(this.#root, (folder) => (folder === changed ? names : folder.names)),
      ),
    );
  }

  /**
   * The disk at this moment, for another folder. This is what a process that is killed leaves to the
   * next one: everything is there to be read, and no more of it is durable than before.
   */
  standing(): Standing {
    const copies = new Map<Node, Node>();
    const now = this.#look();
    const there = new Map<string, { node: Node; content: Buffer | 'folder' }>();
    const collect = (folder: FolderNode, path: string): void => {
      for (const [name, node] of now.get(folder) ?? []) {
        const place = join(path, name);
        const content = node.kind === 'folder' ? node.kind : this.#read(place);
        there.set(place, { node: copyNode(node, copies), content });
        if (node.kind === 'folder') collect(node, place);
      }
    };
    collect(this.#root, '.');
    const root: FolderNode = { kind: 'folder', names: copyNames(this.#root.names, copies) };
    return { root, there };
  }

  /** Lets go of the folder, which stays. */
  close(): void {
    witnesses.delete(this.#witness);
    for (const descriptor of this.#descriptors.values()) fs.closeSync(descriptor);
    this.#descriptors.clear();
  }

  #read(path: string): Buffer {
    return fs.readFileSync(join(this.#folder, path));
  }

  /** Notes everything that there is now. */
  #look(): Now {
    const now = new Map<FolderNode, Names>();
    this.#lookInto(this.#folder, this.#root, now);
    return now;
  }

  #lookInto(path: string, folder: FolderNode, now: Map<FolderNode, Names>): void {
    const names = new Map<string, Node>();
    for (const dirent of fs.readdirSync(path, { withFileTypes: true })) {
      const { name } = dirent;
      // The socket of a process that is gone is as good as none.
      if (dirent.isSocket()) continue;
      const entry = join(path, name);
      const node = this.#nodeAt(entry);
      names.set(name, node);
      if (node.kind === 'folder') this.#lookInto(entry, node, now);
    }
    now.set(folder, names);
  }

  #nodeAt(path: string): Node {
    const stat = fs.statSync(path);
    const known = this.#nodes.get(stat.ino);
    if (known !== undefined) return known;
    const node: Node = stat.isDirectory()
      ? { kind: 'folder', names: new Map() }
      : { kind: 'file', bytes: Buffer.alloc(0) };
    return this.#know(path, stat.ino, node);
  }

  #know(path: string, inode: number, node: Node): Node {
    this.#nodes.set(inode, node);
    this.#descriptors.set(inode, fs.openSync(path, 'r'));
    return node;
  }

  /** What it finds when it is asked for is durable when it is done. */
  #fsync(descriptor: number): (() => void) | undefined {
    const { dev, ino } = fs.fstatSync(descriptor);
    if (dev !== this.#device) return undefined;
    this.#onFsync?.();
    const now = this.#look();
    const node = this.#nodes.get(ino);
    // Nobody has a name for it any more, so nobody will miss it.
    if (node === undefined) return undefined;
    if (node.kind === 'folder') {
      const names = now.get(node) ?? new Map();
      return () => {
        node.names = names;
      };
    }
    const bytes = this.#bytesOf(ino);
    return () => {
      node.bytes = bytes;
    };
  }

  /** Tells the bytes that a file has at the moment, durable or not. */
  #bytesNow(): (file: FileNode) => Buffer {
    const inodes = new Map([...this.#nodes].map(([inode, node]) => [node, inode]));
    return (file) => this.#bytesOf(inodes.get(file));
  }

  #bytesOf(inode: number | undefined): Buffer {
    const descriptor = this.#descriptors.get(inode ?? -1);
    if (descriptor === undefined) throw new Error('every known file is held open');
    const bytes = Buffer.alloc(fs.fstatSync(descriptor).size);
    fs.readSync(descriptor, bytes, 0, bytes.length, 0);
    return this.#once(bytes);
  }

  /** The first buffer with these bytes: most of what is left is the same from step to step. */
  #once(bytes: Buffer): Buffer {
    const sum = sumOfBytes(bytes);
    const known = this.#contents.get(sum) ?? bytes;
    this.#contents.set(sum, known);
    return known;
  }
}

/** A disk long after a power cut: what that left is there, and as durable as can be. */
export function everythingDurable(remains: Remains): Standing {
  const root = { kind: 'folder', names: new Map<string, Node>() } as const;
  const folders = new Map<string, Map<string, Node>>([['.', root.names]]);
  const there = new Map<string, { node: Node; content: Buffer | 'folder' }>();
  for (const [path, content] of remains) {
    const names = new Map<string, Node>();
    if (content === 'folder') folders.set(path, names);
    const node: Node =
      content === 'folder' ? { kind: 'folder', names } : { kind: 'file', bytes: content };
    folders.get(dirname(path))?.set(basename(path), node);
    there.set(path, { node, content });
  }
  return { root, there };
}

/** Puts what a power cut left into an empty folder. */
export function materialise(remains: Remains, folder: string): void {
  for (const [path, content] of remains) write(join(folder, path), content);
}

function write(path: string, content: Buffer | 'folder'): void {
  if (content === 'folder') fs.mkdirSync(path);
  else fs.writeFileSync(path, content, { mode: 0o600 });
}

const sums = new WeakMap<Buffer, string>();

/** A text that two remains share exactly when they are the same. */
export function sumOf(remains: Remains): string {
  const lines = [...remains].map(([path, content]) =>
    content === 'folder' ? `${path}/` : `${path} ${sumOfBytes(content)}`,
  );
  return lines.sort().join('\n');
}

/** Each is summed once: most of what is left is the same from step to step. */
function sumOfBytes(bytes: Buffer): string {
  const known = sums.get(bytes);
  if (known !== undefined) return known;
  const sum = createHash('sha256').update(bytes).digest('hex');
  sums.set(bytes, sum);
  return sum;
}

function remains(
  root: FolderNode,
  namesOf: (folder: FolderNode) => Names,
  bytesOf = (file: FileNode): Buffer => file.bytes,
): Remains {
  const found = new Map<string, Buffer | 'folder'>();
  const collect = (folder: FolderNode, path: string): void => {
    for (const [name, node] of namesOf(folder)) {
      const place = join(path, name);
      found.set(place, node.kind === 'folder' ? 'folder' : bytesOf(node));
      if (node.kind === 'folder') collect(node, place);
    }
  };
  collect(root, '.');
  return found;
}

/** The durable names with one change of those that are there now, for each change. */
function differences(durable: Names, now: Names): Names[] {
  const changed = [...new Set([...durable.keys(), ...now.keys()])].filter(
    (name) => durable.get(name) !== now.get(name),
  );
  return changed.map((name) => {
    const names = new Map(durable);
    const node = now.get(name);
    if (node === undefined) names.delete(name);
    else names.set(name, node);
    return names;
  });
}

function copyNames(names: Names, copies: Map<Node, Node>): Names {
  return new Map([...names].map(([name, node]) => [name, copyNode(node, copies)]));
}

function copyNode(node: Node, copies: Map<Node, Node>): Node {
  const known = copies.get(node);
  if (known !== undefined) return known;
  if (node.kind === 'file') {
    const copy = { ...node };
    copies.set(node, copy);
    return copy;
  }
  const copy: FolderNode = { kind: 'folder', names: new Map() };
  copies.set(node, copy);
  copy.names = copyNames(node.names, copies);
  return copy;
}
