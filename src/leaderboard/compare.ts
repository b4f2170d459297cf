/**
 * Two runs of one suite, or a run and a baseline: what changed, and how sure that is. A pure function of both. The
 * decision rests on the hypervolumes of the baseline's ranked methods and on the guards; all else is for orientation.
 */
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { fail } from "../metrics/error.js";
import { holm, mean } from "../metrics/index.js";
import { blockOf, commonSeeds, differencesOf, noticesOf } from "./comparable.js";
import { type ConfidenceDistribution, changeOf, FEWEST_SEEDS } from "./confidence.js";
import { measuresFor } from "./measures.js";
import { type PairedMeasure, pairedBootstrap } from "./paired-bootstrap.js";
import type { ScoredRun } from "./scored-run.js";
import { settledBy } from "./settle.js";
import type {
  ComparisonVerdict,
  Decided,
  Guard,
  GuardResult,
  Measure,
  MeasuredChange,
  MissingMethod,
  Settings,
  Side,
  ZeroChange,
} from "./verdict.js";

export interface CompareOptions {
  /** Share of hypervolume that may be lost, in [0, 1). Default 0.02. */
  readonly tolerance?: number;
  /** The same for all else, in units of the suite's scale. Default: `tolerance`. */
  readonly valueTolerance?: number;
  /** One-sided; default 0.05. */
  readonly alpha?: number;
  readonly guards?: readonly Guard[];
  /** Preference that the utility is for; default: all that the lattice declares, averaged. */
  readonly weights?: readonly number[];
  /** At least so many; default: the suite's. */
  readonly resamples?: number;
}

/** @param a the baseline; @param b the run */
export function compareRuns(a: ScoredRun, b: ScoredRun, options: CompareOptions = {}): ComparisonVerdict {
  const sides = { baseline: sideOf(a), run: sideOf(b) };
  const reasons = differencesOf(a, b);
  if (reasons.length > 0) return { kind: "not-comparable", sides, reasons };
  return new Comparison(a, b, options).decided(sides);
}

function sideOf({ source, identity }: ScoredRun): Side {
  const { suite } = identity;
  return {
    source,
    id: identity.id,
    suite: String(suite.suite),
    version: Number(suite.version),
    commit: identity.commit,
  };
}

/** A change before its family is known. */
interface Found {
  readonly method: string;
  readonly measure: Measure;
  readonly paired: PairedMeasure;
  /** Null where a hypervolume is 0. */
  readonly confidence: ConfidenceDistribution | null;
  readonly margin: number;
  readonly pRegressed: number;
  readonly pImproved: number;
}

class Comparison {
  readonly #seeds: readonly number[];
  readonly #settings: Settings;

