// How often the regression gate is wrong. Draws pairs of runs from the score distributions of real runs and counts what the
// gate says: false alarms where nothing changed and where the change is exactly the tolerance, detections, coverage.
// Writes the tables and the picture of docs/statistics.md. Seeded; about a quarter of an hour on one core.
//
//   npm run build && node scripts/gate-simulation.mjs [--row ROW.json] [--experiments 200] [--cells 1x384,3x384] [--dist dist] [--write]
//
// The fit: a shipped row of `quick` (--row; default: that of most seeds), of several training seeds. A simulated test prompt is one of
// its prompts. What a prompt does to every policy alike is kept by stratum: prompts are cut into as many strata of equal
// influence on the hypervolume as reproduce the correlation of two real seeds over prompts; each simulated policy draws its
// scores (all candidates and values together, as they were) from a random prompt of the stratum and a random real seed.
// Training noise is a normal effect on each value's log scale, whose variance is that of the real seeds' log hypervolumes
// less what their prompts explain. A drop is a factor on one value, so its size in hypervolume is exact.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values: flags } = parseArgs({
  options: {
    experiments: { type: "string", default: "200" },
    row: { type: "string" },
    dist: { type: "string", default: join(root, "dist") },
    /** Only these: 1x384,3x384 (seeds × prompts). */
    cells: { type: "string" },
    write: { type: "boolean", default: false },
  },
});
const load = (path) => import(pathToFileURL(join(resolve(flags.dist), path)).href);
const { readRowSide } = await load("leaderboard/row-side.js");
const { readRows } = await load("leaderboard/store.js");
const { blockOf } = await load("leaderboard/comparable.js");
const { pairedBootstrap } = await load("leaderboard/paired-bootstrap.js");
const { changeOf } = await load("leaderboard/confidence.js");
const { holm, mean, variance, quantileOfSorted } = await load("metrics/index.js");
const { studentQuantile } = await load("metrics/distributions.js");

const TOLERANCE = 0.02;
const ALPHA = 0.05;
const MARGIN = -Math.log(1 - TOLERANCE);
const DROP = 0.1;
const DROPS = [0, 0.02, 0.05, 0.075, 0.1, 0.125, 0.15, 0.2, 0.25, 0.3];
const EXPERIMENTS = Number(flags.experiments);
const ALL_CELLS = [
  [1, 96],
  [1, 384],
  [1, 1536],
  [3, 96],
  [3, 384],
  [5, 96],
  [5, 384],
  [5, 1536],
  [10, 384],
  [20, 384],
];

const CELLS = flags.cells?.split(",").map((cell) => cell.split("x").map(Number)) ?? ALL_CELLS;
if (flags.write && CELLS !== ALL_CELLS) throw new Error("--write takes every cell");

const random = xoroshiro128plus(6);
const uniform = () => (random.next() >>> 0) / 4294967296;
const pick = (n) => Math.floor(uniform() * n);
const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());

// ── the fit ─────────────────────────────────────────────────────────────────────────────────────────────────────────
const shipped = readRows(join(root, "reports", "leaderboard"), "quick");
const row = flags.row ?? shipped.toSorted((a, b) => b.row.seeds.length - a.row.seeds.length)[0].path;
const first = readRowSide(row, row).run;
const realSeeds = first.identity.seeds;
if (realSeeds.length < 2) throw new Error(`${row}: one seed tells nothing of training noise`);
const population = first.prompts.length;
const dimension = first.values.length;
const reference = first.values.map((v) => (v.reference - v.center) / v.scale);
if (!reference.every((x) => x === 0)) throw new Error("a drop by a factor needs references at 0");

