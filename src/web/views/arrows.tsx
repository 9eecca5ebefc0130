import type { JSX } from 'preact';
import { Slab } from './slab.js';

/* The drawing of the live page: three life lines, and an arrow from one to another. A row is a drawing by itself, so that
 * rows below each other make lines that go on. */

/** The life lines in their order. */
export const LINES = ['docker', 'index', 'registry'] as const;

export type Line = (typeof LINES)[number];

const WIDTH = 300;
const HEIGHT = 28;
const MARGIN = 30;
/** Life lines go on beyond their row, which cuts them off: words beside it can be higher. */
const BEYOND = 80;

/** Where a life line stands. */
function place(line: Line): number {
  return MARGIN + (LINES.indexOf(line) * (WIDTH - 2 * MARGIN)) / (LINES.length - 1);
}

interface ArrowProps {
  readonly from: Line;
  readonly to: Line;
  /** What two servers said to each other. */
  readonly dashed?: boolean;
  /** A layer that lands at its end; an outline if it was here already. */
  readonly layer?: { readonly id: string; readonly isNew: boolean } | undefined;
}

/** The size of a layer that lands. */
const SLAB = { width: 26, height: 14 };

/** One arrow between life lines; what it means stands beside it in words. */
export function Arrow({ from, to, dashed = false, layer }: ArrowProps): JSX.Element {
  const [x1, x2] = [place(from), place(to)];
  const back = x2 < x1 ? 7 : -7;
  const y = HEIGHT / 2;
  return (
    <svg class="drawing" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      {LINES.map((line) => (
        <line
          key={line}
          class="life"
          x1={place(line)}
          x2={place(line)}
          y1={-BEYOND}
          y2={HEIGHT + BEYOND}
        />
      ))}
      <line class={dashed ? 'shaft dashed' : 'shaft'} x1={x1} x2={x2} y1={y} y2={y} />
      <path class="head" d={`M${x2} ${y}l${back} -5v10z`} />
      {layer !== undefined && (
        <g class="landed">
          <Slab
            {...SLAB}
            id={layer.id}
            x={x2 + 3}
            y={y - SLAB.height / 2}
            isOutline={!layer.isNew}
          />
        </g>
      )}
    </svg>
  );
}

/** The names of the life lines, above them. */
export function Heads({ names }: { readonly names: Readonly<Record<Line, string>> }): JSX.Element {
  return (
    <svg class="drawing heads" viewBox={`0 0 ${WIDTH} 20`} aria-hidden="true">
      {LINES.map((line) => (
        <text key={line} x={place(line)} y={14} text-anchor="middle">
          {names[line]}
        </text>
      ))}
    </svg>
  );
}
