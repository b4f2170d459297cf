/**
 * One leaderboard row: a small file that is listed, beside the scores that it follows from (a baseline file). A run gives
 * one row, which holds its ranked methods.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { scaled, scaledReference } from "../bench/selection.js";
import { loadSuite, suiteHash } from "../bench/suite.js";
import { meansOf } from "../bench/tables.js";
import { InputError } from "../data/errors.js";
import { hypervolume, mean } from "../metrics/index.js";
import type { StoredSummary } from "./read-run.js";
import type { ScoredRun } from "./scored-run.js";

const estimate = z.strictObject({ value: z.number(), low: z.number(), high: z.number() });

export const rowSchema = z.strictObject({
  schema: z.literal(1),
  id: z.string().regex(/^[\w.@-]+$/),
  /** Of the file with the scores. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  suite: z.string(),
  version: z.number().int(),
  suiteHash: z.string(),
  dataHash: z.string(),
  started: z.string(),
  engine: z.string(),
  threads: z.number(),
  packageVersion: z.string(),
  cpu: z.string(),
  commit: z.string().nullable(),
  seeds: z.array(z.number().int()),
  prompts: z.number().int(),
  candidates: z.number().int(),
  budget: z.strictObject({ flops: z.number().positive(), per: z.enum(["method", "policy"]) }),
  confidence: z.number(),
  values: z.array(z.string()),
  methods: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      hypervolume: estimate,
      /** Raw test means by value: the best selected candidate's, and their average. */
      best: z.array(z.number()),
      mean: z.array(z.number()),
      /** FLOPs over all seeds, as the ledger has them. */
      planned: z.number(),
      spent: z.number(),
      seconds: z.number(),
      undertrained: z.array(z.string()),
    }),
  ),
});
export type LeaderboardRow = z.infer<typeof rowSchema>;

const detailedSummary = z.looseObject({
  run: z.looseObject({
    budget: z.looseObject({ flops: z.number().positive(), per: z.enum(["method", "policy"]) }),
  }),
  statistics: z.looseObject({ confidence: z.number().gt(0).lt(1) }),
  methods: z.array(
    z.looseObject({
      id: z.string(),
      hypervolume: z.looseObject({ value: z.number(), low: z.number(), high: z.number() }).nullable(),
      best: z.array(z.number()),
      mean: z.array(z.number()),
      planned: z.number(),
      spent: z.number(),
      seconds: z.number(),
      undertrained: z.array(z.string()),
    }),
  ),
});

/** @throws InputError where the summary lacks what a row needs */
export function rowOf(run: ScoredRun, stored: StoredSummary, packed: Uint8Array): LeaderboardRow {
  const checked = detailedSummary.safeParse(stored);
  if (!checked.success) throw new InputError(`${run.source}: its summary lacks what a leaderboard row needs`);
  const { identity } = run;
  const { budget } = checked.data.run;
  const sha256 = createHash("sha256").update(packed).digest("hex");
  return {
    schema: 1,
    id: `${identity.id.replaceAll(/[^\w.@-]/g, "-")}-${sha256.slice(0, 8)}`,
    sha256,
    suite: String(identity.suite.suite),
    version: Number(identity.suite.version),
    suiteHash: identity.suiteHash,
    dataHash: identity.dataHash,
    started: identity.started,
    engine: identity.engine,
    threads: identity.threads,
    packageVersion: identity.packageVersion,
    cpu: identity.cpu,
    commit: identity.commit,
    seeds: [...identity.seeds],
    prompts: run.prompts.length,
    candidates: run.methods[0]?.seeds[0]?.offered ?? 0,
    budget: { flops: budget.flops, per: budget.per },
    confidence: checked.data.statistics.confidence,
    values: run.values.map(({ name }) => name),
    methods: run.methods.flatMap(({ id, title }) => {
      const found = checked.data.methods.find((method) => method.id === id);
      if (found === undefined || found.hypervolume === null) return [];
      const { value, low, high } = found.hypervolume;
      const { best, planned, spent, seconds, undertrained } = found;
      return [
        { id, title, hypervolume: { value, low, high }, best, mean: found.mean, planned, spent, seconds, undertrained },
      ];
    }),
  };
}