const pairs = realSeeds.flatMap((_, i) => realSeeds.slice(i + 1).map((__, j) => [i, i + 1 + j]));
const methods = first.methods.map(({ id, seeds }) => {
  const blocks = seeds.map((at) => blockOf(first, at));
  // Every two seeds as if one were the baseline of the other.
  const compared = pairs.map(([i, j]) => {
    const [[measure]] = pairedBootstrap(
      {
        prompts: population,
        reference,
        preferences: [reference.map(() => 1)],
        methods: [[{ a: blocks[i], b: blocks[j] }]],
      },
      { generator: xoroshiro128plus(1), resamples: 500, which: "hypervolume" },
    );
    return { i, j, measure, log: changeOf(measure, "log-ratio") };
  });
  const volumes = blocks.map((_, s) => {
    const pair = compared.find(({ i, j }) => i === s || j === s);
    return (pair.i === s ? pair.measure.a : pair.measure.b)[0];
  });
  const influence = blocks.map((_, s) => {
    const pair = compared.find(({ i, j }) => i === s || j === s);
    const [left, whole] =
      pair.i === s ? [pair.measure.withoutA, pair.measure.a] : [pair.measure.withoutB, pair.measure.b];
    return left.map((x) => whole[0] - x);
  });
  const correlation = mean(compared.map(({ i, j }) => correlationOf(influence[i], influence[j])));
  const total = Array.from({ length: population }, (_, p) => mean(influence.map((own) => own[p])));
  const order = Array.from({ length: population }, (_, p) => p).sort((p, q) => total[p] - total[q]);
  // As many strata as make two policies drawn from them correlate as two real ones do.
  let strata = [order];
  for (let k = 1; k <= 64; k++) {
    const cut = Array.from({ length: k }, (_, i) =>
      order.slice(Math.floor((i * population) / k), Math.floor(((i + 1) * population) / k)),
    );
    strata = cut;
    if (mean(influence.map((own) => explained(cut, own))) >= correlation) break;
  }
  const stratumOf = new Int32Array(population);
  strata.forEach((members, k) => {
    for (const p of members) stratumOf[p] = k;
  });
  // All seeds of a method are brought to one hypervolume; what the seed did to it comes back as training noise.
  const logs = volumes.map(Math.log);
  const scaled = blocks.map(({ candidates, scores }, s) => {
    const factor = Math.exp((mean(logs) - logs[s]) / dimension);
    return { candidates, scores: scores.map((x) => x * factor) };
  });
  return {
    id,
    blocks: scaled,
    strata,
    stratumOf,
    correlation,
    between: variance(logs),
    // Of one seed's log hypervolume, as far as two seeds do not share it.
    byPrompts: mean(compared.map(({ log }) => log.standardError ** 2)) / 2,
  };
});
const trainingVariance = Math.max(0, mean(methods.map(({ between, byPrompts }) => between - byPrompts)));

function correlationOf(x, y) {
  const [mx, my] = [mean(x), mean(y)];
  let xy = 0;
  for (let i = 0; i < x.length; i++) xy += (x[i] - mx) * (y[i] - my);
  return xy / (x.length - 1) / Math.sqrt(variance(x) * variance(y));
}

function explained(strata, x) {
  const m = mean(x);
  const between = strata.reduce((sum, members) => sum + members.length * (mean(members.map((p) => x[p])) - m) ** 2, 0);
  return between / (x.length - 1) / variance(x);
}

// ── one experiment ──────────────────────────────────────────────────────────────────────────────────────────────────
function drawn({ blocks, strata, stratumOf }, prompts) {
  const { candidates, scores } = blocks[pick(blocks.length)];
  const rows = candidates * dimension;
  const out = new Float64Array(rows * prompts.length);
  prompts.forEach((p, i) => {
    const members = strata[stratumOf[p]];
    const q = members[pick(members.length)];
    for (let r = 0; r < rows; r++) out[r * prompts.length + i] = scores[r * population + q];
  });
  return { candidates, scores: out };
}

/** Hypervolume is multiplied by exp(effect) at each seed, exactly. */
function withTraining(measure, effectsA, effectsB) {
  const times = (numbers, effects) => {
    const columns = numbers.length / effects.length;
    return numbers.map((x, i) => x * Math.exp(effects[Math.floor(i / columns)]));
  };
  return {
    a: times(measure.a, effectsA),
    b: times(measure.b, effectsB),
    resampledA: times(measure.resampledA, effectsA),
    resampledB: times(measure.resampledB, effectsB),
    withoutA: times(measure.withoutA, effectsA),
    withoutB: times(measure.withoutB, effectsB),
  };
}

