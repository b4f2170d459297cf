/**
 * Scores what the methods offer for one seed, in the protocol's order: validation for everyone; then the choice; then test, of
 * the lattice and of the chosen points.
 */
import type { AdapterConfig } from "../lm/adapters.js";
import type { Offer } from "../methods/method.js";
import {
  basePolicy,
  type CandidateScores,
  chooseExplored,
  chooseLattice,
  exploredCandidates,
  type OfferedCandidate,
  offeredCandidates,
  type PolicyReplies,
  repliesSummary,
  SplitScores,
  scoresOf,
  tableCandidate,
} from "./evaluate.js";
import type { RunEventInput } from "./files/events.js";
import type { PreferenceRow } from "./files/preferences.js";
import { LiveScores } from "./live-scores.js";
import { heldOutPairs, PREFERENCE_PAIRS } from "./preference-scoring.js";
import type { PreparedData } from "./prepare.js";
import type { ScoredTexts } from "./run-folder.js";
import type { ValueScale } from "./selection.js";
import type { Session } from "./session.js";
import type { Suite } from "./suite.js";
import type { ScoredSplit, TableCandidate } from "./tables.js";
import type { TrainedRow } from "./train-methods.js";

export interface SeedScoring {
  readonly session: Session;
  readonly seed: number;
  /** Names base, data and suite: part of every result's key. */
  readonly context: string;
  readonly suite: Suite;
  readonly rows: readonly TrainedRow[];
  /** Candidates that every method has, and the most that an explored row may keep. */
  readonly latticeSize: number;
  /** What the rows that did not fail offer. */
  readonly offers: ReadonlyMap<string, Offer>;
  readonly data: PreparedData;
  /** Undefined in the first seed of a run that makes its own. */
  readonly known: readonly ValueScale[] | undefined;
  /** The scales of a run that makes its own, from what was validated; test is not touched yet. */
  readonly makeScales: (
    lattice: readonly OfferedCandidate[],
    validated: ReadonlyMap<OfferedCandidate, Float64Array>,
  ) => readonly ValueScale[];
  readonly emit: (event: RunEventInput) => void;
  /** Told once a method of which a score is not a finite number. */
  readonly fail: (method: string, message: string) => void;
}

export interface ScoredSeed {
  readonly scales: readonly ValueScale[];
  readonly candidates: TableCandidate[];
  readonly texts: ScoredTexts[];
  readonly preferences: PreferenceRow[];
  /** Rows that also offered explored mixtures. */
  readonly explored: readonly string[];
}

/** The base's own scores are no numbers: there is nothing to compare with, and nothing more of the run is worth computing. */
export class BaseFailure extends Error {
  override readonly name = "BaseFailure";
  readonly exitCode = 1;
}

