/*
 * What a script adds to a page of what goes on: parts with `data-fresh`, the seconds between two looks, and an id are
 * fetched again, and stand in the place of the former ones: those with `data-state` once that has changed.
 */

import { showCopyButtons } from './copy.js';

const parts = [...document.querySelectorAll<HTMLElement>('[data-fresh]')];
const seconds = Math.min(...parts.map(({ dataset }) => Number(dataset.fresh)));

let isAsking = false;

async function look(): Promise<void> {
  // A hidden tab needs none, and a person who walks through the part by keys must not lose their place.
  const isInUse = parts.some(
    ({ id, dataset }) => dataset.state === undefined && isWithin(id, document.activeElement),
  );
  if (isAsking || document.hidden || isInUse) return;
  isAsking = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
    // A login that has ended leads elsewhere: the page stays as it is until somebody asks for more.
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    for (const { id } of parts) {
      const fresh = page.getElementById(id);
      const former = document.getElementById(id);
      const isSame =
        fresh?.dataset.state !== undefined && fresh.dataset.state === former?.dataset.state;
      if (fresh === null || isSame) continue;
      showCopyButtons(fresh);
      former?.replaceWith(document.adoptNode(fresh));
    }
  } catch {
    // The hub may be away for a moment.
  } finally {
    isAsking = false;
  }
}

function isWithin(id: string, element: Element | null): boolean {
  return document.getElementById(id)?.contains(element) === true;
}

setInterval(() => void look(), seconds * 1000);
