import type { JSX } from 'preact';

/* A layer as a slab. Its colour and its hatch come from its id, so that one layer looks the same everywhere. */

/** Colours that the style sheet knows, and ways to hatch. */
const HUES = 8;
const WAYS = 4;

/** Pixels between two lines of a hatch. */
const GAP = 9;

interface SlabProps {
  /** The layer's id. */
  readonly id: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly x?: number;
  readonly y?: number;
  /** Only its outline, for one that was here already. */
  readonly isOutline?: boolean;
}

/** Belongs inside an `svg`; what goes beyond its bounds is cut off. */
export function Slab({ id, width, height, x = 0, y = 0, isOutline = false }: SlabProps) {
  const number = Number.parseInt(id.slice(0, 4), 16) || 0;
  const way = Math.trunc(number / HUES) % WAYS;
  return (
    <svg
      aria-hidden="true"
      class={`slab hue-${number % HUES}${isOutline ? ' outline' : ''}`}
      x={x}
      y={y}
      width={width}
      height={height}
    >
      <rect class="ground" width="100%" height="100%" />
      {!isOutline && <path class="hatch" d={hatch(way, width, height)} />}
      <rect class="edge" width="100%" height="100%" />
    </svg>
  );
}

/** Lines across a field: upright, level, falling or rising. */
function hatch(way: number, width: number, height: number): string {
  const lines: string[] = [];
  if (way === 0) for (let x = GAP / 2; x < width; x += GAP) lines.push(`M${x} 0v${height}`);
  if (way === 1) for (let y = GAP / 2; y < height; y += GAP) lines.push(`M0 ${y}h${width}`);
  for (let x = -height; way > 1 && x < width; x += GAP * Math.SQRT2) {
    const at = Math.round(x);
    lines.push(
      way === 2 ? `M${at} 0l${height} ${height}` : `M${at} ${height}l${height} -${height}`,
    );
  }
  return lines.join('');
}

/** Pixels that a layer of so many bytes is high at least: its size, but by its digits. */
function heightOf(bytes: number): number {
  return Math.round(34 + 12 * Math.log10(1 + bytes / 100));
}

/** The highest hatch, in pixels; what is higher, since much is written beside it, goes on without. */
const HIGHEST = 200;

/** The drawing at the side of a layer in a stack: as high as its row, which is as high as its size says, or higher. */
export function StackedSlab({
  id,
  bytes,
}: {
  readonly id: string;
  readonly bytes: number;
}): JSX.Element {
  return (
    <div class="drawn">
      <svg class="measure" width="1" height={heightOf(bytes)} aria-hidden="true" />
      <svg class="whole" aria-hidden="true">
        <Slab id={id} width={96} height={HIGHEST} />
      </svg>
    </div>
  );
}
