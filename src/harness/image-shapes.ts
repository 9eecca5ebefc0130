import { z } from 'zod';
import { PATTERNS } from '../domain/repositories/names.js';
import { readTime } from '../input/time.js';
import type { ImageContent, LayerContent, NewImage } from './image-content.js';
import { fullNamePattern } from './repositories.js';

/*
 * What images may be made of, checked before anything of them is made.
 */

/** As many layers as docker of the time could lay over each other. */
const MOST_LAYERS = 127;
const LONGEST_PATH = 4096;

/** YAML takes 0755 without quotes for a number. The check does not abort, so that the union below names this field. */
const mode = z
  .custom<string>((given) => typeof given === 'string' && /^[0-7]{3,4}$/.test(given), {
    error: 'expected octal digits in quotes, such as "0755"',
    abort: false,
  })
  .meta({ type: 'string', pattern: '^[0-7]{3,4}$' })
  .optional();
const linked = z
  .string()
  .min(1)
  .max(LONGEST_PATH)
  .refine((path) => !path.includes('\0'), 'expected a path');

const file = z.union(
  [
    z.string(),
    z.strictObject({ text: z.string(), mode }),
    z.strictObject({ base64: z.base64(), mode }),
    z.strictObject({ directory: z.literal(true), mode }),
    z.strictObject({ symlink: linked }),
  ],
  'expected a text, or one of { text }, { base64 }, { directory: true }, each with a mode such as "0755" if wanted, or { symlink }',
);

const files = z.record(z.string(), file).superRefine((all, ctx) => {
  for (const { name, problem } of wrongFileNames(Object.keys(all))) {
    ctx.addIssue({ code: 'custom', path: [name], message: problem });
  }
});

/** A layer has each file once, under a path that stays within it. */
function wrongFileNames(names: readonly string[]): { name: string; problem: string }[] {
  const seen = new Set<string>();
  return names.flatMap((name) => {
    const path = name.replace(/^\/+/, '');
    const isWrong = path.split('/').some((part) => ['', '.', '..'].includes(part));
    if (isWrong || path.length > LONGEST_PATH || path.includes('\0')) {
      return [{ name, problem: 'expected the path of a file, such as etc/motd' }];
    }
    if (seen.has(path)) return [{ name, problem: 'this file is there twice' }];
    seen.add(path);
    return [];
  });
}

const texts = z.array(z.string()).nullable().optional();
const places = z.record(z.string(), z.looseObject({})).nullable().optional();

const facts = {
  created: z.string().refine(isTime, 'expected a time such as 2014-06-09T12:00:00Z').optional(),
  author: z.string().max(1000).optional(),
  config: z
    .looseObject({
      Cmd: texts,
      Entrypoint: texts,
      Env: texts,
      ExposedPorts: places,
      Labels: z.record(z.string(), z.string()).nullable().optional(),
      User: z.string().optional(),
      Volumes: places,
      WorkingDir: z.string().optional(),
    })
    .optional(),
};

function isTime(text: string): boolean {
  try {
    readTime('created', text);
    return true;
  } catch {
    return false;
  }
}

const content = {
  ...facts,
  from: z.string().min(1, 'expected ns/repo:tag or an id').optional(),
  files: files.optional(),
  layers: z
    .array(z.strictObject({ ...facts, files }))
    .min(1)
    .max(MOST_LAYERS)
    .optional(),
};

type Either = { readonly files?: unknown; readonly layers?: unknown };

function isOneOf({ files: some, layers }: Either): boolean {
  return (some === undefined) !== (layers === undefined);
}
const EITHER = 'expected either files or layers';
const eitherInJson = {
  oneOf: ['files', 'layers'].map((name) => ({ required: [name], properties: { [name]: {} } })),
};

/** An image of a seed, which stands under its repository and tag. */
export const seedImage: z.ZodType<ImageContent> = z
  .strictObject(content)
  .refine(isOneOf, EITHER)
  .meta(eitherInJson) as unknown as z.ZodType<ImageContent>;

/** An image to make. */
export const newImage: z.ZodType<NewImage> = z
  .strictObject({
    ...content,
    repository: z.string().meta({ pattern: fullNamePattern() }),
    tag: z.string().meta({ pattern: PATTERNS.tag.source }).optional(),
  })
  .refine(isOneOf, EITHER)
  .meta(eitherInJson) as unknown as z.ZodType<NewImage>;

/** The layers of an image, the lowest first, each with all that it says of itself. */
export function layersOf({
  files: some,
  layers,
  created,
  author,
  config,
}: ImageContent): LayerContent[] {
  const common = definedOnly({ created, author, config });
  if (some !== undefined) return [{ ...common, files: some }];
  return (layers ?? []).map((layer) => ({ ...common, ...layer }));
}

function definedOnly<T extends object>(all: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(all).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> };
}
