/* What a script adds to a terminal. */

/** Has the arrow keys bring back lines that were typed. */
export function recallLines(): void {
  const line = document.querySelector<HTMLInputElement>('.terminal #line');
  // Answers to a command's questions are not among them.
  if (line === null || line.dataset.asks !== undefined) return;
  // Nor are lines with a hidden secret.
  const lines = [...document.querySelectorAll('.terminal .typed')]
    .map(({ textContent }) => textContent ?? '')
    .filter((each, at, all) => each !== '' && !each.includes('***') && each !== all[at - 1]);
  let at = lines.length;
  line.addEventListener('keydown', (event) => {
    const step = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
    if (step === 0) return;
    event.preventDefault();
    at = Math.min(Math.max(at + step, 0), lines.length);
    line.value = lines[at] ?? '';
  });
}
