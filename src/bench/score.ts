/**
 * The whole metric table of any CSV of scores (PROTOCOL §8): points of methods trained anywhere, per seed and then averaged.
 * Beside a `run.json` it stands on the run's scale, reference and selection, and its hypervolumes are those of the report.
 */
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { InputError } from "../data/errors.js";
import {
  type BootstrappedMethod,
  bootstrapHypervolume,
  EXACT_LIMIT,
  epsilonMultiplicative,
  expectedUtility,
  holm,
  kendallTauB,
  type MetricRow,
  maximumUtilityLoss,
  mean,
  meanInnerProduct,
  metricTable,
  monotoneStepShare,
  nadirReference,
  nondominated,
  normalisedHypervolume,
  type Objective,
  pairedDifference,
  r2,
  type ScoredSet,
  subsetHypervolume,
} from "../metrics/index.js";
import { hint, numberOf } from "./score-columns.js";
import { type RunBeside, runBeside } from "./score-run.js";
import { readScoreTable, type ScoredCandidate, type ScoredSplit, type ScoreTable } from "./score-table.js";
import { estimateOf, pValueOf, seedAxis } from "./uncertain.js";

export interface ScoreOptions {
  /** `max`, `min`, one of them a value (`max,min`), or by name (`kl=min`: the others are `max`). Default `max`. */
  readonly sense?: string | undefined;
  /** Raw units: `0,0.5` in the order of values, or `helpful=0,harmless=0.5`. */
  readonly reference?: string | undefined;
  readonly values?: readonly string[] | undefined;
  readonly groupBy?: readonly string[] | undefined;
  /** Default `test`, where there is a column `split`. */
  readonly split?: string | undefined;
  /** Default: the run's selection beside a `run.json`, else `all`. */
  readonly select?: "all" | "validation" | undefined;
  /** False: a `run.json` beside the file is passed over. Default true. */
  readonly run?: boolean | undefined;
  /** What stands in the file, where it is no file: `path` then names it in messages. */
  readonly bytes?: Uint8Array | undefined;
}

/** One row of the table: a method, or whatever was grouped by. Averages over seeds, but for `best` and `mean`. */
export interface ScoreRow extends Omit<MetricRow, "method" | "hypervolume" | "hypervolumePerSeed"> {
  /** What the row is of, by column. */
  readonly group: Readonly<Record<string, string>>;
  readonly name: string;
  /** Candidates that the file has, a seed; `candidates` counts those that were taken. */
  readonly offered: number;
  readonly hypervolume: number;
  readonly hypervolumePerSeed: readonly number[];
  /** Null where nothing can be said about it: see `intervals`. */
  readonly interval: { readonly low: number; readonly high: number } | null;
  /** Share of the box from the reference to the best of each value in the file; null where that box is flat. */
  readonly normalisedHypervolume: number | null;
  /** Mean over subsets of `equalCandidates` points, drawn where there are many; null where every row has that number. */
  readonly hypervolumeAtEqualCandidates: number | null;
  /** Null where a coordinate is not above 0. */
  readonly epsilonMultiplicative: number | null;
  /** Against the best of each value in the file; null for one value. */
  readonly r2: number | null;
  /** Over even weights: the best candidate's weighted sum on average, and the most that any weight loses to all rows together. */
  readonly expectedUtility: number;
  readonly maximumUtilityLoss: number;
  /** Of all candidates offered, with the preferences that they were made for; null where some declare none. */
  readonly controllability: Controllability | null;
  /** Raw units, candidates taken, all seeds: the best one's, and over all of them. */
  readonly best: readonly number[];
  readonly mean: readonly number[];
}

/** What a declared preference gets: means over seeds. */
export interface Controllability {
  /** Of a preference with the scores of its candidate. */
  readonly meanInnerProduct: number;
  /** By value, between its weight and its score; null where one of them does not vary. */
  readonly kendallTauB: readonly (number | null)[];
  /** By value, of the steps to a larger weight those on which the score rises; null where the weight does not vary. */
  readonly monotoneStepShare: readonly (number | null)[];
}

export interface ScoreDifference {
  readonly a: string;
  readonly b: string;
  /** a − b */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly p: number;
  readonly pHolm: number;
  readonly shown: boolean;
}

