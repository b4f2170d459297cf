/**
 * src/metrics against moocore (its C code), BoTorch and numpy, and against itself done the plain way.
 *
 *   node benchmarks/perf/metrics.mjs [--peer PYTHON] [--only hypervolume,filter,hsic,low-rank,bootstrap,size] [--dimensions 2,3] [--quick]
 *
 * Values are compared before anything is timed. Both sides run on one core, one after the other on the same points; moocore's
 * call overhead through Python is measured and subtracted, and so is that of this harness. `--peer` is a Python with benchmarks/peers/requirements.txt
 * installed; without it only this side is measured. A ratio above 1 means that this side is faster.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { Bench } from "tinybench";

const { values: args } = parseArgs({
  options: {
    peer: { type: "string" },
    dimensions: { type: "string", default: "2,3,4,5,6,7,8" },
    only: { type: "string", default: "hypervolume,filter,hsic,low-rank,bootstrap,size" },
    quick: { type: "boolean", default: false },
    dist: { type: "string", default: fileURLToPath(new URL("../../dist", import.meta.url)) },
  },
});
const metrics = await import(pathToFileURL(join(args.dist, "metrics/index.js")).href);
const wanted = new Set(args.only.split(","));
const folder = mkdtempSync(join(tmpdir(), "metrics-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

// ---- the rivals
const peer =
  args.peer === undefined
    ? undefined
    : spawn(args.peer, [fileURLToPath(new URL("../peers/metrics.py", import.meta.url))], {
        stdio: ["pipe", "pipe", "inherit"],
        env: { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" },
      });
const answers = peer === undefined ? undefined : createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
async function ask(request) {
  if (peer === undefined) return undefined;
  peer.stdin.write(`${JSON.stringify(request)}\n`);
  const { value, done } = await answers.next();
  if (done) throw new Error("the peer has ended");
  const answer = JSON.parse(value);
  return answer.missing === undefined ? answer : undefined;
}
const overheads = new Map();
async function overhead(dimension) {
  if (!overheads.has(dimension)) {
    const answer = await ask({ task: "overhead", dimension, repeat: 500 });
    overheads.set(dimension, answer?.median ?? 0);
  }
  return overheads.get(dimension);
}

// ---- inputs
const generator = xoroshiro128plus(20261123);
const uniform = () => ((generator.next() >>> 0) + 0.5) / 4294967296;
const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());

/** Maximised points above 0: on the unit sphere, on the simplex, or on its mirror image (convex for maximisation). */
function front(kind, count, dimension) {
  const data = new Float64Array(count * dimension);
  for (let i = 0; i < count; i++) {
    let size = 0;
    for (let k = 0; k < dimension; k++) {
      const x = kind === "linear" ? -Math.log(uniform()) : Math.abs(normal());
      data[i * dimension + k] = x;
      size += kind === "linear" ? x : x * x;
    }
    if (kind !== "linear") size = Math.sqrt(size);
    for (let k = 0; k < dimension; k++) {
      const x = data[i * dimension + k] / size;
      data[i * dimension + k] = kind === "convex" ? 1 - x : x;
    }
  }
  return data;
}

let files = 0;
function stored(data) {
  const file = join(folder, `${files++}.f64`);
  writeFileSync(file, data);
  return file;
}

// ---- measuring
async function timed(call, least = 5) {
  const bench = new Bench({
    time: args.quick ? 50 : 400,
    iterations: args.quick ? 2 : least,
    warmupTime: args.quick ? 20 : 150,
    warmupIterations: 2,
    now: () => performance.now(),
  });
  bench.add("this", call);
  await bench.run();
  const { result } = bench.tasks[0];
  if (result.state !== "completed") throw result.error ?? new Error(result.state);
  return { median: Math.max(1e-6, result.latency.p50 - harness), fastest: result.latency.min };
}
/** What a call of nothing takes: subtracted here, as moocore's call overhead is there. */
let harness = 0;
harness = (await timed(() => 0)).median;
const milliseconds = (x) => (x >= 100 ? x.toFixed(0) : x >= 1 ? x.toFixed(2) : x.toFixed(4)).padStart(10);
const ratio = (x) => `${x.toFixed(2)}×`;
function agree(what, ours, theirs, tolerance = 1e-9) {
  if (!(Math.abs(ours - theirs) <= tolerance * Math.max(1e-300, Math.abs(theirs)))) {
    throw new Error(`${what}: ${ours} here, ${theirs} there; not timed`);
  }
}
/** Least-squares slope of log time against log n. */
function growth(rows) {
  const [x, y] = [rows.map(([n]) => Math.log(n)), rows.map(([, t]) => Math.log(t))];
  const mean = (v) => v.reduce((s, a) => s + a, 0) / v.length;
  const [mx, my] = [mean(x), mean(y)];
  return x.reduce((s, a, i) => s + (a - mx) * (y[i] - my), 0) / x.reduce((s, a) => s + (a - mx) ** 2, 0);
}

