import type { JSX } from 'preact';
import type { Look } from '../look.js';

/** A docker that is played. */
export interface PlayView {
  readonly id: string;
  readonly version: string;
  readonly state: 'running' | 'paused' | 'over';
  /** Whether it was ended for somebody else's. */
  readonly gaveWay: boolean;
  /** What stands on its terminal. */
  readonly text: string;
  /** The request that waits to be sent. */
  readonly next: string | undefined;
}

export interface PlayProps {
  readonly versions: readonly string[];
  readonly chosen: string;
  readonly play: PlayView | undefined;
  /** Whether the viewer may have a docker played. */
  readonly mayStart: boolean;
}

/** Where a docker is chosen to be watched, and what it does. */
export function PlayPane({
  look,
  versions,
  chosen,
  play,
  mayStart,
}: PlayProps & { readonly look: Look }): JSX.Element {
  const words = look.words.live.play;
  return (
    <section class="box play" id="play">
      <h2>{words.title}</h2>
      <p>{words.lead}</p>
      {mayStart ? (
        <form method="post" action="/sandbox/play/">
          <label>
            {words.version}{' '}
            <select name="version">
              {versions.map((version) => (
                <option key={version} value={version} selected={version === chosen}>
                  {version}
                </option>
              ))}
            </select>
          </label>{' '}
          <button type="submit">{play === undefined ? words.start : words.again}</button>
        </form>
      ) : (
        <p class="hint">{look.words.errors.texts.playClosed}</p>
      )}
      <div data-play={play?.id ?? ''}>
        {play !== undefined && <PlayState look={look} play={play} />}
      </div>
    </section>
  );
}

/** How a play goes, and what its reader can do about it. */
export function PlayState({
  look,
  play,
}: {
  readonly look: Look;
  readonly play: PlayView;
}): JSX.Element {
  const words = look.words.live.play;
  return (
    <>
      {play.state !== 'over' && (
        <form method="post" action={`/sandbox/play/${play.id}/`} class="controls">
          {play.state === 'running' ? (
            <button type="submit" name="do" value="pause" class="small">
              {words.pause}
            </button>
          ) : (
            <button type="submit" name="do" value="resume" class="small">
              {words.resume}
            </button>
          )}
          <button type="submit" name="do" value="step" class="small">
            {words.step}
          </button>
        </form>
      )}
      {play.gaveWay && <p class="alert">{words.gaveWay}</p>}
      <p class="facts">
        <span>
          docker {play.version}
          {look.words.site.colon}
          {words[play.state]}
        </span>
        {play.next !== undefined && (
          <span>
            {words.next}
            {look.words.site.colon}
            <code>{play.next}</code>
          </span>
        )}
      </p>
      <section aria-label={words.terminal}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also for those who have only keys */}
        <pre class="printed" tabIndex={0}>
          {play.text}
        </pre>
      </section>
    </>
  );
}
