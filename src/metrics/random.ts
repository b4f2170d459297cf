/**
 * A source of 32 random bits a call: any generator of `pure-rand` fits as it is. It is an argument everywhere, so the
 * caller's seed decides every draw of this module.
 */
export interface RandomGenerator {
  /** The next 32 bits, as a signed or unsigned integer. */
  next(): number;
}

/** Uniform in [0, 1), 53 bits. */
export function uniform(generator: RandomGenerator): number {
  const high = generator.next() >>> 5;
  const low = generator.next() >>> 6;
  return (high * 67108864 + low) / 9007199254740992;
}

/** Uniform integer in 0 … bound − 1 without modulo bias (bound ≤ 2³²). */
export function uniformIndex(generator: RandomGenerator, bound: number): number {
  const limit = 4294967296 - (4294967296 % bound);
  for (;;) {
    const draw = generator.next() >>> 0;
    if (draw < limit) return draw % bound;
  }
}

/** Standard normal (Box–Muller, one of the pair). */
export function standardNormal(generator: RandomGenerator): number {
  const radius = Math.sqrt(-2 * Math.log(1 - uniform(generator)));
  return radius * Math.cos(2 * Math.PI * uniform(generator));
}

/** Shuffles in place (Fisher–Yates). */
export function shuffle(values: Int32Array, generator: RandomGenerator): void {
  for (let i = values.length - 1; i > 0; i--) swap(values, i, uniformIndex(generator, i + 1));
}

export function swap(values: Int32Array, i: number, j: number): void {
  const at = values[i] as number;
  values[i] = values[j] as number;
  values[j] = at;
}
