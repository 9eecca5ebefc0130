/** What an image json tells of how the image was made. */
export interface ImageOrigin {
  /** As in a Dockerfile, `RUN …` or `CMD …`; empty where the json does not say. */
  readonly command: string;
  /** ISO 8601; undefined where the json has no time. */
  readonly created: string | undefined;
}

/** Characters of a command that are told. */
const LONGEST = 500;

const SHELL = '/bin/sh -c ';
/** What `docker build` put before an instruction that runs nothing. */
const NO_OPERATION = '#(nop) ';

/** Reads an image json, which may be anything that a client sent. */
export function originOf(json: Buffer): ImageOrigin {
  const image = parse(json);
  const created = typeof image.created === 'string' ? Date.parse(image.created) : Number.NaN;
  return {
    command: commandOf(image).slice(0, LONGEST),
    created: Number.isNaN(created) ? undefined : new Date(created).toISOString(),
  };
}

function commandOf({ container_config: config }: Readonly<Record<string, unknown>>): string {
  const words = isRecord(config) ? config.Cmd : undefined;
  const list: readonly unknown[] = Array.isArray(words) ? words : [];
  const line = list.filter((word) => typeof word === 'string').join(' ');
  if (!line.startsWith(SHELL)) return line;
  const rest = line.slice(SHELL.length);
  return rest.startsWith(NO_OPERATION) ? rest.slice(NO_OPERATION.length).trim() : `RUN ${rest}`;
}

function parse(json: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json.toString('utf8'));
    return isRecord(value) ? value : {};
  } catch {
    // Old pushes may have kept what is not JSON by today's rules: it tells nothing.
    return {};
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
