import { openHub } from '../../src/open-hub.js';
import { openSource } from '../../src/rescue/open-source.js';
import { isPartial, rescue } from '../../src/rescue/rescue.js';
import type { Run } from '../support/compare.js';
import { answerRequests } from './answer-requests.js';

/* `hub-v1 rescue` in a process that has loaded it: each message but the first is a folder to take in. */

interface Task {
  readonly source: string;
  readonly data: string;
  readonly link: boolean;
}

answerRequests<Task | { readonly kind: 'ready' }, Run>(async (task) => {
  if ('kind' in task) return { done: 0, seconds: 0 };
  const { source: place, data, link } = task;
  const started = performance.now();
  const hub = await openHub({ data });
  const source = await openSource(place);
  const report = await rescue(hub.domain, source, { link });
  await Promise.all([hub.close(), source.close()]);
  if (isPartial(report)) throw new Error('something was left out');
  return { done: report.images.taken, seconds: (performance.now() - started) / 1000 };
});