  constructor(
    readonly a: ScoredRun,
    readonly b: ScoredRun,
    options: CompareOptions,
  ) {
    const { tolerance = 0.02, alpha = 0.05 } = options;
    this.#seeds = commonSeeds(a, b);
    this.#settings = {
      tolerance,
      valueTolerance: options.valueTolerance ?? tolerance,
      alpha,
      guards: options.guards ?? [],
      weights:
        options.weights !== undefined
          ? [options.weights]
          : a.preferences.length > 0
            ? a.preferences
            : [a.values.map(() => 1 / a.values.length)],
      resamples: Math.max(options.resamples ?? a.resamples, fewestResamples(a, options.guards ?? [], alpha)),
    };
  }

  decided(sides: Decided["sides"]): Decided {
    const settings = this.#settings;
    const missing = this.a.methods.flatMap(({ id }) => this.#missing(id));
    const found = this.#found(missing);
    const deciding = found.filter(({ measure }) => measure.kind === "hypervolume");
    const details = found.filter(({ measure }) => measure.kind !== "hypervolume");
    const guarded = settings.guards.flatMap((guard) => this.#guarded(guard, found));
    const family = [...deciding.map((x) => x.pRegressed), ...guarded.map((x) => x.p)];
    const pRegressed = holm(family);
    const volumes = this.#changes(deciding, family);
    const guards = guarded.map((result, i): GuardResult => {
      const p = pRegressed[deciding.length + i] ?? 1;
      return { ...result, p, failed: p < settings.alpha };
    });
    const hypervolumes = this.a.methods.flatMap(({ id }) =>
      [...volumes, ...missing].filter(({ method }) => method === id),
    );
    const verdicts = hypervolumes.map(({ verdict }) => verdict);
    return {
      kind: "decided",
      verdict:
        verdicts.includes("regressed") || guards.some(({ failed }) => failed)
          ? "regressed"
          : verdicts.includes("inconclusive")
            ? "inconclusive"
            : "ok",
      sides,
      settings,
      values: this.a.values.map(({ name }) => name),
      seeds: this.#seeds,
      prompts: this.a.prompts.length,
      scope: this.#seeds.length < FEWEST_SEEDS ? "these trained models" : "methods",
      hypervolumes,
      guards,
      details: this.#changes(
        details,
        details.map((x) => x.pRegressed),
      ),
      notices: noticesOf(this.a, this.b),
    };
  }

  #cell(run: ScoredRun, method: string, seed: number) {
    return run.methods.find(({ id }) => id === method)?.seeds.find((at) => at.seed === seed);
  }

  /** A method that failed in the run has lost; one that failed in the baseline has nothing to lose. */
  #missing(method: string): MissingMethod[] {
    const before = this.#seeds.filter((seed) => this.#cell(this.a, method, seed) !== undefined);
    const now = this.#seeds.filter((seed) => this.#cell(this.b, method, seed) !== undefined);
    const one = { kind: "missing", method, measure: { kind: "hypervolume" } } as const;
    const lost = before.filter((seed) => !now.includes(seed));
    if (lost.length > 0) return [{ ...one, seeds: lost, verdict: "regressed" }];
    if (before.length > 0) return [];
    return [{ ...one, seeds: this.#seeds, verdict: now.length > 0 ? "improved" : "ok" }];
  }

  /** Every measure of every method, at the common seeds at which the baseline has it. */
  #found(missing: readonly MissingMethod[]): Found[] {
    const { a, b } = this;
    const { resamples, weights } = this.#settings;
    const present = a.methods.flatMap(({ id }) => {
      if (missing.some(({ method }) => method === id)) return [];
      const cells = this.#seeds.flatMap((seed) => {
        const [x, y] = [this.#cell(a, id, seed), this.#cell(b, id, seed)];
        return x === undefined || y === undefined ? [] : [{ a: blockOf(a, x), b: blockOf(b, y) }];
      });
      return [{ id, cells }];
    });
    if (present.length === 0) return [];
    const paired = pairedBootstrap(
      {
        prompts: a.prompts.length,
        reference: a.values.map(({ center, scale, reference }) => (reference - center) / scale),
        preferences: weights,
        methods: present.map(({ cells }) => cells),
      },
      // One fixed stream: the verdict is a function of the scores.
      { generator: xoroshiro128plus(20260601), resamples },
    );
    const measures = measuresFor(a.values.length);
    return present.flatMap(({ id }, m) =>
      measures.flatMap((measure, k) => {
        const own = paired[m]?.[k];
        return own === undefined ? [] : [this.#foundOf(id, measure, own)];
      }),
    );
  }

  #foundOf(method: string, measure: Measure, paired: PairedMeasure): Found {
    const { tolerance, valueTolerance, resamples } = this.#settings;
    if (!Number.isFinite(mean(paired.a)) || !Number.isFinite(mean(paired.b))) {
      fail("not-finite", `the ${measure.kind} of ${method} leaves the range of numbers: scale the scores`);
    }
    const unit = unitOf(measure);
    const margin = unit === "log-ratio" ? -Math.log(1 - tolerance) : valueTolerance;
    if (unit === "log-ratio" && !(mean(paired.a) > 0 && mean(paired.b) > 0)) {
      const lost = shareOf(paired, (a, b) => b >= (1 - tolerance) * a);
      const gained = shareOf(paired, (a, b) => a >= (1 - tolerance) * b);
      const least = 1 / (1 + resamples);
      return {
        method,
        measure,
        paired,
        confidence: null,
        margin,
        pRegressed: Math.max(lost, least),
        pImproved: Math.max(gained, least),
      };
    }
    const confidence = changeOf(paired, unit);
    return {
      method,
      measure,
      paired,
      confidence,
      margin,
      pRegressed: 1 - confidence.below(-margin),
      pImproved: confidence.below(margin),
    };
  }

  /** @param family p-values of "regressed" that are adjusted together; those of `found` stand first */
  #changes(found: readonly Found[], family: readonly number[]): (MeasuredChange | ZeroChange)[] {
    const { alpha } = this.#settings;
    const pRegressed = holm(family);
    const pImproved = holm(found.map((x) => x.pImproved));
    return found.map(({ method, measure, paired, confidence, margin }, i): MeasuredChange | ZeroChange => {
      const [a, b] = [mean(paired.a), mean(paired.b)];
      const down = pRegressed[i] ?? 1;
      const up = pImproved[i] ?? 1;
      if (confidence === null) {
        const zero = a > 0 ? "run" : b > 0 ? "baseline" : "both";
        const verdict = down < alpha ? "regressed" : up < alpha ? "improved" : a > 0 ? "inconclusive" : "ok";
        return { kind: "zero", method, measure, a, b, zero, verdict };
      }
      const lower = confidence.quantile(alpha);
      // "Ok" is not adjusted; "regressed" is, by as many as are no more certain.
      const own = family[i] ?? 1;
      const level = confidence.change >= -margin ? alpha : alpha / family.filter((p) => p >= own).length;
      const verdict = down < alpha ? "regressed" : up < alpha ? "improved" : lower >= -margin ? "ok" : "inconclusive";
      return {
        kind: "measured",
        method,
        measure,
        a,
        b,
        unit: unitOf(measure),
        change: confidence.change,
        lower,
        upper: confidence.quantile(1 - alpha),
        standardError: confidence.standardError,
        margin,
        pRegressed: down,
        pImproved: up,
        verdict,
        settled: verdict === "inconclusive" ? settledBy(confidence, margin, level) : null,
      };
    });
  }

  /** One result a method; not yet adjusted. */
  #guarded(guard: Guard, found: readonly Found[]): GuardResult[] {
    const { alpha } = this.#settings;
    const index = this.a.values.findIndex(({ name }) => name === guard.value);
    return found.flatMap(({ method, measure, paired, confidence }): GuardResult[] => {
      if (measure.kind !== guard.of || measure.value !== index || confidence === null) return [];
      return [
        {
          kind: "guard",
          guard,
          method,
          a: mean(paired.a),
          b: mean(paired.b),
          change: confidence.change,
          lower: confidence.quantile(alpha),
          upper: confidence.quantile(1 - alpha),
          p: 1 - confidence.below(-guard.limit),
          failed: false,
        },
      ];
    });
  }
}

/**
 * With fewer, no drop of any size would be one: a share of resamples is no smaller than one over their number, and Holm
 * multiplies it by the size of the family.
 */
function fewestResamples(a: ScoredRun, guards: readonly Guard[], alpha: number): number {
  const deciding = a.methods.length * (1 + guards.length);
  const details = a.methods.length * (measuresFor(a.values.length).length - 1);
  return Math.ceil(Math.max(deciding, details / 2 + 1) / alpha);
}

function unitOf(measure: Measure): "log-ratio" | "difference" {
  return measure.kind === "hypervolume" ? "log-ratio" : "difference";
}

/** Share of the resamples of which `holds` is true of the averages over seeds. */
function shareOf(paired: PairedMeasure, holds: (a: number, b: number) => boolean): number {
  const seeds = paired.a.length;
  const resamples = paired.resampledA.length / seeds;
  let count = 0;
  for (let r = 0; r < resamples; r++) {
    let a = 0;
    let b = 0;
    for (let s = 0; s < seeds; s++) {
      a += paired.resampledA[s * resamples + r] ?? 0;
      b += paired.resampledB[s * resamples + r] ?? 0;
    }
    if (holds(a, b)) count++;
  }
  return count / resamples;
}
