/** A row, or several runs put together, as one side of a comparison. */
import type { RowBasis } from "./row-evidence.js";
import type { MethodAtSeed, ScoredMethod, ScoredRun, SelectedCandidate } from "./scored-run.js";

export function scoredRunOf({ source, origins, suite, hashes, input }: Omit<RowBasis, "submission">): ScoredRun {
  const { tables, scales, rows, statistics } = input;
  const order = tables.prompts.test.map(({ key }, at) => ({ key, at }));
  order.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const inOrder = (scores: Float64Array) =>
    Float64Array.from(
      tables.values.flatMap((_, v) => order.map(({ at }) => scores[v * order.length + at] ?? Number.NaN)),
    );
  const [first] = origins;
  const preferences = new Map(
    tables.candidates.flatMap(({ weights }) => (weights === null ? [] : [[weights.join(), weights] as const])),
  );
  return {
    source,
    identity: {
      id: input.run.id,
      started: first?.started ?? "",
      suite,
      suiteHash: hashes.suite,
      dataHash: hashes.data,
      baseHash: hashes.base,
      scorersHash: hashes.scorers,
      lockHash: hashes.lock,
      seeds: tables.seeds,
      engine: first?.engine ?? "external",
      threads: first?.threads ?? 0,
      packageVersion: first?.versions["mva-bench"] ?? "",
      cpu: first?.cpu ?? "",
      commit: first?.commit ?? null,
    },
    values: scales,
    prompts: order.map(({ key }) => key),
    preferences: [...preferences.keys()].sort().map((key) => preferences.get(key) ?? []),
    resamples: statistics.resamples,
    methods: rows
      .filter(({ ranked }) => ranked)
      .map(({ id, title }): ScoredMethod => {
        const own = tables.candidates.filter(({ method }) => method === id);
        const seeds = tables.seeds.flatMap((seed): MethodAtSeed[] => {
          const offered = own.filter((candidate) => candidate.seed === seed);
          const selected = offered
            .flatMap(({ candidate, selected: chosen, scores }): SelectedCandidate[] =>
              chosen && scores.test !== undefined ? [{ name: candidate, scores: inOrder(scores.test) }] : [],
            )
            .sort((a, b) => (a.name < b.name ? -1 : 1));
          return selected.length === 0 ? [] : [{ seed, offered: offered.length, selected }];
        });
        return { id, title, seeds };
      }),
  };
}
