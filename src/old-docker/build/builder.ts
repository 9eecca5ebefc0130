import type { Context } from '../commands/context.js';
import { Failure } from '../commands/failure.js';
import { readName } from '../commands/names.js';
import { pullName } from '../commands/pull.js';
import { jsonOf } from '../images/content.js';
import type { Config } from '../images/image-json.js';
import { View } from '../images/view.js';
import type { StoredImage } from '../store/graph.js';
import { type BuildContext, OutsideContext, type Source } from './build-context.js';
import { BuildOutput } from './build-output.js';
import { CHANGES, expand, InstructionError, workFolder } from './config.js';
import type { Step } from './dockerfile.js';
import { Draft, layerPath } from './draft.js';
import { madeBefore, makeImage, type NewImage } from './maker.js';
import { RootFiles } from './root-files.js';
import { runShell, ShellError } from './shell.js';

/** Goes through a Dockerfile step by step, and says what docker said. */
export class Builder {
  readonly #context: Context;
  readonly #files: BuildContext;
  readonly #useCache: boolean;
  readonly #output: BuildOutput;
  #image: StoredImage | undefined;
  #config: Config = {};
  #author: string | undefined;
  #isBegun = false;
  #cached: boolean;

  constructor(context: Context, files: BuildContext, useCache: boolean) {
    this.#context = context;
    this.#files = files;
    this.#output = new BuildOutput(context);
    this.#useCache = useCache;
    this.#cached = useCache;
  }

  /** Does all steps; returns the image. */
  async build(steps: readonly Step[]): Promise<StoredImage> {
    let number: number = this.#context.wording.firstStep;
    for (const step of steps) {
      await this.#do(step, number);
      number += 1;
    }
    if (this.#image === undefined) {
      throw new Failure('client', 'No image was generated. Is your Dockerfile empty?');
    }
    await this.#output.built(this.#image);
    return this.#image;
  }

  async #do(step: Step, number: number): Promise<void> {
    const { keyword, text } = step;
    const change = CHANGES[keyword];
    const isKnown = change !== undefined || ['FROM', 'RUN', 'ADD', 'COPY'].includes(keyword);
    if (!isKnown) return this.#skip(step, number);
    await this.#output.say(`Step ${number} : ${keyword} ${text}\n`);
    if (keyword === 'FROM') return this.#from(step);
    if (!this.#isBegun)
      throw this.#failure('Please provide a source image with `from` prior to commit');
    try {
      if (change !== undefined) {
        const { config, comment, author } = change(this.#config, step);
        this.#author = author ?? this.#author;
        await this.#commit(config, comment, keyword !== 'EXPOSE' || this.#exposeIsCached());
      } else if (keyword === 'RUN') await this.#run(step);
      else await this.#copy(step);
    } catch (error) {
      if (error instanceof InstructionError || error instanceof OutsideContext) {
        throw this.#failure(error.message);
      }
      throw error;
    }
  }

  /** Before 1.0 docker compared the ports of EXPOSE in a way that never fitted. */
  #exposeIsCached(): boolean {
    return this.#context.wording.removesContainers === 'each';
  }

