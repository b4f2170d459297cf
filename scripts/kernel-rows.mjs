/**
 * Assembles the WebAssembly of `src/metrics/simd-rows.ts` (128-bit SIMD, one memory, two functions) and prints it in hexadecimal, which
 * gzip packs best.
 *
 *   node scripts/kernel-rows.mjs
 *
 * A test holds that the source carries what this gives. Both lanes of a vector belong to different pairs of rows, so that each
 * sum is added up in the order of the features, as a plain loop adds it up: no result depends on how many lanes there are.
 *
 * distances(block, from, to, width, out, stride): squared distances between the four rows of one block and those of the blocks from
 * `from` up to `to` (byte offsets; a block holds four rows of `width` bytes together, feature by feature), into four rows of doubles,
 * `stride` bytes apart.
 *
 * exponentials(from, to, factor): x ← exp(factor·x) for factor·x ≤ 0, two doubles at a time, to about one unit in the last place, by
 * exp x = 2^−whole · 2^(part/64) · exp r and the series of exp r. Below −745 it is 0.
 * 2^(j/64) lies at 0, 2^−j at 512.
 */
import { pathToFileURL } from "node:url";

const unsigned = (x) => (x < 128 ? [x] : [(x & 127) | 128, ...unsigned(x >> 7)]);
const signed = (x) => (x >= -64 && x < 64 ? [x & 127] : [(x & 127) | 128, ...signed(x >> 7)]);
const counted = (items) => [...unsigned(items.length), ...items.flat()];
const section = (id, content) => [id, ...unsigned(content.length), ...content];

const get = (local) => [0x20, local];
const set = (local) => [0x21, local];
const tee = (local) => [0x22, local];
const i32 = (x) => [0x41, ...signed(x)];
const [I32, F64, V128] = [0x7f, 0x7c, 0x7b];
const ADD = 0x6a;
const loop = (...body) => [0x03, 0x40, ...body.flat(), 0x0b];
/** Back to the start of the loop while the number on the stack is below that in the local. */
const whileBelow = (local) => [...get(local), 0x48, 0x0d, 0];
const simd = (code, ...rest) => [0xfd, ...unsigned(code), ...rest.flat()];
const load = (offset) => simd(0x00, 3, unsigned(offset));
const loadBoth = (offset) => simd(0x0a, 3, unsigned(offset));
const loadSecond = (offset) => simd(0x57, 3, unsigned(offset), 1);
const store = (offset) => simd(0x0b, 3, unsigned(offset));
const vector = (x) => simd(0x0c, [...new Uint8Array(new Float64Array([x, x]).buffer)]);
const both = (x) => [0x44, ...new Uint8Array(new Float64Array([x]).buffer), ...simd(0x14)];
const plus = simd(0xf0);
const minus = simd(0xf1);
const times = simd(0xf2);

function distances() {
  const [block, from, to, width, out, stride, a, b, end] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const sum = (row, half) => 9 + 2 * row + half;
  const [left, right, own, gap] = [17, 18, 19, 20];
  const rows = [0, 1, 2, 3];
  const halves = [0, 1];
  const zero = rows.flatMap((row) => halves.flatMap((half) => [...vector(0), ...set(sum(row, half))]));
  const square = (row, half) => [
    ...[...get(own), ...get(half ? right : left), ...minus, ...tee(gap), ...get(gap), ...times],
    ...[...get(sum(row, half)), ...plus, ...set(sum(row, half))],
  ];
  const put = (row) => [
    ...[...get(a), ...get(sum(row, 0)), ...store(0), ...get(a), ...get(sum(row, 1)), ...store(16)],
    ...[...get(a), ...get(stride), ADD, ...set(a)],
  ];
  return {
    locals: [...[3, I32], ...[12, V128]],
    groups: 2,
    body: loop(
      zero,
      [...get(block), ...tee(a), ...get(width), ADD, ...set(end), ...get(from), ...set(b)],
      loop(
        [...get(b), ...load(0), ...set(left), ...get(b), ...load(16), ...set(right)],
        rows.flatMap((row) => [...get(a), ...loadBoth(8 * row), ...set(own), ...square(row, 0), ...square(row, 1)]),
        [...get(b), ...i32(32), ADD, ...set(b), ...get(a), ...i32(32), ADD, ...tee(a), ...whileBelow(end)],
      ),
      [...get(out), ...set(a)],
      rows.flatMap(put),
      [...get(out), ...i32(32), ADD, ...set(out), ...get(b), ...tee(from), ...whileBelow(to)],
    ),
  };
}

function exponentials() {
  const [at, to, factor] = [0, 1, 2];
  const [r, series, whole, part] = [3, 4, 5, 6];
  /** [table[first lane], table[second lane]] of a table of doubles, by the vector of indices in the local. */
  const entries = (offset, indices) => {
    const address = (lane) => [...get(indices), ...simd(0x1b, lane), ...i32(3), 0x74];
    return [...address(1), ...address(0), ...loadBoth(offset), ...loadSecond(offset)];
  };
  const polynomial = [1 / 120, 1 / 24, 1 / 6, 0.5, 1].flatMap((term, i) =>
    i === 0 ? both(term) : [...get(r), ...times, ...both(term), ...plus],
  );
  return {
    locals: [4, V128],
    groups: 1,
    body: loop(
      [...get(at), ...get(at), ...load(0), ...get(factor), ...simd(0x14), ...times],
      // not below −745, where 2^−whole is 0: farther no table reaches
      [...both(-745), ...simd(0xf5), ...set(r)],
      // part ← k, rounded, with r = −k·ln 2/64 + what is left
      [...both(0.5), ...get(r), ...both(92.33248261689366), ...times, ...minus, ...simd(0xfc), ...set(part)],
      [...get(part), ...simd(0xfe), ...tee(series), ...both(0.010830424493178725), ...times, ...get(r), ...plus],
      [...get(series), ...both(2.030704202170295e-10), ...times, ...plus, ...set(r)],
      [...polynomial, ...get(r), ...times, ...set(series)],
      [...get(part), ...i32(63), ...simd(0x11), ...simd(0xae), ...i32(6), ...simd(0xac), ...tee(whole)],
      [...i32(6), ...simd(0xab), ...get(part), ...simd(0xb1), ...set(part)],
      [...entries(0, part), ...tee(r), ...get(r), ...get(series), ...times, ...plus],
      [...entries(512, whole), ...times],
      [...store(0)],
      [...get(at), ...i32(16), ADD, ...tee(at), ...whileBelow(to)],
    ),
  };
}

export function assembled() {
  const types = [
    [0x60, ...counted([I32, I32, I32, I32, I32, I32]), 0],
    [0x60, ...counted([I32, I32, F64]), 0],
  ];
  const code = [distances(), exponentials()].map(({ locals, groups, body }) => {
    const bytes = [...unsigned(groups), ...locals, ...body, 0x0b];
    return [...unsigned(bytes.length), ...bytes];
  });
  const name = (letter) => [1, letter.charCodeAt(0)];
  return Buffer.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, counted(types)),
    ...section(2, counted([[...name("m"), ...name("m"), 2, 0, 1]])),
    ...section(3, counted([[0], [1]])),
    ...section(
      7,
      counted([
        [...name("d"), 0, 0],
        [...name("e"), 0, 1],
      ]),
    ),
    ...section(10, counted(code)),
  ]).toString("hex");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) console.log(assembled());
