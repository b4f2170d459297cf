/** How often a reward model prefers the reply that people preferred, on pairs it was not trained on. */
import { wilsonInterval } from "../metrics/index.js";

export interface HeldOutAccuracy {
  readonly value: string;
  readonly pairs: number;
  /** Share in [0, 1] of pairs with `r(chosen) > r(rejected)`; a tie counts one half. */
  readonly accuracy: number;
  /** 95 % interval (Wilson). */
  readonly low: number;
  readonly high: number;
  /** False where the interval holds one half: such a model is no ruler, and no headline rests on it (PROTOCOL §2). */
  readonly ruler: boolean;
}

/** @param margins `r(chosen) − r(rejected)` of held-out pairs; at least one. */
export function heldOutAccuracy(value: string, margins: readonly number[]): HeldOutAccuracy {
  const correct = margins.reduce((sum, margin) => sum + (margin > 0 ? 1 : margin === 0 ? 0.5 : 0), 0);
  const { low, high } = wilsonInterval(correct, margins.length);
  return { value, pairs: margins.length, accuracy: correct / margins.length, low, high, ruler: low > 0.5 };
}
