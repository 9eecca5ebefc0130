import type { Lesson } from '../lesson.js';
import { deletion } from './deletion.js';
import { digests } from './digests.js';
import { firstPush } from './first-push.js';
import { layers } from './layers.js';
import { login } from './login.js';
import { ownRegistry } from './own-registry.js';
import { privacy } from './privacy.js';
import { pull } from './pull.js';
import { rootPush } from './root-push.js';
import { whatAHubIs } from './what-a-hub-is.js';

/** The lessons in their order; each may build on what those before have made. */
export const COURSE: readonly Lesson[] = [
  whatAHubIs,
  login,
  firstPush,
  rootPush,
  layers,
  pull,
  privacy,
  deletion,
  ownRegistry,
  digests,
];

/** The lesson of an id. */
export function lessonOf(id: string): Lesson | undefined {
  return COURSE.find((lesson) => lesson.id === id);
}

/** The lesson after one; undefined after the last. */
export function lessonAfter(lesson: Lesson): Lesson | undefined {
  return COURSE[COURSE.indexOf(lesson) + 1];
}
