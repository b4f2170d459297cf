/** A line's shape in one row: its last numbers as heights between the least and the greatest of them. */
import { mean } from "../../metrics/index.js";
import type { Glyphs } from "./glyphs.js";

/** @param width columns at most; numbers that are none are left blank */
export function sparkline(numbers: readonly number[], width: number, glyphs: Glyphs): string {
  const shown = width <= 0 ? [] : thinned(numbers, width);
  const known = shown.filter(Number.isFinite);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const { heights } = glyphs;
  return shown
    .map((number) => {
      if (!Number.isFinite(number)) return " ";
      const share = high > low ? (number - low) / (high - low) : 0.5;
      return heights[Math.min(heights.length - 1, Math.floor(share * heights.length))] ?? " ";
    })
    .join("");
}

/** Means of equal stretches, where there are more numbers than columns. */
function thinned(numbers: readonly number[], width: number): number[] {
  if (numbers.length <= width) return [...numbers];
  return Array.from({ length: width }, (_, at) => {
    const stretch = numbers
      .slice(Math.floor((at * numbers.length) / width), Math.floor(((at + 1) * numbers.length) / width))
      .filter(Number.isFinite);
    return stretch.length === 0 ? Number.NaN : mean(stretch);
  });
}