export interface ScoreReport {
  readonly schema: 1;
  readonly file: string;
  readonly form: "long" | "wide";
  /** The run beside the file that was stood on. */
  readonly run: string | null;
  readonly groupBy: readonly string[];
  readonly split: string | null;
  readonly select: "all" | "validation" | "run";
  readonly prompts: number | null;
  readonly seeds: readonly string[] | null;
  /** Hypervolume and distances are of (score − center)/scale; `ideal` is the best of the file, raw like `reference`. */
  readonly values: readonly {
    readonly name: string;
    readonly sense: Objective;
    readonly center: number;
    readonly scale: number;
    readonly reference: number;
    readonly ideal: number;
    /** How many prompts it is scored on; null where there are none. */
    readonly prompts: number | null;
  }[];
  readonly referenceFrom: "from this file" | "given" | "from the run's suite";
  readonly intervals:
    | { readonly kind: "prompts" | "seeds" | "seeds and prompts"; readonly level: number; readonly resamples: number }
    | { readonly kind: "none"; readonly reason: string };
  /** Where rows took different numbers of candidates: the fewest at a seed; null where all took the same, or a run says how many. */
  readonly equalCandidates: number | null;
  readonly rows: readonly ScoreRow[];
  /** The row of the largest hypervolume against every other. Empty where the rows' seeds differ or nothing is known. */
  readonly differences: readonly ScoreDifference[];
  readonly notices: readonly string[];
}

/** Points up to which a hypervolume is quick enough for thousands of resamples, by number of values from 4. */
const BOOTSTRAP_LIMIT: readonly number[] = [1500, 300, 100, 50, 25, 15, 12, 10, 8];
/** What people call the split that they choose on. */
const VALIDATION = ["validation", "valid", "val", "dev"];
/** Statements about seeds need this many. */
const FEWEST_SEEDS = 3;
/** R2 and utilities are taken over about so many evenly spread weights. */
const EVEN_WEIGHTS = 200;

/** @throws InputError in one line with file and line, also for options that do not fit the file */
export function scoreFile(path: string, options: ScoreOptions = {}): ScoreReport {
  // What was piped in lies beside nothing.
  const run = options.run === false || options.bytes !== undefined ? undefined : runBeside(path);
  const table = readScoreTable(
    path,
    {
      values: options.values,
      groupBy: options.groupBy,
      order: run?.scales.map(({ name }) => name),
    },
    options.bytes,
  );
  if (run !== undefined) assertOf(run, table, options);
  const splitName = splitOf(table, options.split);
  const select = options.select ?? (run === undefined ? "all" : "run");
  const split = table.split(splitName, run?.prompts(splitName ?? ""));
  const chosen = choose(table, split, select, run, sensesOf(options.sense, table.values));
  return new Scoring(table, split, splitName, select, chosen, run, options).report();
}

function assertOf(run: RunBeside, table: ScoreTable, { values, sense }: ScoreOptions): void {
  const alone = `${run.folder} holds a run.json, and this`;
  const without = "; --no-run scores it without the run";
  if (!table.has.method || !table.has.candidate || !table.has.seed || !table.has.split || !table.has.prompt) {
    throw new InputError(
      `${table.path}: ${alone} lacks a column of method, candidate, seed, split or prompt to find it in that run${without}`,
    );
  }
  if (values !== undefined || table.values.join("\n") !== run.scales.map(({ name }) => name).join("\n")) {
    throw new InputError(
      `${table.path}: ${alone} is to be scored on ${table.values.join(", ")}, the run on ${run.scales.map(({ name }) => name).join(", ")}${without}`,
    );
  }
  if (sense !== undefined && sensesOf(sense, table.values).includes("min")) {
    throw new InputError(`--sense ${sense}: the scores of a run are better when larger${without}`);
  }
}

function splitOf({ path, splits }: ScoreTable, asked: string | undefined): string | null {
  if (splits.length === 0) {
    if (asked === undefined) return null;
    throw new InputError(`${path}: --split ${asked}: there is no column "split"`);
  }
  const wanted = asked ?? "test";
  const found = splits.find((name) => name.toLowerCase() === wanted.toLowerCase());
  if (found !== undefined) return found;
  const advice =
    asked === undefined ? `; choose one with --split (there are: ${splits.join(", ")})` : hint(wanted, splits);
  throw new InputError(`${path}: no row is of the split "${wanted}"${advice}`);
}

