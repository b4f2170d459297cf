/**
 * Bucket sizes: shapes are static, so lengths are rounded up to few sizes instead of to each batch's longest; a quarter
 * of wasted length at most, and an executable per bucket.
 */

/** Smallest bucket that holds `length` (≥ 1): multiples of 16 up to 128, then four steps per doubling. */
export function bucketLength(length: number): number {
  let step = 16;
  while (length > 8 * step) step *= 2;
  return Math.max(1, Math.ceil(length / step)) * step;
}
