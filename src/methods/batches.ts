/**
 * Which pairs each optimizer step reads, and in what shapes. The order is a function of (lengths, batch size, seed) alone, so
 * a whole training is planned before its first step, and every task on the same pairs reads them in the same order.
 */
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import type { PairRow, PairShape } from "../lm/pairs.js";
import { pairLength } from "../lm/pairs.js";

/** Batches of similar length are cut from windows of at most this many batches of the shuffled data. */
const WINDOW = 32;

/** Shapes are multiples of these: vectors of the arithmetic stay aligned, and few shapes serve many batches. */
const LENGTH_STEP = 16;
const SELECTED_STEP = 64;

/** A shape must save this share of the arithmetic to be worth compiling, and the memory of its session. */
export const SHAPE_WORTH = 0.02;

/**
 * Endless batches of row indices: epochs of shuffled rows end to end, so that no step is short. Within a window rows are
 * sorted by length before they are cut into batches, and the batches shuffled again: little padding, no drift of length.
 */
export function* batchOrder(lengths: readonly number[], batchSize: number, seed: number): Generator<number[]> {
  if (lengths.length === 0) throw new Error("there are no rows to batch");
  const random = xoroshiro128plus(seed);
  const rows = shuffledEpochs(lengths.length, random);
  // A window is no longer than the data, or a batch could be one row many times.
  const batchesPerWindow = Math.max(1, Math.min(WINDOW, Math.floor(lengths.length / batchSize)));
  for (;;) {
    const window: number[] = [];
    while (window.length < batchesPerWindow * batchSize) window.push(rows.next().value);
    // Ties keep the shuffled order: sort is stable.
    window.sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0));
    const batches = Array.from({ length: batchesPerWindow }, (_, i) =>
      window.slice(i * batchSize, (i + 1) * batchSize),
    );
    shuffle(batches, random);
    yield* batches;
  }
}

function* shuffledEpochs(count: number, random: RandomGenerator): Generator<number, never> {
  for (;;) {
    const rows = Array.from({ length: count }, (_, i) => i);
    shuffle(rows, random);
    yield* rows;
  }
}

/** Fisher–Yates, in place. */
function shuffle<T>(items: T[], random: RandomGenerator): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = uniformInt(random, 0, i);
    const [a, b] = [items[i], items[j]];
    if (a !== undefined && b !== undefined) {
      items[i] = b;
      items[j] = a;
    }
  }
}

/** Tokens of a pass beyond which its activations no longer stay in a processor's cache. */
const PASS_TOKENS = 1024;

/** In how many equal parts a batch is best passed, for pairs of `meanTokens`: few tokens a pass, and little padding. */
export function passesPerBatch(batchPairs: number, meanTokens: number): number {
  let passes = 1;
  while (passes < batchPairs && (batchPairs % passes !== 0 || (batchPairs / passes) * meanTokens > PASS_TOKENS))
    passes++;
  return passes;
}

/** The largest number of rows, at most `most`, that cuts a batch into equal parts. */
export function equalPart(batchRows: number, most: number): number {
  let rows = Math.max(1, Math.min(batchRows, Math.floor(most)));
  while (batchRows % rows !== 0) rows--;
  return rows;
}

/** The shape of these pairs as they are; `predicted` tokens beside the responses' where given. */
export function tightShape(rows: readonly PairRow[], predicted = 0): PairShape {
  const selected = rows.reduce((sum, { chosen, rejected }) => sum + chosen.length + rejected.length, predicted);
  const upTo = (value: number, step: number) => Math.ceil(Math.max(1, value) / step) * step;
  return {
    rows: rows.length,
    length: upTo(Math.max(...rows.map(pairLength)), LENGTH_STEP),
    selected: upTo(selected, SELECTED_STEP),
  };
}

/**
 * Forward FLOPs worth one trained parameter's way to a card and back with its two moments. Reckoned, not measured on a card: 12
 * bytes each way at 6 GB/s and ONNX Runtime's copy of each output at 1.6 GB/s (measured) take 12 ns, in which a card that does
 * 20 TFLOP/s is a third of 230,000 FLOPs further in the forward pass. It decides how much padding a shared call is worth.
 */