/** @throws InputError */
function sensesOf(text: string | undefined, values: readonly string[]): Objective[] {
  const parts = (text ?? "max").split(",").map((part) => part.trim());
  const objective = (word: string): Objective => {
    const lower = word.toLowerCase();
    if (lower === "max" || lower === "min") return lower;
    throw new InputError(
      `--sense takes max, min, one of them for each value (${values.join(",")}), or NAME=min; not "${word}"`,
    );
  };
  if (parts.every((part) => part.includes("="))) {
    const named = byName("--sense", parts, values);
    return values.map((value) => objective(named.get(value) ?? "max"));
  }
  const given = parts.map(objective);
  if (given.length === 1) return values.map(() => given[0] ?? "max");
  if (given.length === values.length) return given;
  throw new InputError(
    `--sense names ${given.length} senses for ${values.length} values (${values.join(", ")}); give one, or one for each`,
  );
}

/** @throws InputError */
function referenceOf(text: string, values: readonly string[]): number[] {
  const parts = text.split(",").map((part) => part.trim());
  const number = (word: string): number => {
    const value = numberOf(word);
    if (value !== undefined) return value;
    throw new InputError(`--reference takes a number for each value (${values.join(",")}), not "${word}"`);
  };
  if (parts.every((part) => part.includes("="))) {
    const named = byName("--reference", parts, values);
    return values.map((value) => {
      const word = named.get(value);
      if (word === undefined) throw new InputError(`--reference has no number for ${value}`);
      return number(word);
    });
  }
  const point = parts.map(number);
  if (point.length === values.length) return point;
  throw new InputError(
    `--reference has ${point.length} ${point.length === 1 ? "number" : "numbers"} for ${values.length} values (${values.join(", ")})`,
  );
}

function byName(flag: string, parts: readonly string[], values: readonly string[]): Map<string, string> {
  const named = new Map<string, string>();
  for (const part of parts) {
    const equals = part.lastIndexOf("=");
    const name = part.slice(0, equals).trim();
    const value = values.find((known) => known.toLowerCase() === name.toLowerCase());
    if (value === undefined) throw new InputError(`${flag} names "${name}", which is no value${hint(name, values)}`);
    if (named.has(value)) throw new InputError(`${flag} names ${value} twice`);
    named.set(value, part.slice(equals + 1).trim());
  }
  return named;
}

/** Which candidates count. */
function choose(
  table: ScoreTable,
  split: ScoredSplit,
  select: ScoreReport["select"],
  run: RunBeside | undefined,
  sense: readonly Objective[],
): ReadonlySet<ScoredCandidate> {
  if (select === "all") return new Set(split.candidates);
  if (run !== undefined) {
    const chosen = split.candidates.filter(({ seed, method, candidate }) => run.selected(seed, method, candidate));
    const present = new Set(chosen.map(({ seed, method, candidate }) => JSON.stringify([seed, method, candidate])));
    const missing = run.selectedOnes.find(
      ({ seed, method, candidate }) => !present.has(JSON.stringify([seed, method, candidate])),
    );
    if (missing === undefined) return new Set(chosen);
    throw new InputError(
      `${table.path}: no score of ${missing.method} ${missing.candidate} (seed ${missing.seed}), which the run selected`,
    );
  }
  const name = VALIDATION.flatMap((word) => table.splits.filter((known) => known.toLowerCase() === word))[0];
  if (name === undefined) {
    throw new InputError(
      `${table.path}: --select validation: no row is of the split "validation"${table.splits.length === 0 ? "" : ` (there are: ${table.splits.join(", ")})`}`,
    );
  }
  const validated = new Map(table.split(name).candidates.map((candidate) => [identity(candidate), candidate]));
  const chosen = new Set<ScoredCandidate>();
  for (const set of setsOf(split.candidates).values()) {
    const points = set.map((candidate) => {
      const found = validated.get(identity(candidate));
      if (found !== undefined) return found.means;
      throw new InputError(
        `${table.path}: ${[candidate.method, candidate.candidate].filter((word) => word !== "").join(" ")}${candidate.seed === "" ? "" : ` (seed ${candidate.seed})`} has no validation scores to select by`,
      );
    });
    for (const i of nondominated(points, { sense, duplicates: "first" })) chosen.add(set[i] as ScoredCandidate);
  }
  return chosen;
}

