/**
 * Frozen weights in half the space: a constant whose every value is a 16-bit float already is stored as one, and made a
 * 32-bit float where it is used. Nothing is rounded here: a constant with any other value stays as it is.
 */
import { fromFloat16, toFloat16 } from "../half-floats.js";

/** Smaller constants are not worth a node. */
const LEAST_VALUES = 1024;

const known = new WeakMap<Float32Array, Uint16Array | "inexact">();

/** The values as IEEE 754 binary16, or null where they are few or some would be rounded. */
export function halfBits(data: Float32Array | Int32Array): Uint16Array | null {
  if (data instanceof Int32Array || data.length < LEAST_VALUES) return null;
  const found = known.get(data) ?? convert(data);
  known.set(data, found);
  return found === "inexact" ? null : found;
}

function convert(data: Float32Array): Uint16Array | "inexact" {
  const bits = new Uint16Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    const half = toFloat16(value);
    // -0 and 0 are one number to a product.
    if (fromFloat16(half) !== value) return "inexact";
    bits[i] = half;
  }
  return bits;
}
