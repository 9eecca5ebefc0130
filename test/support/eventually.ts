/** Waits until something that happens on its own has happened; fails loudly when it does not. */
export async function eventually(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
): Promise<void> {
  const given = performance.now() + 20_000;
  while (!(await isTrue())) {
    if (performance.now() > given) throw new Error(`This never came true: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
