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

/**
 * Grid points that mixing methods may explore: `count` points of the cube `[0, 1]^values` (or of the simplex), a
 * low-discrepancy sequence (additive recurrence, Roberts' R_d), the same for every method and run.
 */
export function exploreGrid(space: "cube" | "simplex", values: number, count: number): number[][] {
  let root = 2;
  for (let i = 0; i < 64; i++) root = (1 + root) ** (1 / (values + 1));
  const points: number[][] = [];
  for (let n = 1; points.length < count; n++) {
    const raw = Array.from({ length: values }, (_, k) => (0.5 + n * root ** -(k + 1)) % 1);
    if (space === "cube") {
      points.push(raw.map((x) => round(0.1 + 0.9 * x)));
      continue;
    }
    // Uniform on the simplex: spacings of exponentials, from the same low-discrepancy coordinates.
    const logs = raw.map((x) => -Math.log(1 - x));
    const total = logs.reduce((sum, x) => sum + x, 0);
    const head = logs.slice(0, -1).map((x) => round(x / total));
    points.push([...head, round(1 - head.reduce((sum, x) => sum + x, 0))]);
  }
  return points;
}

function unit(size: number, at: number): number[] {
  return Array.from({ length: size }, (_, k) => (k === at ? 1 : 0));
}

/** Two decimals: a mixture is written in files and must read back as the very number that was scored. */
function round(x: number): number {
  return Math.round(x * 100) / 100;
}