export const CROSSING_FLOPS = 75_000;

/**
 * What each step needs where up to `perCall` consecutive ones share a call, and so a shape: the cut into calls at which padding
 * and calls together cost least. A function of the plan alone: where calls really begin and end (checkpoints, looks at the
 * policy) changes no step's shape, and so no bit of a result.
 * @param callCost of each call, in the unit of `cost`
 */
export function sharedShapes(
  needed: readonly PairShape[],
  perCall: number,
  cost: (shape: PairShape) => number,
  callCost: number,
): PairShape[] {
  // The last call of the cheapest cut of the first `end` steps.
  const last: { total: number; from: number; shape: PairShape | null }[] = [{ total: 0, from: 0, shape: null }];
  for (let end = 1; end <= needed.length; end++) {
    let best = { total: Number.POSITIVE_INFINITY, from: end - 1, shape: needed[end - 1] ?? null };
    let shape: PairShape | undefined;
    for (let from = end - 1; from >= Math.max(0, end - perCall); from--) {
      const step = needed[from];
      const before = last[from];
      if (step === undefined || before === undefined) break;
      shape = shape === undefined ? step : join(shape, step);
      const total = before.total + (end - from) * cost(shape) + callCost;
      if (total < best.total) best = { total, from, shape };
    }
    last.push(best);
  }
  const shapes: PairShape[] = [];
  for (let end = needed.length; end > 0; ) {
    const call = last[end];
    if (call === undefined || call.shape === null) break;
    while (end > call.from) shapes[--end] = call.shape;
  }
  return shapes;
}

/**
 * At most `limit` shapes that hold all of `shapes`, chosen greedily for the least arithmetic on padding: an executable per
 * shape has to be compiled and kept. `cost` of a shape is in any unit, monotone; a shape that saves less than the share
 * `worth` of what all of `shapes` cost is not worth it.
 */
export function fewShapes(
  shapes: readonly PairShape[],
  limit: number,
  cost: (shape: PairShape) => number,
  worth = 0,
): PairShape[] {
  const distinct = new Map<string, { shape: PairShape; count: number }>();
  for (const shape of shapes) {
    const key = shapeKey(shape);
    const known = distinct.get(key);
    if (known === undefined) distinct.set(key, { shape, count: 1 });
    else known.count++;
  }
  const groups = [...distinct.values()];
  const total = shapes.reduce((sum, shape) => sum + cost(shape), 0);
  while (groups.length > 1) {
    let best = { i: 0, j: 1, added: Number.POSITIVE_INFINITY };
    groups.forEach((a, i) => {
      for (let j = i + 1; j < groups.length; j++) {
        const b = groups[j];
        if (b === undefined) continue;
        const joined = cost(join(a.shape, b.shape));
        const added = a.count * (joined - cost(a.shape)) + b.count * (joined - cost(b.shape));
        if (added < best.added) best = { i, j, added };
      }
    });
    if (groups.length <= limit && best.added >= worth * total) break;
    const [b] = groups.splice(best.j, 1);
    const a = groups[best.i];
    if (a === undefined || b === undefined) break;
    groups[best.i] = { shape: join(a.shape, b.shape), count: a.count + b.count };
  }
  return groups.map(({ shape }) => shape);
}

/** The cheapest of `shapes` that holds `needed`; `needed` itself where none does. */
export function shapeFor(
  needed: PairShape,
  shapes: readonly PairShape[],
  cost: (shape: PairShape) => number,
): PairShape {
  let best = needed;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const shape of shapes) {
    if (shape.rows < needed.rows || shape.length < needed.length || shape.selected < needed.selected) continue;
    const value = cost(shape);
    if (value < bestCost) [best, bestCost] = [shape, value];
  }
  return best;
}

export function shapeKey({ rows, length, selected }: PairShape): string {
  return `${rows}x${length}x${selected}`;
}

function join(a: PairShape, b: PairShape): PairShape {
  return {
    rows: Math.max(a.rows, b.rows),
    length: Math.max(a.length, b.length),
    selected: Math.max(a.selected, b.selected),
  };
}
