/**
 * From tables of scores to what may be said: hypervolumes, differences, and how sure they are (PROTOCOL §§3–6). A pure
 * function: the same tables give the same summary, during the run and years later from the files.
 */
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import {
  type BootstrappedMethod,
  bootstrapHypervolume,
  holm,
  hypervolume,
  type MethodScores,
  mean,
  pairedDifference,
} from "../metrics/index.js";
import { covarianceOfMeans } from "../metrics/mean-covariance.js";
import type { LedgerRow } from "./files/ledger.js";
import { preferenceTable } from "./preference-table.js";
import { scaled, scaledReference, type ValueScale } from "./selection.js";
import type { Difference, Estimate, MethodSummary, RunSummary } from "./summary.js";
import { meansOf, type RunTables, type TableCandidate } from "./tables.js";
import { estimateOf, FEWEST_SEEDS, pValueOf, seedAxis } from "./uncertain.js";
import { shownToBeat } from "./undertrained.js";

/** A row of the result table. */
export interface RowInfo {
  readonly id: string;
  readonly title: string;
  readonly ranked: boolean;
  /** The row whose training it shows (itself, but for `<id>@grid`). */
  readonly trainedBy: string;
}

export interface SummaryInput {
  readonly run: RunSummary["run"];
  readonly tables: RunTables;
  /** The first row is the base. */
  readonly rows: readonly RowInfo[];
  readonly scales: readonly ValueScale[];
  /** Per value: the judging model's held-out accuracy, `null` for a gold program. */
  readonly accuracy: readonly (Estimate | null)[];
  readonly questions: readonly { readonly a: string; readonly b: string; readonly asks: string }[];
  /** A variant of the suite and the method that it varies. */
  readonly variants: readonly { readonly a: string; readonly b: string }[];
  readonly statistics: { readonly resamples: number; readonly confidence: number };
  readonly ledger: readonly LedgerRow[];
  /** Ledger kinds that no method is charged for. */
  readonly uncharged: RunSummary["uncharged"];
  readonly interference: RunSummary["interference"];
  readonly failures: RunSummary["failures"];
}

