/** Independent random streams from one run seed: one for each purpose that is named. */
import { createHash } from "node:crypto";

/** A 32-bit seed; different parts give unrelated streams. */
export function deriveSeed(seed: number, ...parts: readonly string[]): number {
  return createHash("sha256")
    .update(JSON.stringify([seed, ...parts]))
    .digest()
    .readInt32LE(0);
}
