/** Makes `width` numbers of room at `at` in place of those up to `rest`, of `end` in all; returns the new end. */
export function replaced(rows: Float64Array, at: number, rest: number, end: number, width: number): number {
  const shift = at + width - rest;
  // a call costs more than a short loop
  if (shift !== 0 && end - rest > 150) rows.copyWithin(rest + shift, rest, end);
  else if (shift > 0) for (let j = end - 1; j >= rest; j--) rows[j + shift] = rows[j] as number;
  else if (shift < 0) for (let j = rest; j < end; j++) rows[j + shift] = rows[j] as number;
  return end + shift;
}
