/** Runs as a comparison sees them, with known answers: what each candidate scores on each prompt is set here. */
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { RunIdentity, ScoredMethod, ScoredRun } from "../../src/leaderboard/scored-run.js";

export interface PlantedRun {
  readonly seeds?: readonly number[];
  readonly prompts?: number;
  /** Mean scores `[helpful, harmless]` of each candidate, by method. */
  readonly methods?: Readonly<Record<string, readonly (readonly [number, number])[]>>;
  /** Half width of what a prompt does to one candidate alone. */
  readonly noise?: number;
  /** Half width of what a training seed does to all of a method's scores. */
  readonly training?: number;
  readonly random?: number;
  /** Every score of this value is multiplied by `factor`. */
  readonly drop?: { readonly value: 0 | 1; readonly factor: number; readonly method?: string };
  readonly scales?: readonly { readonly center: number; readonly scale: number; readonly reference: number }[];
  readonly identity?: Partial<RunIdentity>;
}

export const POINTS = {
  soup: [
    [0.8, 0.3],
    [0.6, 0.6],
    [0.3, 0.8],
  ],
  mva: [
    [0.9, 0.35],
    [0.4, 0.9],
  ],
} as const;

export function planted(options: PlantedRun = {}): ScoredRun {
  const { seeds = [1], prompts = 60, methods = POINTS, noise = 0.1, training = 0, random = 7, drop } = options;
  const scales = options.scales ?? [
    { center: 0, scale: 1, reference: 0 },
    { center: 0, scale: 1, reference: 0 },
  ];
  const generator = xoroshiro128plus(random);
  const jitter = (width: number) => width * (2 * uniformFloat64(generator) - 1);
  const easy = xoroshiro128plus(99);
  // What a prompt does to every policy alike: the same in every run.
  const shared = Array.from({ length: prompts }, () => 0.2 * (uniformFloat64(easy) - 0.5));
  return {
    source: "planted",
    identity: {
      id: "planted",
      started: "2026-01-01T00:00:00.000Z",
      suite: { suite: "planted", version: 1, title: "Planted" },
      suiteHash: "0".repeat(32),
      dataHash: "0".repeat(32),
      baseHash: null,
      scorersHash: null,
      lockHash: null,
      seeds,
      engine: "cpu",
      threads: 1,
      packageVersion: "0.1.0",
      cpu: "any",
      commit: null,
      ...options.identity,
    },
    values: ["helpful", "harmless"].map((name, v) => ({
      name,
      ...(scales[v] ?? { center: 0, scale: 1, reference: 0 }),
    })),
    prompts: Array.from({ length: prompts }, (_, p) => `p${String(p).padStart(4, "0")}`),
    preferences: [
      [1, 0],
      [0.5, 0.5],
      [0, 1],
    ],
    resamples: 200,
    methods: Object.entries(methods).map(
      ([id, points]): ScoredMethod => ({
        id,
        title: id,
        seeds: seeds.map((seed) => {
          const effect = jitter(training);
          return {
            seed,
            offered: points.length,
            selected: points.map((point, c) => ({
              name: `c${c}`,
              scores: Float64Array.from({ length: 2 * prompts }, (_, i) => {
                const v = i < prompts ? 0 : 1;
                const dropped = drop !== undefined && drop.value === v && (drop.method ?? id) === id;
                const bare = point[v] + effect + (shared[i % prompts] ?? 0) + jitter(noise);
                return dropped ? bare * drop.factor : bare;
              }),
            })),
          };
        }),
      }),
    ),
  };
}
