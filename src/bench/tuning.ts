/**
 * How a suite's settings are chosen: the same number of trials for every family of methods, on validation prompts of pilot
 * seeds that no report uses, and one rule for all. A family is the methods that share vectors, and so their settings.
 *
 * The rule: of a family's trials take the one with the fewest undertrained values; of those the one whose worst vertex
 * policy falls least below the wanted share of usable greedy replies (not falling below is enough); of those the largest
 * mean, over the family's methods and the seeds, of validation hypervolume; of equal ones the first.
 */
import { z } from "zod";
import { hypervolume, mean } from "../metrics/index.js";
import { scaled, scaledReference, type ValueScale } from "./selection.js";
import { type Suite, suiteSchema } from "./suite.js";
import type { TrainedRow } from "./train-methods.js";
import { trainedRows } from "./trained-rows.js";
import { meansByValue, type TrialOutcome, type TriedVertex, type ValueScores } from "./trials.js";
import { shownToBeat } from "./undertrained.js";

const setting = z.union([z.number(), z.string(), z.boolean()]);

export const planSchema = z.strictObject({
  suite: z.string(),
  /** Pilot seeds. */
  seeds: z.array(z.number().int()).min(1),
  /** Share of each vertex policy's greedy replies that must be usable. */
  usableGreedyReplies: z.number().min(0).max(1),
  families: z
    .array(
      z.strictObject({
        id: z.string(),
        methods: z.array(z.string()).min(1),
        /** An earlier family whose choice holds here too: its settings are taken over, and no trial that departs from them
         * can be chosen. */
        inherit: z.string().exactOptional(),
        /** Levels by key path of a method's settings; a trial is one combination, the last key turning fastest. */
        grid: z.record(z.string(), z.array(setting).min(1)),
      }),
    )
    .min(1),
});

export type TuningPlan = z.infer<typeof planSchema>;
export type Family = TuningPlan["families"][number];
export type Settings = Readonly<Record<string, z.infer<typeof setting>>>;

/** The settings of each trial of a family, in order. */
export function trialsOf(family: Family): Settings[] {
  let trials: Settings[] = [{}];
  for (const [path, levels] of Object.entries(family.grid)) {
    trials = trials.flatMap((trial) => levels.map((level) => ({ ...trial, [path]: level })));
  }
  return trials;
}

/** The rows of one trial, one a method of its family. @throws ZodError for a key path that a suite does not have */
export function trialRows(suite: Suite, family: Family, trial: number, settings: Settings): TrainedRow[] {
  const overrides: Record<string, unknown> = {};
  for (const [path, level] of Object.entries(settings)) put(overrides, path.split("."), level);
  const variants = family.methods.map((method) => ({ id: rowId(family, trial, method), method, ...overrides }));
  const tried = suiteSchema.parse({ ...suite, methods: [family.methods[0]], variants, questions: [] });
  return trainedRows(tried).slice(1);
}

export function rowId(family: Family, trial: number, method: string): string {
  return `${family.id}.${trial + 1}.${method}`;
}

function put(at: Record<string, unknown>, path: readonly string[], level: unknown): void {
  const [key = "", ...rest] = path;
  if (rest.length === 0) {
    at[key] = level;
    return;
  }
  const inner: Record<string, unknown> = { ...(at[key] as Record<string, unknown> | undefined) };
  put(inner, rest, level);
  at[key] = inner;
}

/** What one method did in one trial with one seed. */
export interface Tried {
  readonly method: string;
  readonly seed: number;
  /** Of all its candidates, on validation, scaled. 0 for a failed training. */
  readonly hypervolume: number;
  readonly base: ValueScores;
  /** None for a failed training. */
  readonly vertices: readonly TriedVertex[];
}

export function triedOf(
  method: string,
  seed: number,
  outcome: TrialOutcome | undefined,
  scales: readonly ValueScale[],
): Tried {
  if (outcome?.kind !== "tried") return { method, seed, hypervolume: 0, base: [], vertices: [] };
  const points = outcome.candidates.map(({ scores }) => scaled(meansByValue(scores), scales));
  const { value } = hypervolume(points, { reference: scaledReference(scales), sense: "max" });
  return { method, seed, hypervolume: value, base: outcome.base, vertices: outcome.vertices };
}

export interface TrialVerdict {
  /** Mean over methods and seeds. */
  readonly hypervolume: number;
  /** Values of which some method's vertex policy is not shown to beat the base, seeds pooled. */
  readonly undertrained: readonly string[];
  /** The smallest share, over methods and vertex policies, of usable greedy replies, seeds averaged. */
  readonly usable: number;
}

export function judgeTrial(values: readonly string[], tried: readonly Tried[]): TrialVerdict {
  const methods = [...new Set(tried.map(({ method }) => method))];
  const undertrained = new Set<string>();
  let usable = 1;
  for (const method of methods) {
    const own = tried.filter((entry) => entry.method === method);
    values.forEach((value, k) => {
      const vertices = own.flatMap(({ base, vertices }) =>
        vertices.filter((vertex) => vertex.value === value).map((vertex) => ({ base, vertex })),
      );
      const column = (scores: ValueScores) => scores[k] ?? new Float64Array();
      const beats =
        vertices.length === own.length &&
        shownToBeat(
          vertices.map(({ vertex }) => column(vertex.scores)),
          vertices.map(({ base }) => column(base)),
        );
      if (!beats) undertrained.add(value);
      usable = Math.min(usable, mean(own.map((_, s) => vertices[s]?.vertex.greedyUsable ?? 0)));
    });
  }
  return {
    hypervolume: mean(tried.map((entry) => entry.hypervolume)),
    undertrained: values.filter((value) => undertrained.has(value)),
    usable,
  };
}

/**
 * Index of the trial that the rule chooses.
 * @param allowed trials that may be chosen; at least one
 */
export function chooseTrial(
  verdicts: readonly TrialVerdict[],
  allowed: readonly boolean[],
  usableGreedyReplies: number,
): number {
  const lack = ({ usable }: TrialVerdict) => Math.max(0, usableGreedyReplies - usable);
  const better = (a: TrialVerdict, b: TrialVerdict): boolean => {
    const byTraining = a.undertrained.length - b.undertrained.length;
    if (byTraining !== 0) return byTraining < 0;
    const byLack = lack(a) - lack(b);
    if (byLack !== 0) return byLack < 0;
    return a.hypervolume > b.hypervolume;
  };
  let best = -1;
  verdicts.forEach((verdict, i) => {
    if (allowed[i] !== true) return;
    const leader = verdicts[best];
    if (leader === undefined || better(verdict, leader)) best = i;
  });
  if (best < 0) throw new RangeError("no trial may be chosen");
  return best;
}
