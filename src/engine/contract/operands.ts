/** What an op of the contract is tried on: tensors of random shapes and values, drawn from a seed. */
import type { HostTensor } from "../engine.js";
import { float32, int32, sizeOf } from "../engine.js";

/** Uniform numbers in [0, 1). */
export type Stream = () => number;

/** Draws a value. */
export type Draw<T> = (random: Stream) => T;

/** Values of a float operand: −2 to 2, 0.2 to 3, −0.9 to 0.9. */
export type Domain = "any" | "positive" | "unit";

export interface Operand {
  readonly shape: readonly number[];
  /** Floats of a domain, or integers from 0. */
  readonly domain: Domain | { readonly below: number };
}

export type Operands = Draw<readonly Operand[]>;

/** A mulberry32 stream: enough to fill tensors from a seed. */
export function stream(seed: number): Stream {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The tensor that an operand describes. */
export function fill({ shape, domain }: Operand, random: Stream): HostTensor {
  const length = sizeOf(shape);
  if (typeof domain === "object") {
    return int32(
      shape,
      Int32Array.from({ length }, () => Math.floor(random() * domain.below)),
    );
  }
  const [low, high] = RANGES[domain];
  return float32(
    shape,
    Float32Array.from({ length }, () => low + (high - low) * random()),
  );
}

const RANGES: Readonly<Record<Domain, readonly [number, number]>> = {
  any: [-2, 2],
  positive: [0.2, 3],
  unit: [-0.9, 0.9],
};

/** A whole number from `low` to `high`, both included. */
export const between =
  (low: number, high: number): Draw<number> =>
  (random) =>
    low + Math.floor(random() * (high - low + 1));

/** A length of an axis, 1 to 5. */
export const dim = between(1, 5);

export const oneOf =
  <T>(...choices: readonly [T, ...T[]]): Draw<T> =>
  (random) =>
    choices[Math.floor(random() * choices.length)] ?? choices[0];

export const listOf =
  <T>(draw: Draw<T>, least: number, most: number): Draw<T[]> =>
  (random) =>
    Array.from({ length: between(least, most)(random) }, () => draw(random));

/** Draws of each, in order. */
export const all =
  <T extends readonly unknown[]>(...draws: { readonly [K in keyof T]: Draw<T[K]> }): Draw<T> =>
  (random) =>
    draws.map((draw) => draw(random)) as unknown as T;

export const from =
  <T, U>(draw: Draw<T>, f: (value: T) => U): Draw<U> =>
  (random) =>
    f(draw(random));

export const fixed =
  (...operands: readonly Operand[]): Operands =>
  () =>
    operands;

export const shape = (least = 1, most = 4): Draw<number[]> => listOf(dim, least, most);

/** One operand; with `least` 0 it may be a scalar. */
export const one = (domain: Domain, least = 0): Operands => from(shape(least), (s) => [{ shape: s, domain }]);

/** Two operands that broadcast: either may have axes of length 1 or lack leading axes. */
export const broadcasting = (a: Domain, b: Domain): Operands =>
  from(
    all<[number[], boolean[], number, boolean]>(
      shape(1, 4),
      listOf(oneOf(true, false), 4, 4),
      between(0, 3),
      oneOf(true, false),
    ),
    ([full, kept, dropped, swap]) => {
      const other = full.map((n, i) => (kept[i] === true ? n : 1)).slice(Math.min(dropped, full.length));
      const [x, y] = swap ? [other, full] : [full, other];
      return [
        { shape: x, domain: a },
        { shape: y, domain: b },
      ];
    },
  );
