import { fail, mustEqual, mustExist } from "./error.js";

/** Row-major numbers: entry (i, j) is `data[i * columns + j]`. */
export interface Matrix {
  readonly data: Float64Array | Float32Array;
  readonly rows: number;
  readonly columns: number;
}

export type MatrixLike = Matrix | readonly (readonly number[])[];

/** A matrix in double precision. */
export interface DenseMatrix extends Matrix {
  readonly data: Float64Array;
}

/**
 * Double-precision copy (or the same array where it is one already).
 *
 * @param what how errors name it
 * @throws MetricsError `dimension-mismatch`, `not-finite`, `empty-set`
 */
export function dense(matrix: MatrixLike, what: string): DenseMatrix {
  const packed = isRows(matrix) ? packedRows(matrix, what) : matrix;
  const { rows, columns } = packed;
  const data = packed.data instanceof Float64Array ? packed.data : Float64Array.from(packed.data);
  mustExist(data.length, `numbers in ${what}`);
  mustEqual(data.length, rows * columns, `numbers in ${what}`);
  for (let i = 0; i < data.length; i++) {
    const x = data[i] as number;
    if (x - x !== 0) fail("not-finite", `${what}: row ${Math.floor(i / columns)}, column ${i % columns} is ${x}`);
  }
  return { data, rows, columns };
}

function isRows(matrix: MatrixLike): matrix is readonly (readonly number[])[] {
  return Array.isArray(matrix);
}

function packedRows(matrix: readonly (readonly number[])[], what: string): DenseMatrix {
  const columns = matrix[0]?.length ?? 0;
  const data = new Float64Array(matrix.length * columns);
  matrix.forEach((row, i) => {
    mustEqual(row.length, columns, `${what}: numbers in row ${i}`);
    data.set(row, i * columns);
  });
  return { data, rows: matrix.length, columns };
}

/** AᵀB, `[a.columns, b.columns]`. */
export function transposedTimes(a: DenseMatrix, b: DenseMatrix): DenseMatrix {
  return timesTransposed(transposed(a), transposed(b));
}

/** ABᵀ, `[a.rows, b.rows]`: two rows by four at a time, as many sums as there are registers. */
export function timesTransposed(a: DenseMatrix, b: DenseMatrix): DenseMatrix {
  const x = a.data;
  const y = b.data;
  const n = a.columns;
  const q = b.rows;
  const data = new Float64Array(a.rows * q);
  let i = 0;
  for (; i + 2 <= a.rows; i += 2) {
    let j = 0;
    for (; j + 4 <= q; j += 4) {
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      let t0 = 0;
      let t1 = 0;
      let t2 = 0;
      let t3 = 0;
      for (let k = i * n, o = j * n; k < (i + 1) * n; k++, o++) {
        const u = x[k] as number;
        const v = x[k + n] as number;
        const y0 = y[o] as number;
        const y1 = y[o + n] as number;
        const y2 = y[o + 2 * n] as number;
        const y3 = y[o + 3 * n] as number;
        s0 += u * y0;
        s1 += u * y1;
        s2 += u * y2;
        s3 += u * y3;
        t0 += v * y0;
        t1 += v * y1;
        t2 += v * y2;
        t3 += v * y3;
      }
      const at = i * q + j;
      data[at] = s0;
      data[at + 1] = s1;
      data[at + 2] = s2;
      data[at + 3] = s3;
      data[at + q] = t0;
      data[at + q + 1] = t1;
      data[at + q + 2] = t2;
      data[at + q + 3] = t3;
    }
    if (j < q) {
      rowProducts(a, i, b, j, data, i * q);
      rowProducts(a, i + 1, b, j, data, i * q + q);
    }
  }
  if (i < a.rows) rowProducts(a, i, b, 0, data, i * q);
  return { data, rows: a.rows, columns: q };
}

/** out[at + j] = ⟨row i of A, row j of B⟩ for j ≥ `from`, four at a time: each sum waits for its last addition. */
export function rowProducts(
  { data: a }: DenseMatrix,
  i: number,
  { data: b, rows, columns: n }: DenseMatrix,
  from: number,
  out: Float64Array,
  at: number,
): void {
  const row = i * n;
  let j = from;
  for (; j + 4 <= rows; j += 4) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let k = 0, o = j * n; k < n; k++, o++) {
      const x = a[row + k] as number;
      s0 += x * (b[o] as number);
      s1 += x * (b[o + n] as number);
      s2 += x * (b[o + 2 * n] as number);
      s3 += x * (b[o + 3 * n] as number);
    }
    out[at + j] = s0;
    out[at + j + 1] = s1;
    out[at + j + 2] = s2;
    out[at + j + 3] = s3;
  }
  for (; j < rows; j++) {
    let s = 0;
    for (let k = 0, o = j * n; k < n; k++, o++) s += (a[row + k] as number) * (b[o] as number);
    out[at + j] = s;
  }
}