  async #skip({ keyword, text }: Step, number: number): Promise<void> {
    const { wording } = this.#context;
    const kind = wording.unknownInstruction;
    const skipped = `# Skipping unknown instruction ${keyword}\n`;
    if (kind === 'plain') return this.#output.say(skipped);
    const isNew = wording.removesContainers === 'each';
    const words = isNew ? (wording.contextTo === 'stdout' ? ' ' : '') : ` ${text}`;
    if (kind !== 'skipped') await this.#output.say(`Step ${number} : ${keyword}${words}\n`);
    if (kind === 'fatal') throw this.#failure(`Unknown instruction: ${keyword}`);
    await this.#output.sayInColour(skipped);
    if (isNew) await this.#output.image(this.#image);
  }

  async #from({ words: [reference = ''] }: Step): Promise<void> {
    const { wording, images: graph, version } = this.#context;
    this.#isBegun = true;
    if (reference === 'scratch' && wording.scratch === 'built in') {
      this.#image = undefined;
      this.#config = {};
      return this.#output.say(' ---> \n');
    }
    const name = readName(reference);
    const find = () => new View(graph, version, wording).find(reference, name);
    const image = find() ?? (await this.#pull(reference).then(find));
    if (image === undefined) throw this.#failure(`No such image: ${reference}`);
    this.#image = image.stored;
    const json = jsonOf(image.stored);
    this.#config = json.config ?? {};
    await this.#output.image(this.#image);
    await this.#trigger();
  }

  async #pull(reference: string): Promise<void> {
    const { wording } = this.#context;
    const name = readName(reference);
    const tag = name.tag ?? (wording.pullsOneTag ? 'latest' : undefined);
    await pullName(this.#context, name, tag);
  }

  /** What ONBUILD left in the base image. */
  async #trigger(): Promise<void> {
    const triggers = this.#config.OnBuild;
    if (!Array.isArray(triggers) || triggers.length === 0) return;
    const { readDockerfile } = await import('./dockerfile.js');
    this.#config = { ...this.#config, OnBuild: null };
    await this.#output.say(`# Executing ${triggers.length} build triggers\n`);
    const steps = readDockerfile(triggers.map(String).join('\n'));
    for (const [at, step] of steps.entries()) await this.#do(step, at);
  }

  async #run({ text, list }: Step): Promise<void> {
    const command = list === undefined ? ['/bin/sh', '-c', text] : [...list];
    const image = this.#newImage(this.#config, command);
    if (await this.#fromCache(image)) return;
    const container = await this.#output.running();
    const draft = this.#draft();
    const files = new RootFiles(this.#context.images, this.#image?.id, draft);
    let isDone: boolean;
    try {
      const line = list === undefined ? text : list.map((word) => `'${word}'`).join(' ');
      isDone = await runShell(files, workFolder(this.#config), line);
    } catch (error) {
      if (!(error instanceof ShellError)) throw error;
      await this.#output.sayInColour(`${error.message}\n`);
      throw this.#failure(`The command [${command.join(' ')}] returned a non-zero code: 1`);
    }
    if (!isDone) {
      await this.#context.terminal.stderr.write(
        `hub-v1 runs nothing: the layer of "RUN ${text}" is empty\n`,
      );
    }
    await this.#make(image, isDone && !draft.isEmpty ? draft : undefined);
    await this.#output.made(this.#image, container);
  }

  async #copy(step: Step): Promise<void> {
    const { keyword, list, words } = step;
    const given = (list ?? words).map((word) => expand(word, this.#config));
    const target = given.at(-1) ?? '';
    const sources = given.slice(0, -1);
    if (sources.length === 0) {
      throw new InstructionError(`${keyword} requires at least two arguments`);
    }
    const found = sources.map((source) => this.#find(keyword, source));
    const sum = await this.#files.sumOf(
      found.flatMap(({ files }) => files.map(({ file }) => file)),
    );
    const what = found.length === 1 && found[0]?.isFolder === false ? 'file' : 'dir';
    const command = ['/bin/sh', '-c', `#(nop) ${keyword} ${what}:${sum} in ${target}`];
    const image = this.#newImage(this.#config, command);
    if (await this.#fromCache(image)) return;
    const draft = this.#draft();
    for (const source of found) await this.#put(draft, source, target);
    await this.#make(image, draft);
    await this.#output.made(this.#image, this.#output.newContainer());
  }

  #find(keyword: string, source: string): Source {
    if (/^(?:https?|ftp):\/\//.test(source)) {
      throw this.#failure(`hub-v1 fetches nothing: ${keyword} ${source}`);
    }
    const found = this.#files.find(source);
    if (found === undefined) throw this.#failure(`${source}: no such file or directory`);
    return found;
  }

  /** Under the target if it is a folder, else at the target itself. */
  async #put(draft: Draft, { isFolder, files }: Source, target: string): Promise<void> {
    const place = layerPath(target, workFolder(this.#config));
    const root = new RootFiles(this.#context.images, this.#image?.id, draft);
    const isInto = isFolder || /[/.]$/.test(target) || (await root.find(place))?.kind === 'folder';
    for (const { name, file } of files) {
      const path = isInto ? layerPath(name, `/${place}`) : place;
      const entry = this.#files.draft(file);
      if (entry === undefined) continue;
      draft.putFolders(path);
      draft.put(path, entry);
    }
  }

  async #commit(config: Config, comment: string, mayBeCached: boolean): Promise<void> {
    const image = this.#newImage(config, ['/bin/sh', '-c', `#(nop) ${comment}`]);
    if (mayBeCached && (await this.#fromCache(image))) {
      this.#config = config;
      return;
    }
    const container = await this.#output.running();
    await this.#make(image, undefined);
    this.#config = config;
    await this.#output.made(this.#image, container);
  }

  #newImage(config: Config, command: readonly string[]): NewImage {
    return { parent: this.#image?.id, author: this.#author, config, command };
  }

  #draft(): Draft {
    return new Draft(Math.trunc(this.#context.now() / 1000));
  }

  async #make(image: NewImage, draft: Draft | undefined): Promise<void> {
    this.#cached = false;
    this.#image = await makeImage(this.#context, image, draft);
    await this.#context.images.save();
  }

  async #fromCache(image: NewImage): Promise<boolean> {
    if (!this.#cached || !this.#useCache) return false;
    const made = madeBefore(this.#context, image);
    if (made === undefined) return false;
    this.#image = made;
    await this.#output.say(' ---> Using cache\n');
    await this.#output.image(this.#image);
    return true;
  }

  #failure(message: string): Failure {
    return new Failure('client', message);
  }
}