/** Log ratio of the averages over seeds, for each resample; seeds drawn anew where `again`. */
function replicates({ resampledA, resampledB, a }, again) {
  const seeds = a.length;
  const columns = resampledA.length / seeds;
  return Float64Array.from({ length: columns }, (_, r) => {
    let sumA = 0;
    let sumB = 0;
    for (let i = 0; i < seeds; i++) {
      const s = again ? pick(seeds) : i;
      sumA += resampledA[s * columns + r];
      sumB += resampledB[s * columns + r];
    }
    return Math.log(sumB / sumA);
  });
}

/** The plain ways, for comparison: 95 % intervals. */
function rivals(measure) {
  const seeds = measure.a.length;
  const sorted = replicates(measure, seeds > 1).sort();
  const percentile = [quantileOfSorted(sorted, 0.025), quantileOfSorted(sorted, 0.975)];
  if (seeds < 3) return { percentile };
  const [a, b] = [mean(measure.a), mean(measure.b)];
  const between = variance(measure.a.map((x, s) => measure.b[s] / b - x / a)) / seeds;
  const prompts = variance(replicates(measure, false));
  const t = (total, degrees) => {
    const half = studentQuantile(0.95, degrees) * Math.sqrt(total);
    return [Math.log(b / a) - half, Math.log(b / a) + half];
  };
  const columns = measure.withoutA.length / seeds;
  const both = between + prompts;
  return {
    percentile,
    doubled: t(both, both ** 2 / (between ** 2 / (seeds - 1) + prompts ** 2 / (columns - 1))),
    seedsAlone: t(between, seeds - 1),
  };
}

function simulate(seeds, prompts) {
  const scenarios = ["same training", "trained anew"].map((name) => ({
    name,
    seeds,
    prompts,
    count: 0,
    families: 0,
    covered: { gate: 0, percentile: 0, doubled: 0, seedsAlone: 0 },
    methodsCovered: 0,
    regressed: DROPS.map(() => 0),
    ok: DROPS.map(() => 0),
    familyAlarm: { none: 0, tolerance: 0 },
    familyDetected: 0,
    familyOk: 0,
    /** By experiment: the margin at which every method would be ok. */
    needed: [],
    errors: [],
  }));
  for (let e = 0; e < EXPERIMENTS; e++) {
    const chosen = Int32Array.from({ length: prompts }, () => pick(population));
    const cells = methods.map((method) =>
      Array.from({ length: seeds }, () => ({ a: drawn(method, [...chosen]), b: drawn(method, [...chosen]) })),
    );
    const measured = pairedBootstrap(
      { prompts, reference, preferences: [reference.map(() => 1)], methods: cells },
      { generator: random, resamples: seeds < 3 ? 500 : 250, which: "hypervolume" },
    );
    for (const scenario of scenarios) {
      const found = measured.map(([bare]) => {
        const effects = () =>
          Array.from({ length: seeds }, () =>
            scenario.name === "same training" ? 0 : normal() * Math.sqrt(trainingVariance),
          );
        const [effectsA, effectsB] = [effects(), effects()];
        const measure = withTraining(bare, effectsA, effectsB);
        // Truth about these very models; about the methods it is 0.
        const models = Math.log(mean(effectsB.map(Math.exp)) / mean(effectsA.map(Math.exp)));
        return { measure, models, sure: changeOf(measure, "log-ratio") };
      });
      for (const { measure, models, sure } of found) {
        scenario.count++;
        const low = sure.quantile(0.025);
        const high = sure.quantile(0.975);
        const truth = seeds < 3 ? models : 0;
        if (low <= truth && truth <= high) scenario.covered.gate++;
        if (low <= 0 && 0 <= high) scenario.methodsCovered++;
        for (const [name, [from, to]] of Object.entries(rivals(measure))) {
          if (from <= truth && truth <= to) scenario.covered[name]++;
        }
        scenario.errors.push(sure.standardError);
        DROPS.forEach((drop, d) => {
          const below = sure.below(-MARGIN - Math.log(1 - drop));
          if (1 - below < ALPHA) scenario.regressed[d]++;
          else if (below <= ALPHA) scenario.ok[d]++;
        });
      }
      const alarmed = (drops) =>
        holm(found.map(({ sure }, m) => 1 - sure.below(-MARGIN - Math.log(1 - drops[m])))).some((p) => p < ALPHA);
      scenario.families++;
      if (alarmed(found.map(() => 0))) scenario.familyAlarm.none++;
      if (alarmed(found.map(() => TOLERANCE))) scenario.familyAlarm.tolerance++;
      if (found.every(({ sure }) => sure.below(-MARGIN) <= ALPHA)) scenario.familyOk++;
      scenario.needed.push(Math.max(...found.map(({ sure }) => -sure.quantile(ALPHA))));
      const one = pick(found.length);
      if (alarmed(found.map((_, m) => (m === one ? DROP : 0)))) scenario.familyDetected++;
    }
  }
  return scenarios;
}

