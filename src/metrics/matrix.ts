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
  const p = a.columns;
  const q = b.columns;
  const out = new Float64Array(p * q);
  const n = a.rows;
  let i = 0;
  // four rows at a time: each entry of the result is loaded and stored once for four products
  for (; i + 4 <= n; i += 4) {
    for (let j = 0; j < p; j++) {
      const x0 = a.data[i * p + j] as number;
      const x1 = a.data[(i + 1) * p + j] as number;
      const x2 = a.data[(i + 2) * p + j] as number;
      const x3 = a.data[(i + 3) * p + j] as number;
      for (let k = 0, o = j * q, r = i * q; k < q; k++, o++, r++) {
        out[o] =
          (out[o] as number) +
          x0 * (b.data[r] as number) +
          x1 * (b.data[r + q] as number) +
          x2 * (b.data[r + 2 * q] as number) +
          x3 * (b.data[r + 3 * q] as number);
      }
    }
  }
  for (; i < n; i++) {
    for (let j = 0; j < p; j++) {
      const x = a.data[i * p + j] as number;
      for (let k = 0; k < q; k++) out[j * q + k] = (out[j * q + k] as number) + x * (b.data[i * q + k] as number);
    }
  }
  return { data: out, rows: p, columns: q };
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
  const n = a.columns;
  const q = b.columns;
  const out = new Float64Array(a.rows * q);
  for (let i = 0; i < a.rows; i++) {
    for (let k = 0; k < n; k++) {
      const x = a.data[i * n + k] as number;
      if (x === 0) continue;
      for (let j = 0, o = i * q, r = k * q; j < q; j++, o++, r++)
        out[o] = (out[o] as number) + x * (b.data[r] as number);
    }
  }
  return { data: out, rows: a.rows, columns: q };
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

/**
 * Singular values (descending) and left singular vectors of a small square matrix: one-sided Jacobi on its rows,
 * accurate also for the small singular values.
 */
export function singularValues(a: DenseMatrix): { values: Float64Array; left: DenseMatrix } {
  const { rows: n, columns } = a;
  const work = a.data.slice();
  const left = new Float64Array(n * n);
  for (let i = 0; i < n; i++) left[i * n + i] = 1;
  for (let sweep = 0; sweep < 60; sweep++) {
    let rotated = false;
    for (let i = 0; i < n - 1; i++) {
      for (let j = i + 1; j < n; j++) {
        let aa = 0;
        let bb = 0;
        let ab = 0;
        for (let k = 0; k < columns; k++) {
          const x = work[i * columns + k] as number;
          const y = work[j * columns + k] as number;
          aa += x * x;
          bb += y * y;
          ab += x * y;
        }
        if (Math.abs(ab) <= 1e-15 * Math.sqrt(aa * bb) || ab === 0) continue;
        rotated = true;
        const tau = (bb - aa) / (2 * ab);
        const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
        const c = 1 / Math.sqrt(1 + t * t);
        rotateRows(work, columns, i, j, c, c * t);
        rotateRows(left, n, i, j, c, c * t);
      }
    }
    if (!rotated) break;
  }
  const lengths = new Float64Array(n);
  for (let i = 0; i < n; i++) lengths[i] = norm(work.subarray(i * columns, (i + 1) * columns));
  const order = Array.from(lengths.keys()).sort((i, j) => (lengths[j] as number) - (lengths[i] as number));
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    for (let k = 0; k < n; k++) vectors[k * n + to] = left[from * n + k] as number;
  });
  return {
    values: Float64Array.from(order, (i) => lengths[i] as number),
    left: { data: vectors, rows: n, columns: n },
  };
}

function rotateRows(data: Float64Array, columns: number, i: number, j: number, c: number, s: number): void {
  for (let k = 0, a = i * columns, b = j * columns; k < columns; k++, a++, b++) {
    const x = data[a] as number;
    const y = data[b] as number;
    data[a] = c * x - s * y;
    data[b] = s * x + c * y;
  }
}