function identity({ seed, method, candidate, group }: ScoredCandidate): string {
  return JSON.stringify([seed, method, candidate, group]);
}

/** By group and seed. */
function setsOf(candidates: Iterable<ScoredCandidate>): Map<string, ScoredCandidate[]> {
  const sets = new Map<string, ScoredCandidate[]>();
  for (const candidate of candidates) {
    const key = JSON.stringify([candidate.group, candidate.seed]);
    const set = sets.get(key);
    if (set === undefined) sets.set(key, [candidate]);
    else set.push(candidate);
  }
  return sets;
}

interface Group {
  readonly name: string;
  readonly cells: readonly string[];
  /** Sets of candidates that count, one a seed, in the order of `seeds`. */
  readonly seeds: readonly string[];
  /** By seed, the candidates taken. */
  readonly sets: readonly (readonly ScoredCandidate[])[];
  /** All that the file has of it. */
  readonly offered: readonly ScoredCandidate[];
}

interface Measured {
  readonly result: BootstrappedMethod;
  readonly interval: { readonly low: number; readonly high: number };
}

class Scoring {
  readonly #senses: readonly Objective[];
  readonly #notices: string[];
  readonly #reference: readonly number[];
  readonly #ideal: readonly number[];
  readonly #groups: readonly Group[];
  readonly #center: readonly number[];
  readonly #scale: readonly number[];
  readonly #statistics: { readonly resamples: number; readonly confidence: number };

  constructor(
    readonly table: ScoreTable,
    readonly split: ScoredSplit,
    readonly splitName: string | null,
    readonly select: ScoreReport["select"],
    chosen: ReadonlySet<ScoredCandidate>,
    readonly run: RunBeside | undefined,
    readonly options: ScoreOptions,
  ) {
    const { values } = table;
    this.#senses = sensesOf(options.sense, values);
    this.#notices = [...table.notices];
    this.#center = values.map((_, k) => run?.scales[k]?.center ?? 0);
    this.#scale = values.map((_, k) => run?.scales[k]?.scale ?? 1);
    this.#statistics = run?.statistics ?? { resamples: 2000, confidence: 0.95 };
    const points = split.candidates.map(({ means }) => means);
    this.#reference =
      options.reference !== undefined
        ? referenceOf(options.reference, values)
        : (run?.scales.map(({ reference }) => reference) ?? nadirReference(points, { sense: this.#senses }));
    this.#ideal = values.map((_, k) => this.#best(k, points));
    if (options.reference === undefined && run === undefined) {
      const flat = values.filter((_, k) => this.#reference[k] === this.#ideal[k]);
      if (flat.length > 0) {
        this.#notices.push(
          `all points agree on ${flat.join(", ")}: a reference from this file lies on them, and every hypervolume is 0; give --reference`,
        );
      }
    }
    this.#groups = this.#grouped(chosen);
  }

  #best(value: number, points: readonly (readonly number[])[]): number {
    const better = this.#senses[value] === "min" ? Math.min : Math.max;
    return points.reduce((best, point) => better(best, point[value] ?? best), points[0]?.[value] ?? Number.NaN);
  }

  /** In order of first appearance in the file. A group without any candidate at a seed of the run is left out, as in its report. */
  #grouped(chosen: ReadonlySet<ScoredCandidate>): Group[] {
    const sets = setsOf(chosen);
    const groups = new Map(this.split.candidates.map(({ group }) => [JSON.stringify(group), group]));
    const found = [...groups.values()].flatMap((cells): Group[] => {
      const own = this.split.candidates.filter(({ group }) => group.every((cell, i) => cell === cells[i]));
      const present = inOrder([...new Set(own.map(({ seed }) => seed))]);
      const name = cells.length === 0 ? "all" : cells.join(", ");
      const seeds = this.run !== undefined && !this.#groupsBySeed() ? this.run.seeds : present;
      const taken = seeds.map((seed) => sets.get(JSON.stringify([cells, seed])) ?? []);
      const empty = seeds.filter((_, i) => taken[i]?.length === 0);
      if (empty.length === 0) return [{ name, cells, seeds, sets: taken, offered: own }];
      this.#notices.push(`${name}: no candidate is selected at seed ${empty.join(", ")}: left out`);
      return [];
    });
    if (found.length > 0) return found;
    throw new InputError(`${this.table.path}: no candidate is left to score`);
  }

  #groupsBySeed(): boolean {
    return this.table.groupBy.some((name) => name.toLowerCase() === "seed");
  }

