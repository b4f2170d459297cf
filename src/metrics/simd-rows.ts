/**
 * Distances and RBF kernels between rows in WebAssembly: two lanes where JavaScript has one. Rows come in blocks of four, feature by
 * feature, so that a load serves four sums.
 */
import type { DenseMatrix } from "./matrix.js";

/** What `node scripts/kernel-rows.mjs` assembles; the instructions are explained there. */
export const CODE =
  "0061736d0100000001100260067f7f7f7f7f7f0060037f7f7c00020801016d016d020001030302000107090201640000016500010ade0602940402037f0c7b0340fd0c000000000000000000000000000000002109fd0c00000000000000000000000000000000210afd0c00000000000000000000000000000000210bfd0c00000000000000000000000000000000210cfd0c00000000000000000000000000000000210dfd0c00000000000000000000000000000000210efd0c00000000000000000000000000000000210ffd0c0000000000000000000000000000000021102000220620036a21082001210703402007fd00030021112007fd00031021122006fd0a0300211320132011fdf10122142014fdf2012009fdf001210920132012fdf10122142014fdf201200afdf001210a2006fd0a0308211320132011fdf10122142014fdf201200bfdf001210b20132012fdf10122142014fdf201200cfdf001210c2006fd0a0310211320132011fdf10122142014fdf201200dfdf001210d20132012fdf10122142014fdf201200efdf001210e2006fd0a0318211320132011fdf10122142014fdf201200ffdf001210f20132012fdf10122142014fdf2012010fdf0012110200741206a2107200641206a22062008480d000b2004210620062009fd0b03002006200afd0b0310200620056a21062006200bfd0b03002006200cfd0b0310200620056a21062006200dfd0b03002006200efd0b0310200620056a21062006200ffd0b030020062010fd0b0310200620056a2106200441206a2104200722012002480d000b0bc50201047b034020002000fd0003002002fd14fdf2014400000000004887c0fd14fdf501210344000000000000e03ffd14200344fe822b6547155740fd14fdf201fdf101fdfc0121062006fdfe01220444000000f8422e863ffd14fdf2012003fdf001200444f2e4d5bce7e8eb3dfd14fdf201fdf001210344111111111111813ffd142003fdf20144555555555555a53ffd14fdf0012003fdf20144555555555555c53ffd14fdf0012003fdf20144000000000000e03ffd14fdf0012003fdf20144000000000000f03ffd14fdf0012003fdf20121042006413ffd11fdae014106fdac0122054106fdab012006fdb10121062006fd1b014103742006fd1b00410374fd0a0300fd57030001220320032004fdf201fdf0012005fd1b014103742005fd1b00410374fd0a038004fd5703800401fdf201fd0b0300200041106a22002001480d000b0b";

/** Numbers in front of the blocks: 2^(j/64), then 2^−j. */
const TABLES = 1184;

/** The little of it that is used; not every runtime has it. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object;
  readonly Memory: new (pages: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Instance: new (code: object, imports: { m: { m: object } }) => { readonly exports: unknown };
};
let compiled: object | undefined;

interface Exports {
  readonly d: (block: number, from: number, to: number, width: number, out: number, stride: number) => void;
  readonly e: (from: number, to: number, factor: number) => void;
}

/**
 * A function that fills `out[i … n−1]` with the squared distances between row i and rows i … n−1, or, where `factor` is given
 * (≤ 0), with exp(factor · them). It is quickest for rows asked for in order. Undefined where WebAssembly, or memory for it, cannot
 * be had: its caller then has to do without.
 */
export function simdRows(
  { data, rows, columns }: DenseMatrix,
  factor?: number,
): ((i: number, out: Float64Array) => void) | undefined {
  const blocks = Math.ceil(rows / 4);
  const width = 32 * columns;
  const start = 8 * TABLES;
  const out = start + blocks * width;
  const stride = 32 * blocks;
  let exports: Exports;
  let memory: Float64Array;
  try {
    compiled ??= new WebAssembly.Module(Uint8Array.from(CODE.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)));
    const m = new WebAssembly.Memory({ initial: Math.ceil((out + 4 * stride) / 65_536) });
    exports = new WebAssembly.Instance(compiled, { m: { m } }).exports as Exports;
    memory = new Float64Array(m.buffer);
  } catch {
    return undefined;
  }
  for (let j = 0; j < TABLES; j++) memory[j] = 2 ** (j < 64 ? j / 64 : 64 - j);
  for (let i = 0, from = 0; i < rows; i++) {
    const to = TABLES + (i >> 2) * 4 * columns + (i & 3);
    for (let k = 0; k < columns; k++) memory[to + 4 * k] = data[from++] as number;
  }
  let ready = -1;
  return (i, values) => {
    const block = i >> 2;
    if (block !== ready) {
      const at = start + block * width;
      const first = out + 32 * block;
      exports.d(at, at, out, width, first, stride);
      for (let row = 0; row < 4 && factor !== undefined; row++) {
        exports.e(first + row * stride, out + (row + 1) * stride, factor);
      }
      ready = block;
    }
    const row = (out + (i & 3) * stride) >> 3;
    values.set(memory.subarray(row + i, row + rows), i);
  };
}
