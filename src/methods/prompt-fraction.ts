/** Where a prompt's tokens put it in [0, 1), for splits that must keep a prompt on one side for all values (FNV-1a). */
export function promptFraction(tokens: Int32Array): number {
  let hash = 0x811c9dc5;
  for (const token of tokens) {
    for (let shift = 0; shift < 32; shift += 8) hash = Math.imul(hash ^ ((token >>> shift) & 255), 0x01000193);
  }
  // The low bits of FNV are poor.
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  hash ^= hash >>> 12;
  return (hash >>> 0) / 2 ** 32;
}
