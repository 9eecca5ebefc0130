/*
 * What a script adds to pages that work without one: buttons that copy, keys, and times that go on.
 */

import { listenForCopies, showCopyButtons } from './copy.js';

if (document.querySelector('[data-live]') !== null) void import('./live.js');
if (document.querySelector('[data-fresh]') !== null) void import('./fresh.js');
if (document.querySelector('.terminal') !== null) {
  void import('./terminal.js').then(({ recallLines }) => recallLines());
}

listenForCopies();
showCopyButtons(document);

/** Whether somebody is typing, so that a letter is a letter. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select');
}

/** The links of the lists on the page, in order, without those that are folded away. */
function stops(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>('[data-walk] > *')]
    .flatMap((item) => item.querySelector<HTMLElement>('a, button, input') ?? [])
    .filter((each) => each.checkVisibility());
}

function walk(step: 1 | -1): void {
  const all = stops();
  const at = all.findIndex((each) => each.parentElement?.contains(document.activeElement));
  const next = at === -1 ? (step === 1 ? 0 : all.length - 1) : at + step;
  const stop = all[Math.min(Math.max(next, 0), all.length - 1)];
  stop?.focus();
  stop?.scrollIntoView({ block: 'nearest' });
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'Escape' && document.activeElement instanceof HTMLElement) {
    document.activeElement.blur();
    return;
  }
  if (isTyping(event.target)) return;
  if (event.key === '/') document.querySelector<HTMLElement>('[data-key="/"]')?.focus();
  else if (event.key === 'j') walk(1);
  else if (event.key === 'k') walk(-1);
  else return;
  event.preventDefault();
});