  report(): ScoreReport {
    const { table, split } = this;
    const hasPrompts = table.has.prompt;
    const reason = this.#whyNoIntervals();
    const measured = reason === undefined ? this.#bootstrapped() : new Map<Group, Measured>();
    const assessed = this.#groups.every(({ seeds }) => seeds.length >= FEWEST_SEEDS);
    const { resamples, confidence } = this.#statistics;
    const seeds = this.#sharedSeeds();
    if (seeds === null) this.#notices.push("the rows have different seeds: no differences between them are given");
    const rows = this.#rows(measured);
    for (const row of rows) {
      if (row.hypervolume === 0) {
        this.#notices.push(`${row.name}: no candidate exceeds the reference in every value: its hypervolume is 0`);
      }
    }
    return {
      schema: 1,
      file: table.path,
      form: table.form,
      run: this.run?.id ?? null,
      groupBy: table.groupBy,
      split: this.splitName,
      select: this.select,
      prompts: hasPrompts ? split.prompts.length : null,
      seeds,
      values: table.values.map((name, k) => ({
        name,
        sense: this.#senses[k] ?? "max",
        center: this.#center[k] ?? 0,
        scale: this.#scale[k] ?? 1,
        reference: this.#reference[k] ?? Number.NaN,
        ideal: this.#ideal[k] ?? Number.NaN,
        prompts: hasPrompts ? (split.scoredOn[k] ?? new Float64Array()).reduce((sum, x) => sum + x, 0) : null,
      })),
      referenceFrom:
        this.options.reference !== undefined
          ? "given"
          : this.run === undefined
            ? "from this file"
            : "from the run's suite",
      intervals:
        reason === undefined
          ? {
              kind: !hasPrompts || split.prompts.length < 2 ? "seeds" : assessed ? "seeds and prompts" : "prompts",
              level: confidence,
              resamples,
            }
          : { kind: "none", reason },
      equalCandidates: this.#equalCandidates(),
      rows,
      differences: seeds === null ? [] : this.#differences(measured),
      notices: this.#notices,
    };
  }