// ── what is told ────────────────────────────────────────────────────────────────────────────────────────────────────
const share = (x, n) => `${((100 * x) / n).toFixed(1)} %`;
const at = (drop) => DROPS.indexOf(drop);
const results = [];
for (const [seeds, prompts] of CELLS) {
  const started = performance.now();
  results.push(...simulate(seeds, prompts));
  console.error(`${seeds} seeds, ${prompts} prompts: ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

const sd = (x) => `${(100 * Math.sqrt(Math.max(0, x))).toFixed(1)} %`;
const fit = [
  "| method | log hypervolume between seeds: standard deviation | what prompts explain of it | left for training | correlation over prompts | strata |",
  "|---|--:|--:|--:|--:|--:|",
  ...methods.map(
    (m) =>
      `| ${m.id} | ${sd(m.between)} | ${sd(m.byPrompts)} | ${sd(m.between - m.byPrompts)} | ${m.correlation.toFixed(2)} | ${m.strata.length} |`,
  ),
  "",
  `Fitted to ${realSeeds.length} seeds. Training noise of one run, pooled: standard deviation ${Math.sqrt(trainingVariance).toFixed(3)} of log hypervolume. ${EXPERIMENTS} experiments a cell, ${methods.length} methods each; Monte-Carlo error of a 5 % rate: ±${(100 * Math.sqrt((0.05 * 0.95) / (EXPERIMENTS * methods.length))).toFixed(1)} points over methods, ±${(100 * Math.sqrt((0.05 * 0.95) / EXPERIMENTS)).toFixed(1)} over gates.`,
];
const rates = (name) => [
  "| seeds | prompts | standard error | regressed: no change | at −2 % | at −10 % | at −20 % | ok: no change |",
  "|--:|--:|--:|--:|--:|--:|--:|--:|",
  ...results
    .filter((s) => s.name === name)
    .map(
      (s) =>
        `| ${s.seeds} | ${s.prompts} | ${(100 * mean(s.errors)).toFixed(1)} % | ${[0, TOLERANCE, DROP, 0.2].map((d) => share(s.regressed[at(d)], s.count)).join(" | ")} | ${share(s.ok[0], s.count)} |`,
    ),
];
const families = [
  "| training | seeds | prompts | fails: no change | fails: all at −2 % | fails: one at −10 % | passes (0): no change | tolerance at which 9 of 10 would pass |",
  "|---|--:|--:|--:|--:|--:|--:|--:|",
  ...results.map(
    (s) =>
      `| ${s.name} | ${s.seeds} | ${s.prompts} | ${share(s.familyAlarm.none, s.families)} | ${share(s.familyAlarm.tolerance, s.families)} | ${share(s.familyDetected, s.families)} | ${share(s.familyOk, s.families)} | ${(100 * -Math.expm1(-quantileOfSorted(Float64Array.from(s.needed).sort(), 0.9))).toFixed(1)} % |`,
  ),
];
const coverage = [
  "| training | seeds | prompts | the gate's | hierarchical percentile | t, prompts counted twice | t over seeds alone |",
  "|---|--:|--:|--:|--:|--:|--:|",
  ...results.map((s) => {
    const few = s.seeds < 3;
    return `| ${s.name} | ${s.seeds} | ${s.prompts} | ${share(s.covered.gate, s.count)}${few && s.name === "trained anew" ? ` (of the methods: ${share(s.methodsCovered, s.count)})` : ""} | ${share(s.covered.percentile, s.count)} | ${few ? "–" : share(s.covered.doubled, s.count)} | ${few ? "–" : share(s.covered.seedsAlone, s.count)} |`;
  }),
];
const parts = {
  fit,
  "same-training": rates("same training"),
  "trained-anew": rates("trained anew"),
  families,
  coverage,
};
for (const [name, lines] of Object.entries(parts)) console.log(`${name}\n${lines.join("\n")}\n`);

/** Share called regressed against the true change, one curve a size. */
function picture() {
  const [width, height, left, top, gap] = [760, 300, 52, 28, 40];
  const panel = (width - 2 * left - gap) / 2;
  const plot = height - top - 48;
  const inks = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"];
  const panels = ["same training", "trained anew"].map((name, i) => {
    const x0 = left + i * (panel + gap);
    const x = (drop) => x0 + (panel * drop) / 0.3;
    const y = (rate) => top + plot * (1 - rate);
    const wanted = results.filter(
      (s) => s.name === name && (s.prompts === 384 || (s.seeds === 1 && s.prompts === 1536)),
    );
    const curves = wanted.map((s, k) => {
      const points = DROPS.map((d, j) => `${x(d).toFixed(1)},${y(s.regressed[j] / s.count).toFixed(1)}`).join(" ");
      const label = `${s.seeds} ${s.seeds === 1 ? "seed" : "seeds"}, ${s.prompts} prompts`;
      const ly = top + plot - 8 - 15 * (wanted.length - 1 - k);
      return `<polyline points="${points}" fill="none" stroke="${inks[k]}" stroke-width="2"/><line x1="${x0 + panel - 138}" x2="${x0 + panel - 122}" y1="${ly - 4}" y2="${ly - 4}" stroke="${inks[k]}" stroke-width="2"/><text x="${x0 + panel - 116}" y="${ly}">${label}</text>`;
    });
    const ticks = [0, 0.1, 0.2, 0.3].map(
      (d) =>
        `<text x="${x(d)}" y="${top + plot + 16}" text-anchor="middle">${d === 0 ? "0" : `−${Math.round(100 * d)} %`}</text>`,
    );
    const rules = [0, 0.05, 0.5, 0.9, 1].map(
      (r) =>
        `<line x1="${x0}" x2="${x0 + panel}" y1="${y(r)}" y2="${y(r)}" stroke="#888" stroke-opacity="${r === 0 || r === 1 ? 0.7 : 0.35}"/>${i === 0 ? `<text x="${x0 - 6}" y="${y(r) + 4}" text-anchor="end">${Math.round(100 * r)} %</text>` : ""}`,
    );
    const mark = `<line x1="${x(TOLERANCE)}" x2="${x(TOLERANCE)}" y1="${top}" y2="${top + plot}" stroke="#888" stroke-dasharray="3 3"/>`;
    return `<text x="${x0}" y="${top - 10}" font-weight="600">${name}</text>${rules.join("")}${mark}${curves.join("")}${ticks.join("")}<text x="${x0 + panel / 2}" y="${height - 8}" text-anchor="middle">true change of hypervolume</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="11" fill="#333"><title>Share of comparisons called regressed, by true change</title><rect width="100%" height="100%" fill="#fff"/>${panels.join("")}</svg>\n`;
}

if (flags.write) {
  const page = join(root, "docs", "statistics.md");
  let text = readFileSync(page, "utf8");
  for (const [name, lines] of Object.entries(parts)) {
    const [open, close] = [`<!-- simulation: ${name} -->`, `<!-- /simulation: ${name} -->`];
    if (!text.includes(open) || !text.includes(close)) throw new Error(`${page} lacks ${open}`);
    text = `${text.slice(0, text.indexOf(open))}${open}\n\n${lines.join("\n")}\n\n${text.slice(text.indexOf(close))}`;
  }
  writeFileSync(page, text);
  writeFileSync(join(root, "docs", "statistics.svg"), picture());
}
