/** Everything that keeps what was run, or sent in, from being a row: one clause each. Nothing here repairs. */
import { chooseExplored, chooseLattice } from "../bench/evaluate.js";
import { simplexLattice } from "../bench/lattice.js";
import { scalesOf } from "../bench/lock.js";
import { pilotsAmong } from "../bench/pilot-seeds.js";
import { loadSuite, type Suite, suiteHash } from "../bench/suite.js";
import { trainedRows } from "../bench/trained-rows.js";
import { InputError } from "../data/errors.js";
import type { RowBasis } from "./row-evidence.js";

/** The suite of that name as it ships, or undefined. */
export type KnownSuites = (name: string) => Suite | undefined;

export const shippedSuites: KnownSuites = (name) => {
  try {
    return /^[\w@-]+$/.test(name) ? loadSuite(name) : undefined;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
};

export function rowFaults(basis: RowBasis, suites: KnownSuites = shippedSuites): string[] {
  return [
    ...suiteFaults(basis, suites),
    ...(basis.submission === null
      ? [...environmentFaults(basis), ...methodFaults(basis), ...failureFaults(basis), ...budgetFaults(basis)]
      : []),
    ...promptFaults(basis),
    ...candidateFaults(basis),
    ...selectionFaults(basis),
  ];
}

/** As it ships, at its own budget or another one: the budget is listed, and ranked by itself. */
function suiteFaults({ suite, hashes, input }: RowBasis, suites: KnownSuites): string[] {
  const known = suites(suite.suite);
  if (known === undefined) return [`suite "${suite.suite}" does not ship with this version`];
  const short = hashes.suite.slice(0, 12);
  const asShipped = { ...known, budget: suite.budget };
  if (hashesOf(asShipped, input.scales).includes(hashes.suite)) {
    if (!hashesOf(suite, input.scales).includes(hashes.suite)) {
      return [`its suite was edited: it does not give the suite hash ${short}`];
    }
    // Scales that a suite holds itself are in its hash; those that hypervolumes are taken with must be the same.
    const own = scalesOf(suite);
    const same = own === undefined || JSON.stringify(own.map(scaleKey)) === JSON.stringify(input.scales.map(scaleKey));
    return same ? [] : ["its scales and reference points are not those of its suite"];
  }
  return known.version === suite.version
    ? [`suite hash ${short} is not that of ${suite.suite} as it ships`]
    : [`suite hash ${short} is of ${suite.suite} v${suite.version}; v${known.version} ships`];
}

function scaleKey({ name, center, scale, reference }: RowBasis["input"]["scales"][number]) {
  return [name, center, scale, reference];
}

function hashesOf(suite: Suite, scales: unknown): string[] {
  return [suiteHash(suite), suiteHash(suite, { lock: scales })];
}

function environmentFaults({ origins, input }: RowBasis): string[] {
  const seeds = origins.flatMap((origin) => origin.seeds).toSorted((a, b) => a - b);
  const wanted = input.tables.seeds.toSorted((a, b) => a - b);
  const pilots = pilotsAmong(wanted);
  return [
    ...(pilots === undefined ? [] : [pilots]),
    ...(seeds.join() === wanted.join()
      ? []
      : [`its jobs say seeds ${seeds.join(", ")}, its scores ${wanted.join(", ")}`]),
    ...origins.flatMap(({ id, engine, cpu, platform, versions }) =>
      [engine, cpu, platform, versions["mva-bench"], versions.node].every(Boolean)
        ? []
        : [`job ${id} does not record its engine, processor and versions`],
    ),
  ];
}

/** A run has every method of its suite, ranked or not as the suite says: no rival that won is left out. */
function methodFaults({ suite, input }: RowBasis): string[] {
  const wanted = trainedRows(suite);
  const ranked = input.rows.filter((row) => row.ranked).map(({ id }) => id);
  return [
    ...wanted.flatMap((row) => {
      if (!input.rows.some(({ id }) => id === row.id)) return [`it lacks ${row.id}, a method of its suite`];
      return row.ranked && !ranked.includes(row.id) ? [`${row.id} is not ranked, in its suite it is`] : [];
    }),
    ...ranked.flatMap((id) =>
      wanted.some((row) => row.id === id && row.ranked) ? [] : [`${id} is ranked, in its suite it is not`],
    ),
  ];
}

/** Of embedded data every run has as many as the suite says; a folder of pairs may hold fewer. */
function promptFaults({ suite, input }: RowBasis): string[] {
  const { testPrompts, validationPrompts } = suite.evaluation;
  return (
    [
      ["test", testPrompts],
      ["validation", validationPrompts],
    ] as const
  ).flatMap(([split, wanted]) => {
    const found = input.tables.prompts[split].length;
    const wrong = suite.data.source === "embedded" ? found !== wanted : found > wanted;
    return wrong ? [`it has ${found} ${split} prompts, the suite has ${wanted}`] : [];
  });
}

function failureFaults({ input }: RowBasis): string[] {
  return input.failures.map(({ method, seed }) => `${method} failed at seed ${seed}`);
}

/** Rounding of sums of FLOPs. */
const SLACK = 1 + 1e-9;

function budgetFaults({ suite, input }: RowBasis): string[] {
  const { flops, per } = suite.budget;
  const policies = simplexLattice(suite.candidates.lattice, suite.values.length).length;
  const most = per === "method" ? flops : flops * policies;
  return input.tables.seeds.flatMap((seed) =>
    input.rows.flatMap(({ id, ranked, trainedBy }) => {
      if (id !== trainedBy || !ranked) return [];
      const own = input.ledger.filter((entry) => entry.seed === seed && entry.method === id);
      const spent = own.reduce((sum, entry) => sum + entry.spent, 0);
      if (own.length === 0) return [`the ledger has nothing of ${id} at seed ${seed}`];
      return spent <= most * SLACK ? [] : [`${id} spent ${spent} FLOPs at seed ${seed}, its budget was ${most}`];
    }),
  );
}

/** The same for every ranked method and seed: one for each preference of the suite's lattice, each scored. */
function candidateFaults({ suite, input, submission }: RowBasis): string[] {
  const lattice = simplexLattice(suite.candidates.lattice, suite.values.length);
  const wanted = lattice.length;
  const declared = lattice.map((weights) => weights.join()).sort();
  return input.rows.flatMap(({ id, ranked }) =>
    ranked
      ? input.tables.seeds.flatMap((seed) => {
          const own = input.tables.candidates.filter((c) => c.method === id && c.seed === seed);
          const bare = own.find(({ scores }) => scores.validation === undefined || scores.test === undefined);
          // Fewer candidates are to one's own cost; a method that is run here always has them all.
          const wrong = submission === null ? own.length !== wanted : own.length > wanted || own.length === 0;
          const others =
            !wrong && submission === null
              ? own
                  .map(({ weights }) => weights?.join() ?? "")
                  .sort()
                  .join(" ") !== declared.join(" ")
              : false;
          return [
            ...(wrong ? [`${id} has ${own.length} candidates at seed ${seed}, the suite has ${wanted}`] : []),
            ...(others ? [`${id} at seed ${seed}: its candidates' preferences are not the suite's lattice`] : []),
            ...(bare === undefined ? [] : [`${id} ${bare.candidate} has no whole scores at seed ${seed}`]),
          ];
        })
      : [],
  );
}

/** Validation chose: the selected candidates are those that their validation scores select. */
function selectionFaults({ suite, input }: RowBasis): string[] {
  const { tables, scales, rows } = input;
  const limit = simplexLattice(suite.candidates.lattice, suite.values.length).length;
  return rows.flatMap(({ id, trainedBy }) =>
    tables.seeds.flatMap((seed) => {
      const own = tables.candidates.filter((c) => c.method === id && c.seed === seed);
      const validation = own.flatMap(({ scores }) => (scores.validation === undefined ? [] : [scores.validation]));
      if (validation.length !== own.length) return [];
      const chosen = id === trainedBy ? chooseLattice(validation, scales) : chooseExplored(validation, scales, limit);
      const names = (list: readonly string[]) => list.toSorted().join("; ");
      const told = names(own.filter(({ selected }) => selected).map(({ candidate }) => candidate));
      const found = names(chosen.map((at) => own[at]?.candidate ?? ""));
      return told === found ? [] : [`${id} at seed ${seed}: validation selects ${found}, the row has ${told}`];
    }),
  );
}
