import { z } from 'zod';
import { checkId } from '../requests/names.js';
import { unmarshal } from '../requests/unmarshal.js';

/*
 * The json of an image as archives and registries bring it. Where a field is null or missing, Go has its
 * empty value.
 */

const text = z.string().nullish();
const list = z.array(z.string()).nullish();

/** A command was a list up to 1.8, and may be one text since. */
const command = z.array(z.string()).or(z.string()).nullish();

const config = z.looseObject({
  Cmd: command,
  Entrypoint: command,
  Env: list,
  OnBuild: list,
  Labels: z.record(z.string(), z.string()).nullish(),
  ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
  Volumes: z.record(z.string(), z.unknown()).nullish(),
  User: text,
  WorkingDir: text,
});

const image = z.looseObject({
  id: text,
  parent: text,
  comment: text,
  created: text,
  container: text,
  container_config: config.nullish(),
  docker_version: text,
  author: text,
  config: config.nullish(),
  architecture: text,
  os: text,
  Size: z.number().nullish(),
});

/** A config as json has it, by any writer. */
export type Config = Readonly<Partial<z.infer<typeof config>>>;

/** An image as json has it. */
export type ImageJson = Readonly<z.infer<typeof image>>;

/** What Go calls the parts. */
const GO_TYPES = {
  '': 'image.Image',
  config: 'runconfig.Config',
  container_config: 'runconfig.Config',
};

/**
 * Reads the json of an image that comes from elsewhere.
 * @throws OldDockerError if it is invalid, such as an id or a parent that is not 64 hex digits
 */
export function readImageJson(json: string | Buffer): ImageJson {
  const read = unmarshal(image.nullable(), json, GO_TYPES) ?? {};
  checkId(read.id ?? '');
  if (read.parent) checkId(read.parent);
  return read;
}

/** The json of an image that is here; empty for an invalid one that an earlier version let in. */
export function knownImageJson(json: string): ImageJson {
  try {
    return unmarshal(image, json, GO_TYPES);
  } catch {
    return {};
  }
}
