/** Where an axis is labelled: at 1, 2 or 5 times a power of ten, as many times as there is room for. */

export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  /** Decimals that tell neighbouring ticks apart. */
  readonly digits: number;
}

/** More than fit on any screen. */
const MOST_TICKS = 100;
const LARGEST = 1e300;
/** What rounding may move a number by, in steps. */
const SLACK = 1e-9;

/**
 * An axis that holds all of `low` to `high`.
 * @param most ticks at most: at least 2, or 3 where the axis ends at ticks (about zero there are no fewer)
 * @param snug whether it ends at the data instead of at ticks
 */
export function axisOver(low: number, high: number, most: number, snug = false): Axis {
  let [from, to] = [within(Math.min(low, high)), within(Math.max(low, high))];
  if (Number.isNaN(from) || !Number.isFinite(low) || !Number.isFinite(high)) [from, to] = [0, 1];
  if (to - from <= Math.abs(to) * 1e-12 || to - from < 1e-280) {
    // Numbers so small that their parts are no numbers any more are drawn as zero.
    const room = Math.abs(from) < 1e-280 ? 1 : Math.abs(from) * 0.5;
    [from, to] = [from - room, to + room];
  }
  // Halved before they are subtracted: the widest range of doubles is no infinity then.
  const span = to / 2 - from / 2;
  let step = stepAtLeast((span / (snug ? most + 1 : Math.max(1, most - 1))) * 2);
  const count = (): number => Math.floor(to / step + SLACK) - Math.ceil(from / step - SLACK) + 1;
  const outer = (): number => Math.ceil(to / step - SLACK) - Math.floor(from / step + SLACK) + 1;
  while (step > 0 && (snug ? count() : outer()) > Math.max(snug ? 2 : 3, most)) step = stepAtLeast(step * 1.5);
  const first = snug ? Math.ceil(from / step - SLACK) : Math.floor(from / step + SLACK);
  const last = snug ? Math.floor(to / step + SLACK) : Math.ceil(to / step - SLACK);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks: number[] = [];
  for (let i = first; i <= last && ticks.length < MOST_TICKS; i++) ticks.push(clean(i * step, digits));
  return {
    low: snug ? from : Math.min(from, ticks[0] ?? from),
    high: snug ? to : Math.max(to, ticks.at(-1) ?? to),
    ticks,
    digits,
  };
}

/** The smallest of 1, 2, 5 times a power of ten that is no less. */
function stepAtLeast(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const share = least / power;
  const factor = [1, 2, 5, 10].find((f) => f >= share - 1e-9) ?? 10;
  return factor * power;
}

/** What lies beyond has no place on an axis: half as much again would be no number. */
function within(value: number): number {
  return Math.min(LARGEST, Math.max(-LARGEST, value));
}

function clean(value: number, digits: number): number {
  const rounded = digits <= 100 ? Number(value.toFixed(Math.min(100, digits))) : value;
  return rounded === 0 ? 0 : rounded;
}

/** Short: `0.05`, `1.5k`, `2M`, `5e-7`. */
export function tickText(value: number, digits: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e15 || digits > 5) return value.toExponential(size >= 1e15 ? 1 : 0).replace("e+", "e");
  for (const [unit, name] of [
    [1e12, "T"],
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    if (size >= unit * 10 || (size >= unit && Number.isInteger((value / unit) * 10))) {
      return `${Number((value / unit).toPrecision(4))}${name}`;
    }
  }
  return value.toFixed(digits);
}
