/**
 * The preference lattices of the protocol: which weights every method must answer.
 *
 * Weights are on the simplex (non-negative, summing to 1); what a method makes of them is its own matter.
 */

export type LatticeName = "five" | "eleven" | "vertices-edges-centre";

/** @returns N weights over `values` values; vertices first, in suite order, so that e_k is entry k. */
export function simplexLattice(name: LatticeName, values: number): number[][] {
  const vertices = Array.from({ length: values }, (_, k) => unit(values, k));
  switch (name) {
    case "five":
    case "eleven": {
      if (values !== 2) throw new RangeError(`lattice "${name}" is for 2 values, not ${values}`);
      const steps = name === "five" ? 4 : 10;
      const inner = Array.from({ length: steps - 1 }, (_, i) => [(steps - 1 - i) / steps, (i + 1) / steps]);
      return [...vertices, ...inner];
    }
    case "vertices-edges-centre": {
      const edges: number[][] = [];
      for (let i = 0; i < values; i++) {
        for (let j = i + 1; j < values; j++) {
          edges.push(Array.from({ length: values }, (_, k) => (k === i || k === j ? 0.5 : 0)));
        }
      }
      if (values === 2) return [...vertices, ...edges];
      return [...vertices, ...edges, new Array<number>(values).fill(1 / values)];
    }
    default:
      return name satisfies never;
  }
}

/** Of more points the low-discrepancy sequence, rounded, would repeat itself. */
export const MOST_EXPLORED = 1000;

/**
 * Grid points that mixing methods may explore: `count` distinct points of the cube `[0.1, 1]^values` or of the simplex, a
 * low-discrepancy sequence (additive recurrence, Roberts' R_d), the same for every method and run.
 * @throws RangeError beyond 1,000 points
 */
export function exploreGrid(space: "cube" | "simplex", values: number, count: number): number[][] {
  if (count > MOST_EXPLORED) throw new RangeError(`${count} points to explore: at most ${MOST_EXPLORED}`);
  const dimensions = space === "cube" ? values : values - 1;
  let root = 2;
  for (let i = 0; i < 64; i++) root = (1 + root) ** (1 / (dimensions + 1));
  const points = new Map<string, number[]>();
  for (let n = 1; points.size < count; n++) {
    const raw = Array.from({ length: dimensions }, (_, k) => (0.5 + n * root ** -(k + 1)) % 1);
    // On the simplex: the gaps between sorted coordinates, uniform where those are.
    const cuts = [0, ...raw.map(round).sort((a, b) => a - b), 1];
    const point =
      space === "cube"
        ? raw.map((x) => round(0.1 + 0.9 * x))
        : Array.from({ length: values }, (_, k) => round((cuts[k + 1] ?? 1) - (cuts[k] ?? 0)));
    points.set(point.join(), point);
  }
  return [...points.values()];
}

function unit(size: number, at: number): number[] {
  return Array.from({ length: size }, (_, k) => (k === at ? 1 : 0));
}

/** Four decimals: a mixture is written in files and must read back as the very number that was scored. */
function round(x: number): number {
  return Math.round(x * 1e4) / 1e4;
}
