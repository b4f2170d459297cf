/** Readers of flag values. Each throws a `UsageError` that says what the flag takes. */
import { UsageError } from "./exit-codes.js";

/** More seeds than anyone runs; a typo like `1..50000` should not start that many. */
const MOST_SEEDS = 1000;

/** `3`, `1,2,5` or `1..5` (both ends included). Seeds are whole numbers from 0 to 2³²−1, each once. */
export function parseSeeds(text: string): number[] {
  const wrong = () => new UsageError(`--seeds takes a seed, a list or a range (7 · 1,2,5 · 1..5), not "${text}"`);
  const seeds: number[] = [];
  for (const part of text.split(",")) {
    const match = /^(\d{1,10})(?:\.\.(\d{1,10}))?$/.exec(part.trim());
    if (match === null) throw wrong();
    const first = Number(match[1]);
    const last = match[2] === undefined ? first : Number(match[2]);
    if (last < first || last > 0xffff_ffff) throw wrong();
    if (last - first >= MOST_SEEDS) throw new UsageError(`--seeds ${text} are more than ${MOST_SEEDS} seeds`);
    for (let seed = first; seed <= last; seed++) seeds.push(seed);
  }
  const twice = seeds.find((seed, at) => seeds.indexOf(seed) !== at);
  if (twice !== undefined) throw new UsageError(`--seeds ${text} names seed ${twice} twice`);
  return seeds;
}

export function parseCount(flag: string, limit: number): (text: string) => number {
  return (text) => {
    const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (!(count >= 1 && count <= limit)) {
      throw new UsageError(`${flag} takes a whole number from 1 to ${limit}, not "${text}"`);
    }
    return count;
  };
}

/** Comma-separated finite numbers, as many as `names`, for instance mixture coefficients in suite order. */
export function parseNumbers(flag: string, text: string, names: readonly string[]): number[] {
  const numbers = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (numbers.length !== names.length || !numbers.every(Number.isFinite)) {
    throw new UsageError(
      `${flag} takes ${names.length} numbers separated by commas (${names.join(",")}), not "${text}"`,
    );
  }
  return numbers;
}

/** `2%` is 0.02; NaN where it is neither a number from 0 nor a percentage. */
function numberOrPercent(text: string): number {
  const match = /^(\d+\.?\d*|\.\d+)\s*(%?)$/.exec(text.trim());
  return match === null ? Number.NaN : Number(match[1]) / (match[2] === "%" ? 100 : 1);
}

/** Units of a suite's scale, of which a value may span many: `0.05`, `5%`, `1.5`. */
export function parseUnits(flag: string): (text: string) => number {
  return (text) => {
    const units = numberOrPercent(text);
    if (!Number.isFinite(units)) {
      throw new UsageError(`${flag} takes units of the suite's scale, from 0 (0.05, 5% or 1.5), not "${text}"`);
    }
    return units;
  };
}

/** A share: `2%` or `0.02`, from 0 to below 1. */
export function parseShare(flag: string): (text: string) => number {
  return (text) => {
    const share = numberOrPercent(text);
    if (!(share >= 0 && share < 1)) {
      throw new UsageError(`${flag} takes a share from 0 to below 1 (2% or 0.02), not "${text}"`);
    }
    return share;
  };
}