  /** The seeds that all rows have, or null where they differ. */
  #sharedSeeds(): readonly string[] | null {
    const first = this.#groups[0]?.seeds ?? [];
    return this.#groups.every(({ seeds }) => seeds.join("\n") === first.join("\n")) ? first : null;
  }

  #whyNoIntervals(): string | undefined {
    const fewPrompts = this.split.prompts.length < 2;
    const fewest = Math.min(...this.#groups.map(({ seeds }) => seeds.length));
    if (fewPrompts && fewest < FEWEST_SEEDS) {
      return `neither prompts nor ${FEWEST_SEEDS} seeds to take one over`;
    }
    const values = this.table.values.length;
    const most = Math.max(...this.#groups.flatMap(({ sets }) => sets.map((set) => set.length)));
    const limit = values < 4 ? Number.POSITIVE_INFINITY : (BOOTSTRAP_LIMIT[values - 4] ?? 0);
    if (most > limit) return `${most} candidates in ${values} values are too many to resample`;
    return undefined;
  }

  /** All rows of equal seeds in one bootstrap, so that what they share cancels in differences. */
  #bootstrapped(): Map<Group, Measured> {
    const batches = this.#sharedSeeds() === null ? this.#groups.map((group) => [group]) : [this.#groups];
    const { prompts, scoredOn } = this.split;
    const everywhere = scoredOn.every((mask) => mask.every((x) => x === 1));
    return new Map(
      batches.flatMap((groups) => {
        const results = bootstrapHypervolume(
          {
            methods: groups.map(({ name, sets }) => ({
              name,
              seeds: sets.map((set) => set.map(({ scores }) => scores)),
            })),
            prompts: prompts.length,
            reference: this.#reference,
            sense: this.#senses,
            center: this.#center,
            scale: this.#scale,
            ...(everywhere ? {} : { scoredOn }),
          },
          {
            // The stream of summaries, so that a run's intervals are its report's.
            generator: xoroshiro128plus(20260101),
            resamples: this.#statistics.resamples,
            seeds: seedAxis(groups[0]?.seeds.length ?? 0),
          },
        );
        return results.map((result, i): [Group, Measured] => [
          groups[i] as Group,
          { result, interval: intervalOf(result, this.#statistics.confidence) },
        ]);
      }),
    );
  }

  #scaled(point: readonly number[]): number[] {
    return point.map((x, k) => (x - (this.#center[k] ?? 0)) / (this.#scale[k] ?? 1));
  }

  /** A run offers equally many by its protocol, and what validation leaves out of them is not to be made up for. */
  #equalCandidates(): number | null {
    if (this.run !== undefined) return null;
    const sizes = this.#groups.flatMap(({ sets }) => sets.map((set) => set.length));
    const fewest = Math.min(...sizes);
    return Math.max(...sizes) === fewest ? null : fewest;
  }

  #rows(measured: ReadonlyMap<Group, Measured>): ScoreRow[] {
    const sense = this.#senses;
    const reference = this.#scaled(this.#reference);
    const ideal = this.#scaled(this.#ideal);
    const sets = this.#groups.flatMap(({ seeds, sets: own }, g) =>
      own.map(
        (set, s): ScoredSet => ({
          method: String(g),
          seed: seeds[s] ?? "",
          points: set.map(({ means }) => this.#scaled(means)),
        }),
      ),
    );
    const dimension = sense.length;
    const limit = EXACT_LIMIT[dimension] ?? 30;
    if (sets.some(({ points }) => points.length > limit)) {
      this.#notices.push(`more than ${limit} candidates in ${dimension} values: an exact hypervolume can take minutes`);
    }
    const weights = dimension > 1 ? simplexGrid(dimension, EVEN_WEIGHTS) : [[1]];
    const boxed = ideal.every((x, k) => (sense[k] === "min" ? x < (reference[k] ?? x) : x > (reference[k] ?? x)));
    const { rows, referenceSet } = metricTable(sets, { sense, reference });
    const size = this.#equalCandidates();
    const positive = sets.every(({ points }) => points.every((point) => point.every((x) => x > 0)));
    return rows.map((row, g): ScoreRow => {
      const group = this.#groups[g] as Group;
      const own = sets.filter(({ method }) => method === String(g));
      const found = measured.get(group);
      const { method: _method, ...metrics } = row;
      const taken = group.sets.flat().map(({ means }) => means);
      return {
        ...metrics,
        group: Object.fromEntries(this.table.groupBy.map((name, i) => [name, group.cells[i] ?? ""])),
        name: group.name,
        offered: group.offered.length / group.seeds.length,
        hypervolume: found?.result.estimate ?? row.hypervolume,
        hypervolumePerSeed: found === undefined ? row.hypervolumePerSeed : [...found.result.perSeed],
        interval: found === undefined ? null : found.interval,
        normalisedHypervolume: boxed
          ? mean(own.map(({ points }) => normalisedHypervolume(points, { reference, ideal, sense }).value))
          : null,
        hypervolumeAtEqualCandidates:
          size === null
            ? null
            : mean(
                own.map(
                  ({ points }) =>
                    subsetHypervolume(points, { sense, reference, size, generator: xoroshiro128plus(20260101) }).value,
                ),
              ),
        epsilonMultiplicative: positive
          ? mean(own.map(({ points }) => epsilonMultiplicative(points, { sense, referenceSet }).value))
          : null,
        r2:
          dimension < 2
            ? null
            : mean(
                own.map(
                  ({ points }) => r2(points, { sense, reference: ideal, ...(dimension > 2 ? { weights } : {}) }).value,
                ),
              ),
        expectedUtility: mean(own.map(({ points }) => expectedUtility(points, { sense, weights }).value)),
        maximumUtilityLoss: mean(
          own.map(({ points }) => maximumUtilityLoss(points, { sense, weights, referenceSet }).value),
        ),
        controllability: this.#controllability(group),
        best: sense.map((_, k) => this.#best(k, taken)),
        mean: sense.map((_, k) => mean(taken.map((point) => point[k] ?? Number.NaN))),
      };
    });
  }

  #controllability({ offered, seeds }: Group): Controllability | null {
    const sense = this.#senses;
    const swept = seeds.map((seed) => {
      const own = offered.filter((candidate) => candidate.seed === seed);
      const weights = own.flatMap((candidate) => {
        const { method, candidate: name } = candidate;
        const declared = candidate.weights ?? this.run?.preference(seed, method, name) ?? null;
        return declared === null ? [] : [declared];
      });
      return { points: own.map(({ means }) => this.#scaled(means)), weights };
    });
    if (swept.some(({ points, weights }) => points.length === 0 || weights.length < points.length)) return null;
    const alongEach = (measure: (weights: number[], scores: number[]) => number): (number | null)[] =>
      sense.map((direction, k) => {
        const sign = direction === "min" ? -1 : 1;
        const found = swept.map(({ points, weights }) => {
          const [w, x] = [weights.map((row) => row[k] ?? 0), points.map((point) => sign * (point[k] ?? 0))];
          return new Set(w).size < 2 || new Set(x).size < 2 ? null : measure(w, x);
        });
        const known = found.filter((value) => value !== null);
        return known.length < found.length ? null : mean(known);
      });
    return {
      meanInnerProduct: mean(
        swept.map(
          ({ points, weights }) =>
            meanInnerProduct(points, { sense, weights, candidateOf: points.map((_, i) => i) }).value,
        ),
      ),
      kendallTauB: alongEach(kendallTauB),
      monotoneStepShare: alongEach((weights, scores) => monotoneStepShare(weights, scores).value),
    };
  }

  #differences(measured: ReadonlyMap<Group, Measured>): ScoreDifference[] {
    const all = [...measured.values()].map(({ result }) => result);
    const leader = all.reduce<BootstrappedMethod | undefined>(
      (best, result) => (best === undefined || result.estimate > best.estimate ? result : best),
      undefined,
    );
    if (leader === undefined) return [];
    const { confidence } = this.#statistics;
    const rivals = all.filter((result) => result !== leader);
    const found = rivals.map((rival) => pairedDifference(leader, rival));
    const ps = found.map(pValueOf);
    const adjusted = holm(ps);
    return found.map((difference, i): ScoreDifference => {
      const { low, high } = intervalOf(difference, confidence);
      const pHolm = adjusted[i] ?? 1;
      return {
        a: leader.name,
        b: rivals[i]?.name ?? "",
        value: difference.estimate,
        low,
        high,
        p: ps[i] ?? 1,
        pHolm,
        shown: (low > 0 || high < 0) && pHolm < 1 - confidence,
      };
    });
  }
}

function intervalOf(result: BootstrappedMethod, confidence: number): { low: number; high: number } {
  const { low, high } = estimateOf(result, confidence);
  return { low, high };
}

/** Numbers as numbers, where all of them are; else as they came. */
function inOrder(seeds: readonly string[]): string[] {
  return seeds.every((seed) => numberOf(seed) !== undefined)
    ? seeds.toSorted((a, b) => Number(a) - Number(b))
    : [...seeds];
}

/** The finest even lattice on the simplex of at most `most` points (at least its corners). */
export function simplexGrid(dimension: number, most: number): number[][] {
  const size = (steps: number): number => {
    let count = 1;
    for (let k = 1; k < dimension; k++) count = (count * (steps + k)) / k;
    return count;
  };
  let steps = 1;
  while (size(steps + 1) <= most) steps++;
  const fill = (places: number, left: number): number[][] =>
    places === 1
      ? [[left]]
      : Array.from({ length: left + 1 }, (_, n) => n).flatMap((n) =>
          fill(places - 1, left - n).map((rest) => [n, ...rest]),
        );
  return fill(dimension, steps).map((counts) => counts.map((n) => n / steps));
}
