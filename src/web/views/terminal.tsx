import type { JSX } from 'preact';
import type { Look } from '../look.js';

/** A line that was typed, and what it printed. */
export interface TerminalLine {
  readonly prompt: string;
  readonly line: string;
  readonly text: string;
  readonly exit: number;
}

export interface TerminalProps {
  readonly look: Look;
  /** Where lines are sent. */
  readonly action: string;
  readonly lines: readonly TerminalLine[];
  readonly prompt: string;
  /** What a command has asked for; undefined: the line is a command. */
  readonly asks: 'word' | 'secret' | undefined;
}

/** A terminal as a form: a line is sent, and the page comes back with what it printed. */
export function Terminal({ look, action, lines, prompt, asks }: TerminalProps): JSX.Element {
  const { lessons } = look.words;
  const input = {
    id: 'line',
    name: 'line',
    autocomplete: 'off',
    autocapitalize: 'none',
    spellcheck: false,
    maxLength: 4000,
    'data-asks': asks,
  } as const;
  return (
    <section class="terminal" id="terminal" aria-label={lessons.terminal}>
      <h2>{lessons.terminal}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
      <pre tabIndex={0} dir="ltr">
        <span class="lines">
          {lines.map(({ prompt: at, line, text, exit }, number) => (
            <span key={number}>
              <b>
                {at} <span class={at.endsWith('$') ? 'typed' : undefined}>{line}</span>
              </b>
              {`\n${text}`}
              {exit !== 0 && <i>{`(${lessons.exit(exit)})\n`}</i>}
            </span>
          ))}
        </span>
      </pre>
      <form method="post" action={`${action}#line`} class="prompt">
        <label for="line">
          <span class="unseen">{asks === undefined ? lessons.line : lessons.reply}</span>
          <code>{prompt}</code>
        </label>
        {asks === 'secret' ? (
          <input {...input} type="password" />
        ) : (
          <input {...input} type="text" />
        )}
        <button type="submit" name="act" value="run">
          {asks === undefined ? lessons.run : lessons.send}
        </button>
        {asks !== undefined && (
          <button type="submit" name="act" value="interrupt" title={lessons.interrupt}>
            Ctrl-C
          </button>
        )}
      </form>
      <p class="hint">{lessons.terminalHint}</p>
    </section>
  );
}