/** @throws BaseFailure when a score of the base policy is not a finite number. */
export async function scoreSeed(scoring: SeedScoring): Promise<ScoredSeed> {
  const { session, seed, context, suite, rows, latticeSize, offers, data, known, makeScales, emit, fail } = scoring;
  const names = suite.values.map((value) => value.name);
  const values = names.length;
  const adapterOf = (id: string): AdapterConfig =>
    (rows.find((row) => row.id === id)?.settings ?? suite.settings).preference.adapter;
  /** Tells how far the scoring of a split is: the two splits are the two halves of the stage. */
  const scoredPart =
    (split: ScoredSplit, tell: (scored: ReadonlyMap<string, PolicyReplies>) => void) =>
    (scored: ReadonlyMap<string, PolicyReplies>, done: number, total: number): void => {
      tell(scored);
      const share = done / total;
      emit({
        type: "stage-progress",
        stage: `scoring, seed ${seed}`,
        done: split === "validation" ? share / 2 : 0.5 + share / 2,
        total: 1,
        rate: null,
        etaSeconds: null,
      });
    };
  const validation = new SplitScores(session, seed, "validation", context);
  const test = new SplitScores(session, seed, "test", context);
  const base: OfferedCandidate = {
    method: "base",
    candidate: "base",
    weights: null,
    coefficients: null,
    policy: basePolicy,
  };
  const lattice = [base, ...[...offers].flatMap(([id, offer]) => offeredCandidates(id, offer, adapterOf(id)))];
  const explored = new Map(
    [...offers]
      .filter(([id]) => rows.find((row) => row.id === id)?.ranked === true)
      .map(([id, offer]) => [id, exploredCandidates(id, offer, adapterOf(id), suite.candidates.explore)] as const),
  );
  const exploring: string[] = [];
  for (const [id, points] of explored) if (points.length > 0) exploring.push(id);
  const everything = [...lattice, ...[...explored.values()].flat()];
  const live = new LiveScores({
    seed,
    values,
    candidates: everything,
    followed: new Set(lattice),
    prompts: data.evaluation.validation,
    emit,
  });
  live.scales = known;
  await validation.add(
    everything.map((c) => c.policy),
    `validation, seed ${seed}`,
    scoredPart("validation", live.begin("validation", new Set(lattice))),
  );
  const validated = new Map<OfferedCandidate, Float64Array>();
  const broken = new Set<string>();
  const usable = (c: OfferedCandidate, split: string, found: CandidateScores): Float64Array | undefined => {
    if (found.kind === "scores") return found.values;
    const at = `(prompt ${found.prompt + 1}, value ${names[found.value] ?? ""})`;
    if (c === base)
      throw new BaseFailure(`base: its ${split} score is not a finite number ${at}: nothing can be compared`);
    if (!broken.has(c.method)) fail(c.method, `${split} score of ${c.candidate} is not a finite number ${at}`);
    broken.add(c.method);
    return undefined;
  };
  for (const candidate of everything) {
    const scores = usable(candidate, "validation", scoresOf(validation.of(candidate.policy), values));
    if (scores !== undefined) validated.set(candidate, scores);
  }
  const scales = known ?? makeScales(lattice, validated);

  const selected = new Set<OfferedCandidate>([base]);
  for (const id of offers.keys()) {
    const own = lattice.filter((c) => c.method === id && validated.has(c));
    for (const i of chooseLattice(
      own.map((c) => validated.get(c) ?? new Float64Array()),
      scales,
    )) {
      const chosen = own[i];
      if (chosen !== undefined) selected.add(chosen);
    }
    const grid = (explored.get(id) ?? []).filter((c) => validated.has(c));
    const points = grid.map((c) => validated.get(c) ?? new Float64Array());
    for (const i of chooseExplored(points, scales, latticeSize)) {
      const chosen = grid[i];
      if (chosen !== undefined) selected.add(chosen);
    }
  }
  const tested = everything.filter(
    (c) => validated.has(c) && !broken.has(c.method) && (lattice.includes(c) || selected.has(c)),
  );
  live.scales = scales;
  const held = heldOutPairs(data, suite, PREFERENCE_PAIRS);
  const declared = tested.filter((c) => c.weights !== null);
  await test.add(
    tested.map((c) => c.policy),
    `test, seed ${seed}`,
    scoredPart("test", live.begin("test", selected)),
    { policies: new Set(declared.map(({ policy }) => policy.key)), pairs: held[0]?.pairs.length ?? 0 },
  );
  const preferences = declared.flatMap(({ method, candidate, policy }): PreferenceRow[] => {
    const margins = test.marginsOf(policy);
    if (margins === undefined || broken.has(method)) return [];
    return held.flatMap(({ places, prompts }, v) =>
      places.map((pair, i): PreferenceRow => {
        const margin = margins[v]?.[i] ?? null;
        const value = names[v] ?? "";
        if (margin === null && !broken.has(method)) {
          fail(method, `${candidate} has no finite probability for ${value} test pair ${pair + 1}`);
          broken.add(method);
        }
        return { seed, method, candidate, value, pair, prompt: prompts[i] ?? "", margin: margin ?? Number.NaN };
      }),
    );
  });

  const candidates: TableCandidate[] = [];
  const texts: ScoredTexts[] = [];
  for (const candidate of everything) {
    const before = validated.get(candidate);
    const isTested = tested.includes(candidate);
    const after = isTested ? usable(candidate, "test", scoresOf(test.of(candidate.policy), values)) : undefined;
    const summary = isTested ? repliesSummary(test.of(candidate.policy)) : { kl: null, broken: null };
    candidates.push(
      tableCandidate(seed, candidate, {
        selected: selected.has(candidate) && after !== undefined,
        ...(before === undefined ? {} : { validation: before }),
        ...(after === undefined ? {} : { test: after }),
        ...summary,
      }),
    );
    const name = { seed, method: candidate.method, candidate: candidate.candidate };
    texts.push({
      ...name,
      split: "validation",
      prompts: data.evaluation.validation,
      replies: validation.of(candidate.policy),
    });
    if (isTested)
      texts.push({ ...name, split: "test", prompts: data.evaluation.test, replies: test.of(candidate.policy) });
  }
  const whole = candidates.filter((c) => !broken.has(c.method));
  return {
    scales,
    candidates: whole,
    texts,
    preferences: preferences.filter(({ method }) => !broken.has(method)),
    explored: exploring,
  };
}