export function summarise(input: SummaryInput): RunSummary {
  const { tables, rows, scales, statistics } = input;
  const values = tables.values.length;
  const failed = new Set(input.failures.map((failure) => failure.method));
  const base = rows[0];
  const testPrompts = tables.prompts.test.length;
  const present = rows.filter((row) => tables.seeds.every((seed) => selectedOf(tables, row.id, seed).length > 0));
  const assessed = tables.seeds.length >= FEWEST_SEEDS;

  // One fixed stream: the summary is a function of the scores.
  const resampling = () => ({
    generator: xoroshiro128plus(20260101),
    resamples: statistics.resamples,
    seeds: seedAxis(tables.seeds.length),
  });
  const bootstrap = (methods: readonly MethodScores[]): BootstrappedMethod[] =>
    bootstrapHypervolume(
      {
        methods,
        prompts: testPrompts,
        reference: scales.map((s) => s.reference),
        sense: "max",
        center: scales.map((s) => s.center),
        scale: scales.map((s) => s.scale),
      },
      resampling(),
    );
  const scoresOf = (id: string, keep: (candidate: TableCandidate) => boolean = () => true): MethodScores => ({
    name: id,
    seeds: tables.seeds.map((seed) => {
      const kept = selectedOf(tables, id, seed)
        .filter(keep)
        .map((candidate) => candidate.scores.test)
        .filter((scores) => scores !== undefined);
      // A method with nothing left covers nothing: a point on the reference.
      return kept.length > 0 ? kept : [onReference(scales, testPrompts)];
    }),
  });
  const bootstrapped = new Map<string, BootstrappedMethod>();
  if (present.length > 0) {
    for (const result of bootstrap(present.map((row) => scoresOf(row.id)))) bootstrapped.set(result.name, result);
  }

  const undertrained = new Map(
    rows.map((row) => [row.id, undertrainedValues(input, row.trainedBy, base?.id ?? "base")] as const),
  );
  const estimate = (result: BootstrappedMethod): Estimate => estimateOf(result, statistics.confidence);
  const methods = rows.map((row): MethodSummary => {
    const result = bootstrapped.get(row.id);
    const own = tables.candidates.filter((c) => c.method === row.id);
    const selected = own.filter((c) => c.selected && c.scores.test !== undefined);
    const means = selected.map((c) => meansOf(c.scores.test ?? new Float64Array(), values));
    const kls = selected.map((c) => c.kl).filter((kl) => kl !== null);
    const ledger = input.ledger.filter((entry) => entry.method === row.trainedBy);
    return {
      id: row.id,
      title: row.title,
      ranked: row.ranked,
      hypervolume: result === undefined ? null : estimate(result),
      hypervolumeBySeed: result === undefined ? [] : [...result.perSeed],
      undertrained: undertrained.get(row.id) ?? [],
      offered: own.length / Math.max(1, tables.seeds.length),
      selected: selected.length / Math.max(1, tables.seeds.length),
      belowReference: means.filter((m) => !above(m, scales)).length,
      best: perValue(values, means, (column) => Math.max(...column)),
      mean: perValue(values, means, mean),
      kl: kls.length === 0 ? null : { mean: mean(kls), max: Math.max(...kls) },
      broken: selected.length === 0 ? 0 : mean(selected.map((c) => c.broken ?? 0)),
      planned: sum(ledger.map((entry) => entry.planned)),
      spent: sum(ledger.map((entry) => entry.spent)),
      seconds: sum(ledger.map((entry) => entry.seconds)),
      candidates: own.map((c) => ({
        seed: c.seed,
        name: c.candidate,
        weights: c.weights,
        coefficients: c.coefficients,
        selected: c.selected,
        means: c.scores.test === undefined ? [] : meansOf(c.scores.test, values),
        covariance: c.scores.test === undefined ? null : covarianceOfMeans(c.scores.test, values),
        kl: c.kl,
        broken: c.broken ?? 0,
      })),
    };
  });

  const compare = (pairs: readonly { a: string; b: string }[]): Difference[] => {
    const found = pairs.flatMap(({ a, b }) => {
      const first = bootstrapped.get(a);
      const second = bootstrapped.get(b);
      return first === undefined || second === undefined
        ? []
        : [{ a, b, second, paired: pairedDifference(first, second) }];
    });
    const pValues = found.map(({ paired }) => pValueOf(paired));
    const adjusted = holm(pValues);
    return found.map(({ a, b, second, paired }, i) => {
      const difference = estimate(paired);
      const p = pValues[i] ?? 1;
      const pHolm = adjusted[i] ?? 1;
      const excludesZero = difference.low > 0 || difference.high < 0;
      return {
        a,
        b,
        difference,
        relative: second.estimate > 0 ? scaleEstimate(difference, 1 / second.estimate) : null,
        p,
        pHolm,
        shown: excludesZero && pHolm < 1 - statistics.confidence,
      };
    });
  };
  const contenders = methods.filter(
    (m) => m.ranked && m.hypervolume !== null && m.undertrained.length === 0 && !failed.has(m.id),
  );
  const leader = contenders.reduce<MethodSummary | null>(
    (best, m) => (best === null || (m.hypervolume?.value ?? 0) > (best.hypervolume?.value ?? 0) ? m : best),
    null,
  );
  const differences =
    leader === null
      ? []
      : compare(contenders.filter((m) => m.id !== leader.id).map((m) => ({ a: leader.id, b: m.id })));
  const asked = input.questions.filter(({ a, b }) => bootstrapped.has(a) && bootstrapped.has(b));
  const answers = compare(asked);
  const ranked = methods.filter((m) => m.ranked && m.hypervolume !== null).map((m) => m.id);
  const references = referencePoints(input, present, base?.id ?? "base");

  return {
    schema: 1,
    run: input.run,
    statistics: { ...statistics, seedsAssessed: assessed },
    evaluation: {
      testPrompts,
      validationPrompts: tables.prompts.validation.length,
      candidates: Math.max(
        0,
        ...rows.filter((row) => row.ranked).map((row) => methods.find((m) => m.id === row.id)?.offered ?? 0),
      ),
    },
    values: scales.map((scale, k) => {
      const accuracy = input.accuracy[k] ?? null;
      return { ...scale, accuracy, ruler: hasRuler(accuracy) };
    }),
    methods,
    leader: leader?.id ?? null,
    differences,
    questions: answers.map((answer, i) => ({ ...answer, asks: asked[i]?.asks ?? "" })),
    variants: compare(input.variants),
    references,
    rankingStable: new Set(references.map((r) => order(ranked, r.hypervolume).join(" "))).size <= 1,
    matchedKl: matchedKl(input, ranked, scoresOf, (m) => bootstrap(m).map(estimate)),
    ledger: totals(input.ledger),
    uncharged: input.uncharged,
    interference: input.interference,
    ownPrompts: ownPrompts(input, present),
    preferences: preferenceTable(
      tables,
      present.map(({ id }) => id),
      (scored) => bootstrapHypervolume(scored, resampling()).map(estimate),
      statistics.confidence,
    ),
    failures: input.failures,
  };
}

