/** Markers of series: filled shapes of about the same area, that can be told apart without colour. */
import type { MarkerShape } from "../charts/chart.js";
import { type Attributes, coordinate, element } from "./markup.js";

export function marker(shape: MarkerShape, x: number, y: number, size: number, paint: Attributes): string {
  const polygon = (points: readonly (readonly [number, number])[]): string =>
    element("polygon", {
      points: points.map(([dx, dy]) => `${coordinate(x + dx * size)},${coordinate(y + dy * size)}`).join(" "),
      ...paint,
    });
  switch (shape) {
    case "circle":
      return element("circle", { cx: x, cy: y, r: size, ...paint });
    case "square":
      return element("rect", { x: x - size * 0.9, y: y - size * 0.9, width: size * 1.8, height: size * 1.8, ...paint });
    case "triangle":
      return polygon([
        [0, -1.25],
        [1.15, 0.85],
        [-1.15, 0.85],
      ]);
    case "wedge":
      return polygon([
        [0, 1.25],
        [1.15, -0.85],
        [-1.15, -0.85],
      ]);
    case "diamond":
      return polygon([
        [0, -1.35],
        [1.35, 0],
        [0, 1.35],
        [-1.35, 0],
      ]);
    case "hexagon":
      return polygon(ring(6, () => 1.15));
    case "star":
      return polygon(ring(10, (i) => (i % 2 === 0 ? 1.6 : 0.65)));
    case "cross":
      return polygon(CROSS);
    default:
      return shape satisfies never;
  }
}

function ring(count: number, radius: (index: number) => number): (readonly [number, number])[] {
  return Array.from({ length: count }, (_, i) => {
    const angle = (2 * Math.PI * i) / count - Math.PI / 2;
    return [radius(i) * Math.cos(angle), radius(i) * Math.sin(angle)] as const;
  });
}

/** An ×, as an outline: it can be filled like the others. */
const CROSS = (
  [
    [0, -0.45],
    [0.85, -1.3],
    [1.3, -0.85],
    [0.45, 0],
    [1.3, 0.85],
    [0.85, 1.3],
    [0, 0.45],
    [-0.85, 1.3],
    [-1.3, 0.85],
    [-0.45, 0],
    [-1.3, -0.85],
    [-0.85, -1.3],
  ] as const
).map((point) => point);
