/** The WebAssembly of `src/metrics/simd-rows.ts`, in hexadecimal. */
export function assembled(): string;