/** A value is a ruler unless its judge's accuracy cannot be told from guessing. */
export function hasRuler(accuracy: Estimate | null): boolean {
  return accuracy === null || accuracy.low > 0.5;
}

function selectedOf(tables: RunTables, method: string, seed: number): TableCandidate[] {
  return tables.candidates.filter(
    (c) => c.method === method && c.seed === seed && c.selected && c.scores.test !== undefined,
  );
}

function scaleEstimate(e: Estimate, factor: number): Estimate {
  return { value: e.value * factor, low: e.low * factor, high: e.high * factor };
}

function onReference(scales: readonly ValueScale[], prompts: number): Float64Array {
  const scores = new Float64Array(scales.length * prompts);
  scales.forEach((scale, v) => {
    scores.fill(scale.reference, v * prompts, (v + 1) * prompts);
  });
  return scores;
}

function above(means: readonly number[], scales: readonly ValueScale[]): boolean {
  return scales.every((scale, k) => (means[k] ?? Number.NaN) > scale.reference);
}

/** The values whose vertex policy is not shown to beat the base on that value; values without a ruler are left out. */
function undertrainedValues(input: SummaryInput, method: string, base: string): string[] {
  const { tables } = input;
  if (method === base) return [];
  const prompts = tables.prompts.validation.length;
  const isVertex = (c: TableCandidate, k: number) => c.weights?.every((w, j) => w === (j === k ? 1 : 0)) === true;
  return tables.values.filter((_, k) => {
    if (!hasRuler(input.accuracy[k] ?? null)) return false;
    const policy: Float64Array[] = [];
    const anchor: Float64Array[] = [];
    for (const seed of tables.seeds) {
      const of = (wanted: (c: TableCandidate) => boolean) =>
        tables.candidates
          .find((c) => c.seed === seed && wanted(c))
          ?.scores.validation?.subarray(k * prompts, (k + 1) * prompts);
      const vertex = of((c) => c.method === method && isVertex(c, k));
      const own = of((c) => c.method === base);
      if (vertex === undefined || own === undefined) continue;
      policy.push(vertex);
      anchor.push(own);
    }
    return !shownToBeat(policy, anchor);
  });
}