/** Hashes that a suite of this name may have. */
export type KnownSuites = (name: string, run: ScoredRun) => readonly string[];

/** Those of the suites that ship; none where there is no such suite. */
export const shippedSuites: KnownSuites = (name, run) => {
  try {
    const suite = loadSuite(name);
    return [suiteHash(suite), suiteHash(suite, { lock: run.values })];
  } catch (error) {
    if (error instanceof InputError) return [];
    throw error;
  }
};

/** Everything that keeps a run from being a row, one clause each. */
export function rowFaults(row: LeaderboardRow, run: ScoredRun, suites: KnownSuites = shippedSuites): string[] {
  return [...suiteFaults(row, run, suites), ...candidateFaults(run), ...budgetFaults(row), ...figureFaults(row, run)];
}

function suiteFaults(row: LeaderboardRow, run: ScoredRun, suites: KnownSuites): string[] {
  const known = suites(row.suite, run);
  if (known.length === 0) return [`suite "${row.suite}" does not ship with this version`];
  return known.includes(row.suiteHash) && row.suiteHash === run.identity.suiteHash
    ? []
    : [`suite hash ${row.suiteHash.slice(0, 12)} is not that of ${row.suite} as it ships`];
}

function candidateFaults(run: ScoredRun): string[] {
  const cells = run.methods.flatMap(({ id, seeds }) => seeds.map(({ seed, offered }) => ({ id, seed, offered })));
  const most = Math.max(...cells.map(({ offered }) => offered));
  const fewer = cells.find(({ offered }) => offered < most);
  const absent = run.methods.find(({ seeds }) => seeds.length !== run.identity.seeds.length);
  return [
    ...(fewer === undefined
      ? []
      : [`${fewer.id} has ${fewer.offered} candidates at seed ${fewer.seed}, others have ${most}`]),
    ...(absent === undefined ? [] : [`${absent.id} was not scored at every seed`]),
  ];
}

/** Rounding of sums of FLOPs. */
const SLACK = 1 + 1e-9;

function budgetFaults({ budget, methods, seeds }: LeaderboardRow): string[] {
  return methods.flatMap(({ id, planned, spent }) => {
    const allowed = budget.per === "method" ? budget.flops * seeds.length : planned;
    return spent <= allowed * SLACK && spent <= planned * SLACK
      ? []
      : [`${id} spent ${spent} FLOPs, its budget was ${Math.min(allowed, planned)}`];
  });
}

/** The points of a row follow from its scores. */
function figureFaults(row: LeaderboardRow, run: ScoredRun): string[] {
  const reference = scaledReference(run.values);
  const count = run.values.length;
  return run.methods.flatMap(({ id, seeds }) => {
    const told = row.methods.find((method) => method.id === id);
    if (told === undefined) return seeds.length === 0 ? [] : [`the row lacks ${id}`];
    const points = seeds.map(({ selected }) => selected.map(({ scores }) => meansOf(scores, count)));
    const volume = mean(
      points.map(
        (set) =>
          hypervolume(
            set.map((point) => scaled(point, run.values)),
            { reference, sense: "max" },
          ).value,
      ),
    );
    const column = (k: number) => points.flat().map((point) => point[k] ?? Number.NaN);
    const figures: [string, number, number | undefined][] = [
      ["hypervolume", volume, told.hypervolume.value],
      ...run.values.flatMap(({ name }, k): [string, number, number | undefined][] => [
        [`best ${name}`, Math.max(...column(k)), told.best[k]],
        [`mean ${name}`, mean(column(k)), told.mean[k]],
      ]),
    ];
    return figures
      .filter(([, found, said]) => said === undefined || Math.abs(found - said) > 1e-9 * Math.max(1, Math.abs(found)))
      .map(([name, found, said]) => `${name} of ${id} is ${said} in the row, ${found} by its scores`);
  });
}
