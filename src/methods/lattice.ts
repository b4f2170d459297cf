/** Declared preferences: points on the simplex, one weight a value. */

/** All weight on one value. */
export function isVertex(weights: readonly number[]): boolean {
  return weights.every((weight) => weight === 0 || weight === 1) && weights.includes(1);
}

/** `w/max(w)`: the same preference on the outer faces of the unit cube, where vectors are not made shorter by mixing. */
export function onCube(weights: readonly number[]): number[] {
  const largest = Math.max(...weights);
  return weights.map((weight) => weight / largest);
}

/** The candidate's name: its weights, at most four decimals each. */
export function candidateName(weights: readonly number[]): string {
  return `w=${weights.map((weight) => String(Number(weight.toFixed(4)))).join(",")}`;
}