console.log("medians in ms; ratio = rival / this (above 1: this is faster)");

if (wanted.has("hypervolume")) {
  const sizes = {
    2: [1e2, 1e3, 1e4, 1e5, 1e6],
    3: [1e2, 1e3, 1e4, 1e5, 1e6],
    4: [1e2, 1e3, 1e4],
    5: [1e2, 2e2, 5e2],
    6: [50, 1e2, 2e2],
    7: [50, 1e2],
    8: [50, 80],
  };
  const goals = { 2: 1, 3: 1 };
  for (const [d, counts] of Object.entries(sizes)) {
    if (!args.dimensions.split(",").includes(d)) continue;
    const dimension = Number(d);
    for (const kind of ["spherical", "linear", "convex"]) {
      const rows = [];
      for (const count of args.quick ? counts.slice(0, 2) : counts) {
        const data = front(kind, count, dimension);
        const reference = new Array(dimension).fill(0);
        const call = () => metrics.hypervolume({ data, dimension }, { reference, sense: "max" });
        const file = stored(data);
        const repeat = count >= 1e6 ? 3 : count >= 1e5 ? 7 : count >= 1e4 ? 15 : 60;
        const moocore = await ask({ task: "moocore-hypervolume", file, count, dimension, repeat });
        if (moocore !== undefined) agree(`hypervolume ${kind} ${d}-D n=${count}`, call().value, moocore.value);
        const ours = await timed(call, count >= 1e6 ? 3 : 7);
        rows.push([count, ours.median]);
        let line = `hypervolume ${d}-D ${kind.padEnd(9)} n=${String(count).padEnd(8)} this ${milliseconds(ours.median)}`;
        if (moocore !== undefined) {
          const net = Math.max(1e-6, moocore.median - (await overhead(dimension)));
          line += `  moocore ${milliseconds(net)}  ${ratio(net / ours.median)} (goal ${goals[dimension] ?? 0.7}×)`;
        }
        if ((dimension === 3 && count === 1e3) || (dimension === 4 && count === 100)) {
          const botorch = await ask({ task: "botorch-hypervolume", file, count, dimension, repeat: 1 });
          if (botorch !== undefined) {
            agree(`BoTorch ${d}-D`, call().value, botorch.value);
            line += `  BoTorch ${milliseconds(botorch.median)}  ${ratio(botorch.median / ours.median)} (goal 100×)`;
          }
        }
        console.log(line);
      }
      console.log(`hypervolume ${d}-D ${kind.padEnd(9)} grows as n^${growth(rows).toFixed(2)}`);
    }
  }
}

if (wanted.has("filter")) {
  for (const dimension of [2, 3]) {
    for (const kind of ["random", "spherical"]) {
      for (const count of args.quick ? [1e4] : [1e5, 1e6]) {
        const data =
          kind === "random" ? Float64Array.from({ length: count * dimension }, uniform) : front(kind, count, dimension);
        const call = () => metrics.nondominated({ data, dimension }, { sense: "max" }).length;
        const moocore = await ask({
          task: "moocore-nondominated",
          file: stored(data),
          count,
          dimension,
          repeat: count >= 1e6 ? 3 : 7,
        });
        if (moocore !== undefined) agree(`filter ${kind} ${dimension}-D n=${count}`, call(), moocore.value, 0);
        const ours = await timed(call, 3);
        let line = `non-dominated ${dimension}-D ${kind.padEnd(9)} n=${String(count).padEnd(8)} this ${milliseconds(ours.median)}`;
        if (moocore !== undefined)
          line += `  moocore ${milliseconds(moocore.median)}  ${ratio(moocore.median / ours.median)} (goal 1×)`;
        console.log(line);
      }
    }
  }
}

if (wanted.has("hsic")) {
  const count = args.quick ? 300 : 2000;
  for (const dimension of [8, 64]) {
    const [x, y] = [0, 1].map(() => Float64Array.from({ length: count * dimension }, normal));
    const sigma = Math.sqrt(dimension);
    const matrix = (data) => ({ data, rows: count, columns: dimension });
    const call = () => metrics.hsic(matrix(x), matrix(y), { kernel: { kind: "rbf", sigma } });
    const numpy = await ask({
      task: "numpy-hsic",
      file: stored(x),
      other: stored(y),
      count,
      dimension,
      sigma,
      repeat: 7,
    });
    if (numpy !== undefined && Math.abs(call() - numpy.value) > 1e-12)
      throw new Error(`HSIC: ${call()} here, ${numpy.value} there; not timed`);
    const ours = await timed(call);
    let line = `unbiased RBF HSIC n=${count}, ${dimension} features: this ${milliseconds(ours.median)}`;
    if (numpy !== undefined)
      line += `  numpy ${milliseconds(numpy.median)}  ${ratio(numpy.median / ours.median)} (goal 1×)`;
    console.log(line);
  }
}

