/** Lines that a dragged thing snaps to: the edges and middles of what stands around it. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Guides {
  x: number;
  y: number;
  /** Where a line is drawn, on the canvas. */
  vertical?: number;
  horizontal?: number;
}

const near = 5;

export function align(moved: Box, others: Box[]): Guides {
  const vertical = nearest(
    [moved.x, moved.x + moved.width / 2, moved.x + moved.width],
    others.flatMap(({ x, width }) => [x, x + width / 2, x + width]),
  );
  const horizontal = nearest(
    [moved.y, moved.y + moved.height / 2, moved.y + moved.height],
    others.flatMap(({ y, height }) => [y, y + height / 2, y + height]),
  );
  return {
    x: moved.x + (vertical?.shift ?? 0),
    y: moved.y + (horizontal?.shift ?? 0),
    vertical: vertical?.line,
    horizontal: horizontal?.line,
  };
}

function nearest(own: number[], lines: number[]): { line: number; shift: number } | undefined {
  let best: { line: number; shift: number } | undefined;
  for (const line of lines) {
    for (const at of own) {
      const shift = line - at;
      if (Math.abs(shift) <= near && (!best || Math.abs(shift) < Math.abs(best.shift))) {
        best = { line, shift };
      }
    }
  }
  return best;
}
