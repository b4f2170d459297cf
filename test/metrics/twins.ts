/**
 * Slow, obvious twins: each written from the definition alone, for minimised or maximised points as named, with no regard
 * for speed. They share nothing with the code under test.
 */

export type Rows = readonly (readonly number[])[];

/** Volume by inclusion–exclusion over all subsets; minimised points, clipped at the reference. */
export function inclusionExclusion(points: Rows, reference: readonly number[]): number {
  const inside = points.filter((p) => p.every((x, k) => x < (reference[k] as number)));
  let sum = 0;
  for (let subset = 1; subset < 2 ** inside.length; subset++) {
    const members = inside.filter((_, i) => (subset >> i) & 1);
    const corner = reference.map((_, k) => Math.max(...members.map((p) => p[k] as number)));
    const volume = corner.reduce((product, x, k) => product * ((reference[k] as number) - x), 1);
    sum += members.length % 2 === 1 ? volume : -volume;
  }
  return sum;
}

/** Volume by slicing: between two neighbouring values of the last coordinate the cross-section does not change. */
export function slicing(points: Rows, reference: readonly number[]): number {
  const d = reference.length;
  const inside = points.filter((p) => p.every((x, k) => x < (reference[k] as number)));
  if (inside.length === 0) return 0;
  if (d === 1) return (reference[0] as number) - Math.min(...inside.map((p) => p[0] as number));
  const levels = [...new Set(inside.map((p) => p[d - 1] as number))].sort((a, b) => a - b);
  let sum = 0;
  levels.forEach((level, i) => {
    const next = levels[i + 1] ?? (reference[d - 1] as number);
    const below = inside.filter((p) => (p[d - 1] as number) <= level).map((p) => p.slice(0, d - 1));
    sum += (next - level) * slicing(pareto(below), reference.slice(0, d - 1));
  });
  return sum;
}

/**
 * Volume as the sum of what each point adds to those after it: its box, less the volume of the others worsened to it
 * (While, Bradstreet, Barone 2012, without any of its shortcuts but the filter).
 */
export function limitSets(points: Rows, reference: readonly number[]): number {
  const inside = pareto(points.filter((p) => p.every((x, k) => x < (reference[k] as number)))).filter(
    (p, i, all) => all.findIndex((q) => String(q) === String(p)) === i,
  );
  let sum = 0;
  inside.forEach((p, i) => {
    const worsened = inside.slice(i + 1).map((q) => q.map((x, k) => Math.max(x, p[k] as number)));
    sum += p.reduce((box, x, k) => box * ((reference[k] as number) - x), 1) - limitSets(worsened, reference);
  });
  return sum;
}

/** a is at least as good as b everywhere (minimised). */
export function covers(a: readonly number[], b: readonly number[]): boolean {
  return a.every((x, k) => x <= (b[k] as number));
}

/** Pareto dominance (minimised). */
export function dominates(a: readonly number[], b: readonly number[]): boolean {
  return covers(a, b) && a.some((x, k) => x < (b[k] as number));
}

/** Indices of the points that no other dominates. */
export function paretoIndices(points: Rows): number[] {
  return points.flatMap((p, i) => (points.some((q) => dominates(q, p)) ? [] : [i]));
}

export function pareto(points: Rows): Rows {
  return paretoIndices(points).map((i) => points[i] as readonly number[]);
}

/** Kernel matrix from a function of two rows. */
export function gram(rows: Rows, kernel: (a: readonly number[], b: readonly number[]) => number): number[][] {
  return rows.map((a) => rows.map((b) => kernel(a, b)));
}

export const linear = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, k) => sum + x * (b[k] as number), 0);

export const rbf =
  (sigma: number) =>
  (a: readonly number[], b: readonly number[]): number =>
    Math.exp(-a.reduce((sum, x, k) => sum + (x - (b[k] as number)) ** 2, 0) / (2 * sigma * sigma));

/** tr(KHLH)/n² with H written out. */
export function hsicTrace(k: Rows, l: Rows): number {
  const n = k.length;
  const h = k.map((_, i) => k.map((__, j) => (i === j ? 1 : 0) - 1 / n));
  const product = (a: Rows, b: Rows): number[][] =>
    a.map((row) =>
      (b[0] ?? []).map((_, j) => row.reduce((sum, x, m) => sum + x * ((b[m] as readonly number[])[j] as number), 0)),
    );
  const khlh = product(product(k, h), product(l, h));
  return khlh.reduce((sum, row, i) => sum + (row[i] as number), 0) / n / n;
}

/** The U-statistic over all tuples of distinct indices: pairs, triples and quadruples. */
export function hsicTuples(k: Rows, l: Rows): number {
  const n = k.length;
  const K = (i: number, j: number): number => (k[i] as readonly number[])[j] as number;
  const L = (i: number, j: number): number => (l[i] as readonly number[])[j] as number;
  let pairs = 0;
  let triples = 0;
  let quadruples = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (j === i) continue;
      pairs += K(i, j) * L(i, j);
      for (let q = 0; q < n; q++) {
        if (q === i || q === j) continue;
        triples += K(i, j) * L(i, q);
        for (let r = 0; r < n; r++) if (r !== i && r !== j && r !== q) quadruples += K(i, j) * L(q, r);
      }
    }
  }
  const two = n * (n - 1);
  const three = two * (n - 2);
  const four = three * (n - 3);
  return pairs / two + quadruples / four - (2 * triples) / three;
}

/** Plain matrix product. */
export function multiply(a: Rows, b: Rows): number[][] {
  return a.map((row) =>
    (b[0] ?? []).map((_, j) => row.reduce((sum, x, m) => sum + x * ((b[m] as readonly number[])[j] as number), 0)),
  );
}

export function transpose(a: Rows): number[][] {
  return (a[0] ?? []).map((_, j) => a.map((row) => row[j] as number));
}

export function euclid(a: readonly number[], b: readonly number[]): number {
  return Math.sqrt(a.reduce((sum, x, k) => sum + (x - (b[k] as number)) ** 2, 0));
}

export function average(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}
