import type { Domain } from './domain/domain.js';
import { parseRepositoryName } from './domain/repositories/names.js';
import type { Harness } from './harness/harness.js';
import { Progress } from './lessons/index.js';

/** How far readers of the lessons are; undefined where the journal is off, which sees what they do. */
export function followLessons(
  { domain }: { readonly domain: Domain },
  { parts: { journal, data, clock }, gate }: Harness,
  onFailure: (error: unknown) => void,
): Progress | undefined {
  if (!journal.isOn) return undefined;
  return new Progress({
    journal,
    repository: (reader, name) => domain.repositories.find(parseRepositoryName(reader, name)),
    remember: (reader) => {
      const snapshot = data.captureNamespace(reader);
      return {
        undo: () => gate.enter(() => data.undoNamespace(snapshot)),
        forget: () => data.release(snapshot),
      };
    },
    finished: {
      has: (reader, lesson) => domain.finishedLessons.has(reader, lesson),
      add: (reader, lesson, isStillSo) =>
        gate.enter(() => domain.finishedLessons.add(reader, lesson, isStillSo)),
      clear: (reader) => gate.enter(() => domain.finishedLessons.clear(reader)),
    },
    now: () => clock.now(),
    onFailure,
  });
}
