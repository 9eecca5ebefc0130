import { z } from 'zod';
import { PATTERNS } from '../domain/repositories/names.js';
import type { ShapeOf } from '../input/shape-of.js';
import { faultRule } from './fault-rules.js';
import type { Image } from './image-content.js';
import type { Repository, User } from './seed-content.js';

/*
 * What a test sees of the hub, as `/_hub` answers it.
 */

const count = z.int().min(0);

/** An id as the registry has it. */
export const imageId = z.string().regex(PATTERNS.imageId);

export const user = z.strictObject({
  username: z.string().regex(PATTERNS.username),
  emails: z.array(z.string()),
  active: z.boolean(),
  admin: z.boolean(),
  created: z.string().meta({ format: 'date-time' }),
}) satisfies ShapeOf<User>;

export const repository = z.strictObject({
  name: z.string().regex(/^[a-z0-9_-]+\//),
  description: z.string(),
  private: z.boolean(),
  stars: count,
  trusted: z.boolean(),
  tags: z.record(z.string().regex(PATTERNS.tag), imageId),
  images: z.array(imageId),
}) satisfies ShapeOf<Repository>;

export const image = z.strictObject({
  id: imageId,
  ancestry: z.array(imageId).min(1),
  size: count,
  checksum: z.string().regex(/^sha256:[0-9a-f]{64}$/),
}) satisfies ShapeOf<Image>;

export const fault = faultRule.extend({
  name: z.string(),
  matched: count,
  acted: count,
});
