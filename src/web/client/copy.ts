/* Buttons that copy, on a page and on parts that come later. */

/** Copies what a button is for; by a selection where the clipboard is refused, as over plain http. */
async function copy(button: HTMLButtonElement): Promise<void> {
  const text = button.dataset.copy ?? '';
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const shown = button.parentElement?.querySelector('code');
    if (!shown) return;
    getSelection()?.selectAllChildren(shown);
    document.execCommand('copy');
  }
  const label = button.textContent;
  if (label === button.dataset.copied) return;
  button.textContent = button.dataset.copied ?? '';
  setTimeout(() => {
    button.textContent = label;
  }, 1500);
}

/** Buttons are hidden where there is no script. */
export function showCopyButtons(within: ParentNode): void {
  for (const button of within.querySelectorAll<HTMLButtonElement>('button.copy')) {
    button.hidden = false;
  }
}

export function listenForCopies(): void {
  document.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest('button') : null;
    if (button?.classList.contains('copy') === true) void copy(button);
  });
}
