/** A run that never was: numbers of a plausible size, made by formula, so that a test can hold a report against them. */
import type { Difference, Estimate, MethodSummary, RunSummary } from "../../src/bench/summary.js";

export function estimate(value: number, half: number): Estimate {
  return { value, low: value - half, high: value + half };
}

export function difference(a: string, b: string, value: number, half: number, of: number, shown: boolean): Difference {
  return {
    a,
    b,
    difference: estimate(value, half),
    relative: estimate(value / of, half / of),
    p: shown ? 0.001 : 0.3,
    pHolm: shown ? 0.003 : 0.6,
    shown,
  };
}

const lattice = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
  [0.5, 0.5, 0],
  [0.5, 0, 0.5],
  [0, 0.5, 0.5],
  [1 / 3, 1 / 3, 1 / 3],
];

function method(id: string, title: string, hypervolume: number, extra: Partial<MethodSummary> = {}): MethodSummary {
  const candidates = lattice.map((weights, i) => ({
    seed: 1,
    name: `w${weights.map((w) => Math.round(w * 100)).join("-")}`,
    weights,
    coefficients: weights.map((w) => w / Math.max(...weights)),
    selected: i !== 3,
    means: weights.map((w, k) => 0.4 + 0.3 * w + 0.1 * hypervolume - 0.02 * k),
    covariance: weights.map((_, a) => weights.map((__, b) => (a === b ? 1e-4 * (a + 1) : -2e-5))),
    kl: 2 + i,
    broken: 0.01 * i,
  }));
  return {
    id,
    title,
    ranked: true,
    hypervolume: estimate(hypervolume, 0.02),
    hypervolumeBySeed: [hypervolume],
    undertrained: [],
    offered: 7,
    selected: 6,
    belowReference: 0,
    best: [0.72, 0.7, 0.65],
    mean: [0.5, 0.52, 0.4],
    kl: { mean: 5, max: 8 },
    broken: 0.012,
    planned: 2e12,
    spent: 1.95e12,
    seconds: 41,
    candidates,
    ...extra,
  };
}

export function summaryFixture(change: Partial<RunSummary> = {}): RunSummary {
  const base = method("base", "base policy", 0.21, {
    ranked: false,
    planned: 0,
    spent: 0,
    seconds: 0,
    offered: 1,
    selected: 1,
    kl: { mean: 0, max: 0 },
    candidates: [
      {
        seed: 1,
        name: "base",
        weights: null,
        coefficients: null,
        selected: true,
        means: [0.5, 0.45, 0.2],
        covariance: null,
        kl: 0,
        broken: 0,
      },
    ],
  });
  const methods = [
    base,
    method("alpha", "Alpha", 0.512),
    method("beta", "Betas", 0.492),
    method("gamma", "Gamma", 0.507),
    method("delta", "Delta", 0.4, { undertrained: ["humorous"], broken: 0.2 }),
    method("delta-gold", "Delta on gold rewards", 0.6, { ranked: false }),
  ];
  const hypervolume = Object.fromEntries(methods.map(({ id, hypervolume: h }) => [id, h?.value ?? 0]));
  return {
    schema: 1,
    run: {
      id: "20260101-fixture",
      suite: "fixture",
      title: "Three values that conflict",
      version: 1,
      suiteHash: "a".repeat(32),
      dataHash: "b".repeat(64),
      packageVersion: "0.1.0",
      engine: "cpu",
      threads: 2,
      hardware: "a processor, 2 threads, 8 GiB, linux x64",
      seeds: [1],
      budget: { flops: 2e12, per: "method" },
      command: ["mva-bench", "run", "fixture", "--seeds", "1", "--data", "my data"],
      seconds: 192,
    },
    statistics: { confidence: 0.95, resamples: 2000, seedsAssessed: false },
    evaluation: { testPrompts: 384, validationPrompts: 256, candidates: 36 },
    values: [
      { name: "helpful", center: 0.5, scale: 0.2, reference: 0, accuracy: null, ruler: true },
      { name: "harmless", center: 0.45, scale: 0.2, reference: 0, accuracy: estimate(0.71, 0.04), ruler: true },
      { name: "humorous", center: 0.2, scale: 0.2, reference: 0, accuracy: estimate(0.52, 0.05), ruler: false },
    ],
    methods,
    leader: "alpha",
    differences: [
      difference("alpha", "beta", 0.02, 0.014, 0.492, true),
      difference("alpha", "gamma", 0.005, 0.011, 0.507, false),
    ],
    questions: [
      { ...difference("alpha", "gamma", 0.005, 0.011, 0.507, false), asks: "what the penalty adds" },
      { ...difference("gamma", "beta", -0.015, 0.01, 0.492, true), asks: "Does leaving the simplex help?" },
    ],
    variants: [
      difference("delta", "alpha", -0.112, 0.02, 0.512, true),
      difference("gamma", "alpha", -0.005, 0.011, 0.512, false),
    ],
    references: [
      { name: "suite", point: [0, 0, 0], hypervolume, below: {} },
      { name: "nadir", point: [0.3, 0.2, 0.1], hypervolume, below: { delta: 2 } },
      { name: "base", point: [0.5, 0.45, 0.2], hypervolume, below: { alpha: 1 } },
    ],
    rankingStable: false,
    matchedKl: { limit: 6.5, hypervolume: { alpha: estimate(0.48, 0.02), beta: estimate(0.47, 0.02) } },
    ledger: methods.flatMap(({ id, planned }) =>
      planned === 0
        ? []
        : [
            { method: id, kind: "gradient", planned: 1.8e12, spent: 1.76e12, tokens: 912_000, steps: 600, seconds: 38 },
            { method: id, kind: "reference", planned: 0.2e12, spent: 0.19e12, tokens: 300_000, steps: 0, seconds: 3 },
          ],
    ),
    uncharged: [{ kind: "sft of the base", flops: 5e12, seconds: 60 }],
    interference: [
      {
        method: "alpha",
        pairs: [
          { a: "helpful", b: "harmless", cka: 0.012, cosine: -0.03 },
          { a: "helpful", b: "humorous", cka: 0.2, cosine: 0.11 },
        ],
        layers: [0, 1, 2].map((layer) => ({
          layer,
          pairs: [
            { a: "helpful", b: "harmless", cka: 0.01 * layer, cosine: 0.01 - 0.03 * layer },
            { a: "helpful", b: "humorous", cka: 0.2 + 0.1 * layer, cosine: 0.11 },
          ],
        })),
        vectors: [{ value: "helpful", norm: 1.25, effectiveRank: 6.2 }],
      },
    ],
    preferences: null,
    ownPrompts: [{ method: "alpha", best: [0.71, 0.69, 0.6] }],
    failures: [],
    ...change,
  };
}
