/*
 * What a script adds to the live page: new steps appear by themselves, and a play goes on without a reload. The server
 * renders every part, so that a page with a script and one without show the same.
 */

interface StepEvent {
  readonly act: number;
  /** The title of its act, the step, and for a new act its frame without steps. */
  readonly head: string;
  readonly html: string;
  readonly block: string;
}

/** Acts that a page keeps. */
const MOST_ACTS = 60;

const list = document.querySelector<HTMLElement>('[data-live]');
const state = document.querySelector<HTMLElement>('[data-state]');
const button = document.querySelector<HTMLButtonElement>('[data-pause]');

let source: EventSource | undefined;
let lastId = '';
let isPaused = false;
/** What came while it was paused. */
let waiting: StepEvent[] = [];

function elementOf(html: string): Element | null {
  const template = document.createElement('template');
  template.innerHTML = html;
  return template.content.firstElementChild;
}

function show({ act, head, html, block }: StepEvent): void {
  if (list === null) return;
  let section = document.querySelector(`#act-${act}`);
  if (section === null) {
    section = elementOf(block);
    if (section === null) return;
    list.querySelector('.empty')?.remove();
    list.querySelector('.lanes')?.after(section);
    const all = list.querySelectorAll('.act');
    if (all.length > MOST_ACTS) all[all.length - 1]?.remove();
  }
  const title = elementOf(head);
  const step = elementOf(html);
  if (title !== null) section.querySelector('h2')?.replaceWith(title);
  if (step === null || document.getElementById(step.id) !== null) return;
  step.classList.add('new');
  section.querySelector('ol')?.append(step);
}

function say(): void {
  const { waiting: live, paused } = state?.dataset ?? {};
  if (state !== null) state.textContent = (isPaused ? paused : live) ?? '';
  if (button === null) return;
  const { pause, resume } = button.dataset;
  button.hidden = false;
  button.textContent = (isPaused ? resume : pause) ?? '';
  button.setAttribute('aria-pressed', String(isPaused));
}

function togglePause(): void {
  isPaused = !isPaused;
  if (!isPaused) {
    for (const each of waiting) show(each);
    waiting = [];
  }
  say();
}

/** Where to go on from: a browser says its Last-Event-ID only when it comes back by itself. */
function address(): string {
  const url = new URL(list?.dataset.live ?? '', location.href);
  if (lastId !== '') url.searchParams.set('after', lastId);
  return url.href;
}

function listen(): void {
  if (list === null || source !== undefined) return;
  source = new EventSource(address());
  source.addEventListener('step', (event) => {
    lastId = event.lastEventId;
    const step = JSON.parse(event.data) as StepEvent;
    if (isPaused) waiting = [...waiting.slice(-500), step];
    else show(step);
  });
  source.addEventListener('play', (event) => {
    const { html } = JSON.parse(event.data) as { readonly html: string };
    const pane = document.querySelector('[data-play]');
    if (pane === null) return;
    const kept = document.activeElement?.getAttribute('value');
    pane.innerHTML = html;
    const terminal = pane.querySelector('.printed');
    if (terminal !== null) terminal.scrollTop = terminal.scrollHeight;
    const [again] = [...pane.querySelectorAll('button')].filter(({ value }) => value === kept);
    again?.focus();
  });
  source.addEventListener('reset', () => {
    leave();
    location.reload();
  });
  // Refused, since too many look on: later there may be room.
  source.addEventListener('error', () => {
    if (source?.readyState !== EventSource.CLOSED) return;
    leave();
    setTimeout(listen, 10_000);
  });
}

function leave(): void {
  source?.close();
  source = undefined;
}

/** Steers a play without leaving the page; the answer comes by the stream. */
function steer(event: SubmitEvent): void {
  const { target: form, submitter } = event;
  if (!(form instanceof HTMLFormElement) || form.closest('[data-play]') === null) return;
  if (!(submitter instanceof HTMLButtonElement)) return;
  event.preventDefault();
  const body = new URLSearchParams({ [submitter.name]: submitter.value });
  void fetch(form.action, { method: 'POST', body, redirect: 'manual' });
}

document.addEventListener('submit', steer);
button?.addEventListener('click', togglePause);
document.addEventListener('keydown', (event) => {
  const isTyping =
    event.target instanceof HTMLElement && event.target.matches('input, textarea, select, button');
  if (event.key !== ' ' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  togglePause();
});
// A browser has six connections to a host, and a hidden tab needs none.
document.addEventListener('visibilitychange', () => (document.hidden ? leave() : listen()));
addEventListener('pagehide', leave);
say();
listen();

export {};
