import type { JSX } from 'preact';
import type { Look } from '../look.js';

/** A fault that can be turned on. */
export interface Switch {
  readonly name: keyof Look['words']['live']['faults']['names'];
  readonly on: boolean;
  readonly acted: number;
}

/** Faults in plain words, for admins. */
export function Switches({
  look,
  switches,
}: {
  readonly look: Look;
  readonly switches: readonly Switch[];
}): JSX.Element {
  const { faults } = look.words.live;
  return (
    <details class="box" open={switches.some(({ on }) => on)}>
      <summary>
        {faults.title}
        {switches.some(({ on }) => on) && <span class="badge refused">{faults.on}</span>}
      </summary>
      <p>{faults.lead}</p>
      <ul class="switches">
        {switches.map(({ name, on, acted }) => (
          <li key={name}>
            <form method="post" action="/sandbox/faults/">
              <input type="hidden" name="fault" value={name} />
              <input type="hidden" name="turn" value={on ? 'off' : 'on'} />
              <span class="what">
                {faults.names[name]}: <strong>{on ? faults.on : faults.off}</strong>
                {on && <small> ({faults.acted(acted)})</small>}
              </span>
              {!on && (
                <>
                  <label>
                    {faults.times}{' '}
                    <select name="times">
                      <option value="">{faults.always}</option>
                      <option value="1">{faults.once}</option>
                      <option value="3">{faults.thrice}</option>
                    </select>
                  </label>
                  <label>
                    {faults.user} <input name="user" size={10} autocapitalize="none" />
                  </label>
                </>
              )}
              <button type="submit" class="small">
                {on ? faults.turnOff : faults.turnOn}
              </button>
            </form>
          </li>
        ))}
      </ul>
    </details>
  );
}