if (wanted.has("low-rank")) {
  const factors = (size, rank) => ({
    A: { data: Float64Array.from({ length: rank * size }, normal), rows: rank, columns: size },
    B: { data: Float64Array.from({ length: size * rank }, normal), rows: size, columns: rank },
  });
  const product = ({ A, B }) => {
    const [rank, size] = [A.rows, A.columns];
    const data = new Float64Array(size * size);
    for (let i = 0; i < size; i++) {
      for (let k = 0; k < rank; k++) {
        const x = B.data[i * rank + k];
        for (let j = 0; j < size; j++) data[i * size + j] += x * A.data[k * size + j];
      }
    }
    return { data, rows: size, columns: size };
  };
  // The plain way takes minutes at 4096 (its work grows with the cube of the size), so it is whole at 1024 only.
  for (const size of args.quick ? [256] : [1024, 4096]) {
    const [one, two] = [factors(size, 64), factors(size, 64)];
    const call = () => metrics.lowRankCka(one, two, { estimator: "biased" });
    const ours = await timed(call);
    const start = performance.now();
    const built = [product(one), product(two)];
    let what = "building the products alone";
    if (size <= 1024) {
      agree("low-rank CKA", call(), metrics.cka(built[0], built[1], { estimator: "biased" }));
      what = "by the products";
    }
    const plain = performance.now() - start;
    console.log(
      `CKA of a ${size}×${size} rank-64 pair: this ${milliseconds(ours.median)}  ${what} ${milliseconds(plain)}  ${ratio(plain / ours.median)} (goal 100×)`,
    );
  }
}

if (wanted.has("bootstrap")) {
  const [methods, candidates, prompts, values, seeds] = [5, 11, 200, 3, 5];
  const resamples = args.quick ? 200 : 10_000;
  const scored = {
    methods: Array.from({ length: methods }, (_, m) => ({
      name: `method ${m}`,
      seeds: Array.from({ length: seeds }, () =>
        Array.from({ length: candidates }, () => Float64Array.from({ length: values * prompts }, uniform)),
      ),
    })),
    prompts,
    reference: new Array(values).fill(0),
    sense: "max",
  };
  for (const axis of ["shared", "per-seed"]) {
    const start = performance.now();
    const result = metrics.bootstrapHypervolume(scored, { generator: xoroshiro128plus(1), resamples, prompts: axis });
    const seconds = (performance.now() - start) / 1e3;
    if (result[0].replicates.length !== resamples) throw new Error("replicates are missing");
    console.log(
      `bootstrap, ${resamples} resamples of ${methods} × ${candidates} × ${prompts} × ${values} × ${seeds}, prompts ${axis}: ${seconds.toFixed(2)} s (goal 10 s)`,
    );
  }
}

if (wanted.has("size")) {
  const { rolldown } = await import("rolldown");
  const index = join(args.dist, "metrics/index.js");
  for (const names of [
    "*",
    "{ nondominated, attainmentSurface, paretoRanks }",
    "{ hypervolume }",
    "{ hypervolume, hypervolumeContributions, nondominated, igdPlus, epsilonAdditive, r2, sparsity, coverage }",
    "{ hsic, cka, hsicPermutationTest }",
    "{ lowRankCka, lowRankHsic, subspaceOverlap, effectiveRank, interference }",
    "{ bootstrapHypervolume, uncertaintyOf, pairedDifference }",
    "{ wilsonInterval, holm, pairedPermutationTest }",
  ]) {
    const plugin = {
      name: "entry",
      resolveId: (id) => (id === "entry" ? id : null),
      load: (id) => (id === "entry" ? `export ${names} from ${JSON.stringify(index)};` : null),
    };
    const bundle = await rolldown({ input: "entry", plugins: [plugin] });
    const [{ code, imports }] = (await bundle.generate({ format: "esm", minify: true })).output;
    console.log(
      `import ${names}: ${code.length} bytes minified, ${gzipSync(code, { level: 9 }).length} with gzip${names === "*" ? " (goal 15,000)" : ""}`,
    );
    if (imports.length > 0) throw new Error(`imports ${imports.join(", ")}`);
  }
}
peer?.stdin.end();