/** AB, `[a.rows, b.columns]`. */
export function times(a: DenseMatrix, b: DenseMatrix): DenseMatrix {
  return timesTransposed(a, transposed(b));
}

export function transposed(a: DenseMatrix): DenseMatrix {
  const data = new Float64Array(a.data.length);
  for (let i = 0; i < a.rows; i++)
    for (let j = 0; j < a.columns; j++) data[j * a.rows + i] = a.data[i * a.columns + j] as number;
  return { data, rows: a.columns, columns: a.rows };
}

/** Sum of entry-wise products. */
export function inner(a: DenseMatrix, b: DenseMatrix): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += (a.data[i] as number) * (b.data[i] as number);
  return sum;
}

/** HA: every column minus its mean. */
export function columnCentred(a: DenseMatrix): DenseMatrix {
  const { rows, columns } = a;
  const means = new Float64Array(columns);
  // from the first row on: a constant column becomes 0, not rounding, in which a test would then see dependence
  const shifted = a.data.map((x, o) => x - (a.data[o % columns] as number));
  for (let o = 0; o < shifted.length; o++) {
    const j = o % columns;
    means[j] = (means[j] as number) + (shifted[o] as number) / rows;
  }
  return { data: shifted.map((x, o) => x - (means[o % columns] as number)), rows, columns };
}

/**
 * Orthonormal basis and triangle of a tall matrix, A = QR, by modified Gram–Schmidt done twice.
 * A column that lies in the span of those before it (to 1e-12 of its length) gets a zero column in Q.
 */
export function orthonormalised(a: DenseMatrix): { q: DenseMatrix; r: DenseMatrix } {
  const { rows, columns } = a;
  // worked on columns stored as rows: contiguous
  const qt = transposed(a);
  const q = qt.data;
  const r = new Float64Array(columns * columns);
  for (let j = 0; j < columns; j++) {
    const vj = q.subarray(j * rows, (j + 1) * rows);
    const length = norm(vj);
    for (let i = 0; i < 2 * j; i++) {
      const vi = q.subarray((i % j) * rows, ((i % j) + 1) * rows);
      let s = 0;
      for (let k = 0; k < rows; k++) s += (vi[k] as number) * (vj[k] as number);
      if (s === 0) continue;
      const at = (i % j) * columns + j;
      r[at] = (r[at] as number) + s;
      for (let k = 0; k < rows; k++) vj[k] = (vj[k] as number) - s * (vi[k] as number);
    }
    const left = norm(vj);
    const independent = left > 1e-12 * length;
    r[j * columns + j] = independent ? left : 0;
    for (let k = 0; k < rows; k++) vj[k] = independent ? (vj[k] as number) / left : 0;
  }
  return { q: transposed(qt), r: { data: r, rows: columns, columns } };
}

function norm(v: Float64Array): number {
  const largest = v.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return largest && largest * Math.sqrt(v.reduce((sum, x) => sum + (x / largest) ** 2, 0));
}

/** Singular values of a small matrix, descending: one-sided Jacobi on its rows, accurate also for the small ones. */
export function singularValues({ data, rows, columns }: DenseMatrix): Float64Array {
  const work = data.slice();
  const row = (i: number): Float64Array => work.subarray(i * columns, (i + 1) * columns);
  for (let sweep = 0, rotated = true; sweep < 60 && rotated; sweep++) {
    rotated = false;
    for (let i = 0; i < rows - 1; i++) {
      for (let j = i + 1; j < rows; j++) {
        const x = row(i);
        const y = row(j);
        let xx = 0;
        let yy = 0;
        let xy = 0;
        for (let k = 0; k < columns; k++) {
          xx += (x[k] as number) ** 2;
          yy += (y[k] as number) ** 2;
          xy += (x[k] as number) * (y[k] as number);
        }
        if (xy === 0 || Math.abs(xy) <= 1e-15 * Math.sqrt(xx * yy)) continue;
        rotated = true;
        const tau = (yy - xx) / (2 * xy);
        const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
        const c = 1 / Math.sqrt(1 + t * t);
        for (let k = 0; k < columns; k++) {
          const u = x[k] as number;
          const v = y[k] as number;
          x[k] = c * (u - t * v);
          y[k] = c * (t * u + v);
        }
      }
    }
  }
  return Float64Array.from({ length: rows }, (_, i) => norm(row(i)))
    .sort()
    .reverse();
}
