/** From numbers to places: an axis with ticks at 1, 2 or 5 times a power of ten. */

import { plottable } from "../charts/chart.js";

export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  /** Decimals that tell neighbouring ticks apart. */
  readonly digits: number;
}

/** A scale over `values` with a margin, and about `count` ticks. */
export function scaleOver(values: readonly number[], count = 5, margin = 0.06): Scale {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!plottable(value)) continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  if (least > most) [least, most] = [0, 1];
  const size = Math.max(Math.abs(least), Math.abs(most));
  // Values that differ by rounding only are one value, and it stands in the middle.
  const span = most - least > 1e-9 * size + 1e-12 ? most - least : Math.max(size * 0.1, 1e-3);
  const slack = (span - (most - least)) / 2 + margin * span;
  const [low, high] = [least - slack, most + slack];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const ticks: number[] = [];
  for (let at = Math.ceil(low / step); at * step <= high; at++) ticks.push(at * step);
  return { low, high, ticks, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

export function place(scale: Scale, value: number, from: number, to: number): number {
  return from + ((value - scale.low) / (scale.high - scale.low)) * (to - from);
}

/** Whether the scale has a place for it. */
export function within(scale: Scale, value: number): boolean {
  return value >= scale.low && value <= scale.high;
}
