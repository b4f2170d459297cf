import { MetricsError } from "./error.js";

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
  if (isRows(matrix)) {
    const rows = matrix.length;
    const columns = matrix[0]?.length ?? 0;
    const data = new Float64Array(rows * columns);
    matrix.forEach((row, i) => {
      if (row.length !== columns) {
        throw new MetricsError(
          "dimension-mismatch",
          `${what}: row ${i} has ${row.length} numbers, row 0 has ${columns}`,
        );
      }
      data.set(row, i * columns);
    });
    return checked({ data, rows, columns }, what);
  }
  if (matrix.data.length !== matrix.rows * matrix.columns) {
    throw new MetricsError(
      "dimension-mismatch",
      `${what}: ${matrix.data.length} numbers are not ${matrix.rows} × ${matrix.columns}`,
    );
  }
  const data = matrix.data instanceof Float64Array ? matrix.data : Float64Array.from(matrix.data);
  return checked({ data, rows: matrix.rows, columns: matrix.columns }, what);
}

function isRows(matrix: MatrixLike): matrix is readonly (readonly number[])[] {
  return Array.isArray(matrix);
}

function checked(matrix: DenseMatrix, what: string): DenseMatrix {
  const { data, columns } = matrix;
  if (data.length === 0) throw new MetricsError("empty-set", `${what} is empty`);
  for (let i = 0; i < data.length; i++) {
    const x = data[i] as number;
    if (x - x !== 0) {
      throw new MetricsError("not-finite", `${what}: row ${Math.floor(i / columns)}, column ${i % columns} is ${x}`);
    }
  }
  return matrix;
}

/** AᵀB, `[a.columns, b.columns]`. */
export function transposedTimes(a: DenseMatrix, b: DenseMatrix): DenseMatrix {
  return timesTransposed(transposed(a), transposed(b));
}

/** ABᵀ, `[a.rows, b.rows]`. */
export function timesTransposed(a: DenseMatrix, b: DenseMatrix): DenseMatrix {
  const n = a.columns;
  const out = new Float64Array(a.rows * b.rows);
  const q = b.rows;
  for (let i = 0; i < a.rows; i++) {
    const r = i * n;
    let j = 0;
    for (; j + 4 <= q; j += 4) {
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      for (let k = 0, o = j * n; k < n; k++, o++) {
        const x = a.data[r + k] as number;
        s0 += x * (b.data[o] as number);
        s1 += x * (b.data[o + n] as number);
        s2 += x * (b.data[o + 2 * n] as number);
        s3 += x * (b.data[o + 3 * n] as number);
      }
      out[i * q + j] = s0;
      out[i * q + j + 1] = s1;
      out[i * q + j + 2] = s2;
      out[i * q + j + 3] = s3;
    }
    for (; j < q; j++) {
      let s = 0;
      for (let k = 0; k < n; k++) s += (a.data[r + k] as number) * (b.data[j * n + k] as number);
      out[i * q + j] = s;
    }
  }
  return { data: out, rows: a.rows, columns: q };
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
  for (let i = 0, o = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) means[j] = (means[j] as number) + (a.data[o++] as number) / rows;
  const data = new Float64Array(a.data.length);
  for (let i = 0, o = 0; i < rows; i++)
    for (let j = 0; j < columns; j++, o++) data[o] = (a.data[o] as number) - (means[j] as number);
  return { data, rows, columns };
}

/**
 * Orthonormal basis and triangle of a tall matrix, A = QR, by modified Gram–Schmidt done twice.
 * A column that lies in the span of those before it (to 1e-12 of its length) gets a zero column in Q.
 */
export function orthonormalised(a: DenseMatrix): { q: DenseMatrix; r: DenseMatrix } {
  const { rows, columns } = a;
  // worked on columns stored as rows: contiguous
  const q = transposed(a).data;
  const r = new Float64Array(columns * columns);
  for (let j = 0; j < columns; j++) {
    const vj = q.subarray(j * rows, (j + 1) * rows);
    const length = norm(vj);
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < j; i++) {
        const vi = q.subarray(i * rows, (i + 1) * rows);
        let s = 0;
        for (let k = 0; k < rows; k++) s += (vi[k] as number) * (vj[k] as number);
        if (s === 0) continue;
        r[i * columns + j] = (r[i * columns + j] as number) + s;
        for (let k = 0; k < rows; k++) vj[k] = (vj[k] as number) - s * (vi[k] as number);
      }
    }
    const left = norm(vj);
    if (left <= 1e-12 * length) {
      vj.fill(0);
      continue;
    }
    r[j * columns + j] = left;
    for (let k = 0; k < rows; k++) vj[k] = (vj[k] as number) / left;
  }
  return {
    q: transposed({ data: q, rows: columns, columns: rows }),
    r: { data: r, rows: columns, columns },
  };
}

function norm(v: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < v.length; i++) largest = Math.max(largest, Math.abs(v[i] as number));
  if (largest === 0) return 0;
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += ((v[i] as number) / largest) ** 2;
  return largest * Math.sqrt(sum);
}

/** Singular values of a small matrix, descending: one-sided Jacobi on its rows, accurate also for the small ones. */
export function singularValues(a: DenseMatrix): Float64Array {
  const { rows: n, columns } = a;
  const work = a.data.slice();
  const row = (i: number): Float64Array => work.subarray(i * columns, (i + 1) * columns);
  for (let sweep = 0, rotated = true; sweep < 60 && rotated; sweep++) {
    rotated = false;
    for (let i = 0; i < n - 1; i++) {
      for (let j = i + 1; j < n; j++) {
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
  return Float64Array.from({ length: n }, (_, i) => norm(row(i)))
    .sort()
    .reverse();
}