function referencePoints(input: SummaryInput, present: readonly RowInfo[], base: string): RunSummary["references"] {
  const { tables, scales } = input;
  const values = tables.values.length;
  const pointsOf = (id: string, seed: number) =>
    selectedOf(tables, id, seed).map((c) => meansOf(c.scores.test ?? new Float64Array(), values));
  const all = present
    .filter((row) => row.id !== base)
    .flatMap((row) => tables.seeds.flatMap((s) => pointsOf(row.id, s)));
  const basePoints = tables.seeds.flatMap((seed) => pointsOf(base, seed));
  const named: { name: "suite" | "nadir" | "base"; point: number[] }[] = [
    { name: "suite", point: scales.map((s) => s.reference) },
  ];
  if (all.length > 0) {
    const low = perValue(values, all, (column) => Math.min(...column));
    const high = perValue(values, all, (column) => Math.max(...column));
    named.push({ name: "nadir", point: low.map((x, k) => x - 0.1 * ((high[k] ?? x) - x)) });
  }
  if (basePoints.length > 0) named.push({ name: "base", point: perValue(values, basePoints, mean) });
  return named.map(({ name, point }) => {
    const at = scales.map((scale, k) => ({ ...scale, reference: point[k] ?? scale.reference }));
    const reference = scaledReference(at);
    const volumes: Record<string, number> = {};
    const below: Record<string, number> = {};
    for (const row of present) {
      const perSeed = tables.seeds.map((seed) => pointsOf(row.id, seed));
      volumes[row.id] = mean(
        perSeed.map(
          (points) =>
            hypervolume(
              points.map((p) => scaled(p, at)),
              { reference, sense: "max" },
            ).value,
        ),
      );
      below[row.id] = perSeed.flat().filter((means) => !above(means, at)).length;
    }
    return { name, point, hypervolume: volumes, below };
  });
}

/** Hypervolume of the candidates no farther from the base than the most distant one of the nearest method. */
function matchedKl(
  input: SummaryInput,
  ranked: readonly string[],
  scoresOf: (id: string, keep: (candidate: TableCandidate) => boolean) => MethodScores,
  estimates: (methods: readonly MethodScores[]) => Estimate[],
): RunSummary["matchedKl"] {
  const farthest = ranked.map((id) =>
    Math.max(
      ...input.tables.candidates
        .filter((c) => c.method === id && c.selected)
        .map((c) => c.kl ?? Number.NEGATIVE_INFINITY),
    ),
  );
  const limit = Math.min(...farthest);
  if (!Number.isFinite(limit) || ranked.length === 0) return null;
  const found = estimates(ranked.map((id) => scoresOf(id, (c) => c.kl !== null && c.kl <= limit)));
  return {
    limit,
    hypervolume: Object.fromEntries(
      ranked.map((id, i): [string, Estimate] => [id, found[i] ?? { value: 0, low: 0, high: 0 }]),
    ),
  };
}

/** The paper's own protocol: each value's best candidate mean on that value's prompts only. */
function ownPrompts(input: SummaryInput, present: readonly RowInfo[]): RunSummary["ownPrompts"] {
  const { tables } = input;
  const prompts = tables.prompts.test;
  const columns = tables.values.map((value) => prompts.flatMap((p, i) => (p.source === value ? [i] : [])));
  if (columns.some((c) => c.length === 0)) return null;
  return present.map((row) => ({
    method: row.id,
    best: columns.map((own, k) =>
      Math.max(
        ...tables.seeds.flatMap((seed) =>
          selectedOf(tables, row.id, seed).map((c) =>
            mean(own.map((p) => c.scores.test?.[k * prompts.length + p] ?? Number.NaN)),
          ),
        ),
      ),
    ),
  }));
}

function totals(ledger: readonly LedgerRow[]): RunSummary["ledger"] {
  const rows = new Map<string, RunSummary["ledger"][number]>();
  for (const { seed: _seed, ...entry } of ledger) {
    const key = `${entry.method}\n${entry.kind}`;
    const old = rows.get(key);
    rows.set(
      key,
      old === undefined
        ? entry
        : {
            ...old,
            planned: old.planned + entry.planned,
            spent: old.spent + entry.spent,
            tokens: old.tokens + entry.tokens,
            steps: old.steps + entry.steps,
            seconds: old.seconds + entry.seconds,
          },
    );
  }
  return [...rows.values()];
}

function order(ids: readonly string[], volumes: Readonly<Record<string, number>>): string[] {
  return [...ids].sort((a, b) => (volumes[b] ?? 0) - (volumes[a] ?? 0));
}

function perValue(values: number, rows: readonly (readonly number[])[], of: (column: number[]) => number): number[] {
  if (rows.length === 0) return [];
  return Array.from({ length: values }, (_, k) => of(rows.map((row) => row[k] ?? Number.NaN)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, x) => total + x, 0);
}
