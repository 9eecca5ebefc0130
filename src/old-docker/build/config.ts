import type { Config } from '../images/image-json.js';
import type { Step } from './dockerfile.js';
import { layerPath } from './draft.js';

/** What a step does to the config of the image, and how it is called in the image's history. */
export interface Change {
  readonly config: Config;
  /** `#(nop) ENV A=b` without the sign. */
  readonly comment: string;
  readonly author?: string;
}

/** An instruction is not what it should be; docker's words. */
export class InstructionError extends Error {
  override readonly name = 'InstructionError';
}

type Changing = (config: Config, step: Step) => Change;

/** The instructions that only change the config. */
export const CHANGES: Readonly<Record<string, Changing>> = {
  MAINTAINER: (config, { text }) => ({ config, comment: `MAINTAINER ${text}`, author: text }),
  ENV: (config, { pairs }) => {
    if (pairs.length === 0) throw new InstructionError('ENV requires at least one argument');
    const values = pairs.map(([name, value]) => [name, expand(value, config)] as const);
    const env = withValues(stringsOf(config.Env), values);
    const said = values.map(([name, value]) => `${name}=${value}`).join(' ');
    return { config: { ...config, Env: env }, comment: `ENV ${said}` };
  },
  LABEL: (config, { pairs }) => {
    const labels = { ...(config.Labels as object | null), ...Object.fromEntries(pairs) };
    const said = pairs.map(([name, value]) => `${name}=${value}`).join(' ');
    return { config: { ...config, Labels: labels }, comment: `LABEL ${said}` };
  },
  EXPOSE: (config, { words }) => {
    const ports = words.map((word) => expand(word, config)).map(port);
    const exposed = { ...(config.ExposedPorts as object | null), ...keys(ports) };
    const said = ports.map((each) => `${each}:{}`).join(' ');
    return { config: { ...config, ExposedPorts: exposed }, comment: `EXPOSE map[${said}]` };
  },
  VOLUME: (config, { list, words }) => {
    const volumes = list ?? words;
    const all = { ...(config.Volumes as object | null), ...keys(volumes) };
    return { config: { ...config, Volumes: all }, comment: `VOLUME [${volumes.join(' ')}]` };
  },
  USER: (config, { words: [user = ''] }) => ({
    config: { ...config, User: expand(user, config) },
    comment: `USER [${user}]`,
  }),
  WORKDIR: (config, { text }) => {
    const folder = `/${layerPath(expand(text, config), workFolder(config))}`;
    return { config: { ...config, WorkingDir: folder }, comment: `WORKDIR ${folder}` };
  },
  CMD: (config, step) => {
    const command = commandOf(step);
    return { config: { ...config, Cmd: command }, comment: `CMD [${quoted(command)}]` };
  },
  ENTRYPOINT: (config, step) => {
    const command = commandOf(step);
    const { Cmd, ...rest } = config;
    return { config: { ...rest, Entrypoint: command }, comment: `ENTRYPOINT [${quoted(command)}]` };
  },
  ONBUILD: (config, { text }) => {
    const [trigger = ''] = text.split(/\s/, 1);
    if (/^(?:FROM|MAINTAINER|ONBUILD)$/i.test(trigger)) {
      throw new InstructionError(`${trigger.toUpperCase()} isn't allowed as an ONBUILD trigger`);
    }
    const triggers = [...stringsOf(config.OnBuild), text];
    return { config: { ...config, OnBuild: triggers }, comment: `ONBUILD ${text}` };
  },
};

/** The folder that the next step works in. */
export function workFolder({ WorkingDir }: Config): string {
  return typeof WorkingDir === 'string' && WorkingDir !== '' ? WorkingDir : '/';
}

/** `$NAME` and `${NAME}` by what ENV has set. */
export function expand(text: string, config: Config): string {
  const values = new Map(
    stringsOf(config.Env).map((pair) => {
      const equals = pair.indexOf('=');
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
  return text.replaceAll(/\$(?:\{(\w{1,256})\}|(\w{1,256}))/g, (_, braced, bare) => {
    return values.get(String(braced ?? bare)) ?? '';
  });
}

/** The words of CMD and ENTRYPOINT: a list, or a line for a shell. */
function commandOf({ list, text }: Step): string[] {
  return list === undefined ? ['/bin/sh', '-c', text] : [...list];
}

function quoted(words: readonly string[]): string {
  return words.map((word) => JSON.stringify(word)).join(' ');
}

function withValues(
  env: readonly string[],
  values: readonly (readonly [string, string])[],
): string[] {
  const set = new Map(env.map((pair) => [pair.split('=', 1)[0] ?? '', pair]));
  for (const [name, value] of values) set.set(name, `${name}=${value}`);
  return [...set.values()];
}

function port(word: string): string {
  const number = word.split('/', 1)[0] ?? '';
  if (!/^\d{1,5}(?:\/(?:tcp|udp))?$/.test(word) || Number(number) > 65_535) {
    throw new InstructionError(`Invalid containerPort: ${word}`);
  }
  return word.includes('/') ? word : `${word}/tcp`;
}

function keys(names: readonly string[]): Record<string, Record<string, never>> {
  return Object.fromEntries(names.map((name) => [name, {}]));
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
