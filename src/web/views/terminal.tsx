import type { JSX } from 'preact';
import type { Look } from '../look.js';

/** A line that was typed, and what it printed. */
export interface TerminalLine {
  readonly prompt: string;
  readonly line: string;
  readonly text: string;
  readonly exit: number;
}

/** A terminal as a form: a line is sent, and the page comes back with what it printed. */
export function Terminal({
  look,
  action,
  lines,
  prompt,
}: {
  readonly look: Look;
  /** Where lines are sent. */
  readonly action: string;
  readonly lines: readonly TerminalLine[];
  readonly prompt: string;
}): JSX.Element {
  const { lessons } = look.words;
  return (
    <section class="terminal" id="terminal" aria-label={lessons.terminal}>
      <h2>{lessons.terminal}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
      <pre tabIndex={0} dir="ltr">
        {lines.map(({ prompt: at, line, text, exit }, number) => (
          <span key={number}>
            <b>
              {at} {line}
            </b>
            {`\n${text}`}
            {exit !== 0 && <i>{`(${lessons.exit(exit)})\n`}</i>}
          </span>
        ))}
      </pre>
      <form method="post" action={`${action}#terminal`} class="prompt">
        <label for="line">
          <span class="unseen">{lessons.line}</span>
          <code>{prompt}</code>
        </label>
        <input
          id="line"
          name="line"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          maxLength={4000}
          autofocus={lines.length > 0}
        />
        <button type="submit" name="act" value="run">
          {lessons.run}
        </button>
      </form>
      <p class="hint">{lessons.terminalHint}</p>
    </section>
  );
}
