/** Choosing the next token on the host, with noise that belongs to the sample and not to the batch it is drawn in. */
import { createHash } from "node:crypto";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";

/** Uniform numbers in [0, 1) of one sample, one per token: a function of (seed, promptKey, sample) alone. */
export function sampleNoise(seed: number, promptKey: string, sample: number): () => number {
  const digest = createHash("sha256").update(`${seed}\n${sample}\n${promptKey}`).digest();
  const state = [0, 4, 8, 12].map((offset) => digest.readInt32LE(offset));
  const random = xoroshiro128plusFromState(state);
  return () => uniformFloat64(random);
}

/** Index of the largest of `values[start … start + size − 1]`, the first of equals; −1 where one is NaN. */
export function argMax(values: ArrayLike<number>, start: number, size: number): number {
  let best = 0;
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < size; i++) {
    const value = values[start + i] ?? Number.NaN;
    if (value > largest) {
      largest = value;
      best = i;
    } else if (Number.isNaN(value)) return -1;
  }
  return best;
}

/** log softmax(`logits[start … start + size − 1]`)[token]. */
export function logProbOf(logits: Float32Array, start: number, size: number, token: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < size; i++) largest = Math.max(largest, logits[start + i] ?? Number.NaN);
  let sum = 0;
  for (let i = 0; i < size; i++) sum += Math.exp((logits[start + i] ?? Number.NaN) - largest);
  return (logits[start + token] ?? Number.NaN) - largest - Math.log(sum);
}

/**
 * Draws from `probabilities[start … start + size − 1]` (summing to about 1) by inverting their running sum at `uniform`.
 * With `topP` < 1 only the most probable tokens whose sum first reaches `topP` can be drawn (Holtzman et al. 2020).
 * −1 where a probability is NaN.
 */
export function drawToken(
  probabilities: Float32Array,
  start: number,
  size: number,
  topP: number,
  uniform: number,
): number {
  let total = 0;
  for (let i = 0; i < size; i++) total += probabilities[start + i] ?? Number.NaN;
  if (!(total > 0)) return -1;
  if (topP < 1) return drawNucleus(probabilities, start, size, topP * total, uniform);
  let rest = uniform * total;
  let last = 0;
  for (let i = 0; i < size; i++) {
    const probability = probabilities[start + i] ?? 0;
    if (probability === 0) continue;
    last = i;
    rest -= probability;
    if (rest < 0) return i;
  }
  return last;
}

function drawNucleus(probabilities: Float32Array, start: number, size: number, mass: number, uniform: number): number {
  const at = (i: number): number => probabilities[start + i] ?? 0;
  const order = Array.from({ length: size }, (_, i) => i).sort((a, b) => at(b) - at(a) || a - b);
  let kept = 0;
  let sum = 0;
  while (kept < size && sum < mass) sum += at(order[kept++] ?? 0);
  let rest = uniform * sum;
  for (let i = 0; i < kept; i++) {
    rest -= at(order[i] ?? 0);
    if (rest < 0) return order[i] ?? 0;
  }
  return order[kept - 1] ?? 0;
}
