/**
 * A row from elsewhere: scores by prompt that another program has written, and a `submission.yaml` that says what they are of. It
 * is held to the suite's prompts, values and number of candidates, chosen from on validation like every other row, and
 * marked *external*: what was trained, and for how much, nobody here has seen.
 */
import { chooseLattice } from "../bench/evaluate.js";
import { simplexLattice } from "../bench/lattice.js";
import { committedLock, lockHash, scalesOf } from "../bench/lock.js";
import { type Suite, suiteHash } from "../bench/suite.js";
import type { SummaryInput } from "../bench/summarise.js";
import type { TableCandidate } from "../bench/tables.js";
import { InputError } from "../data/errors.js";
import { checkedRow } from "./add-row.js";
import { readExternalScores } from "./external-scores.js";
import { Faults } from "./faults.js";
import type { RowBasis } from "./row-evidence.js";
import { type KnownSuites, shippedSuites } from "./row-faults.js";
import { type WrittenRow, writeRow } from "./store.js";
import { readSubmission, type Submission } from "./submission.js";
import { type SuitePrompts, suitePrompts } from "./suite-prompts.js";

export interface NamedFile {
  readonly path: string;
  /** The name that messages give it. */
  readonly source: string;
}

export interface ExternalFiles {
  readonly scores: NamedFile;
  readonly submission: NamedFile;
}

export interface ExternalOptions {
  readonly root: string;
  /** Folder of preference pairs, for suites that take the user's. */
  readonly data?: string;
  readonly suites?: KnownSuites;
  /** Where the prompts come from; the suite's data where absent. */
  readonly prompts?: typeof suitePrompts;
}

/** @throws FaultyInput with the first ten faults, InputError, WriteError */
export async function addExternal(files: ExternalFiles, options: ExternalOptions): Promise<WrittenRow> {
  const suites = options.suites ?? shippedSuites;
  const faults = new Faults();
  const submission = checkedSubmission(files.submission, suites, faults);
  const suite = submission === undefined ? undefined : suites(submission.suite);
  faults.refuse();
  if (submission === undefined || suite === undefined)
    throw new InputError(`${files.submission.source}: not a submission`);
  const prompts = await (options.prompts ?? suitePrompts)(suite, options.data);
  const scales = scalesFor(suite, prompts.dataHash);
  const candidates = readExternalScores(
    files.scores.path,
    files.scores.source,
    {
      values: suite.values.map(({ name }) => name),
      prompts: tablePrompts(prompts),
      candidates: simplexLattice(suite.candidates.lattice, suite.values.length).length,
      submission,
    },
    faults,
  );
  faults.refuse();
  const basis = basisOf(
    files.scores.source,
    suite,
    submission,
    prompts,
    scales,
    chosen(candidates, submission, scales),
  );
  return writeRow(checkedRow(basis, suites), options.root);
}

function checkedSubmission({ path, source }: NamedFile, suites: KnownSuites, faults: Faults): Submission | undefined {
  const read = readSubmission(path, source);
  if ("faults" in read) {
    for (const fault of read.faults) faults.add(fault);
    return undefined;
  }
  const { submission } = read;
  const suite = suites(submission.suite);
  if (suite === undefined) {
    faults.add(`${source}: suite: "${submission.suite}" does not ship with this version`);
    return undefined;
  }
  if (suite.version !== submission.version) {
    faults.add(`${source}: version: ${submission.version}; ${suite.suite} v${suite.version} ships`);
  }
  const senses = typeof submission.sense === "string" ? { "all values": submission.sense } : submission.sense;
  for (const [value, sense] of Object.entries(senses)) {
    if (typeof submission.sense !== "string" && !suite.values.some(({ name }) => name === value)) {
      faults.add(`${source}: sense: "${value}" is no value of ${suite.suite}`);
    } else if (sense === "min") {
      faults.add(`${source}: sense: ${value}: min; the suite's values are better when larger: turn the scores round`);
    }
  }
  const twice = submission.seeds.find((seed, at) => submission.seeds.indexOf(seed) !== at);
  if (twice !== undefined) faults.add(`${source}: seeds: ${twice} stands there twice`);
  return submission;
}

interface Scales {
  readonly values: SummaryInput["scales"];
  readonly lock: { readonly values: unknown; readonly hash: string } | undefined;
}

/** @throws InputError where nothing says what a score of this data is worth */
function scalesFor(suite: Suite, dataHash: string): Scales {
  const own = scalesOf(suite);
  if (own !== undefined) return { values: own, lock: undefined };
  const committed = committedLock(suite, dataHash);
  if (committed === undefined || !("lock" in committed)) {
    throw new InputError(
      `${suite.suite} has no committed scales for this data (hash ${dataHash.slice(0, 12)}); give --data with the folder that the shipped rows are of`,
    );
  }
  const { lock } = committed;
  return { values: lock.values, lock: { values: lock.values, hash: lockHash(lock) } };
}

function tablePrompts({ validation, test }: SuitePrompts): SummaryInput["tables"]["prompts"] {
  const of = (split: "validation" | "test", prompts: SuitePrompts["test"]) =>
    prompts.map(({ key, source }) => ({ key, source, split }));
  return { validation: of("validation", validation), test: of("test", test) };
}

function chosen(candidates: readonly TableCandidate[], { seeds }: Submission, { values }: Scales): TableCandidate[] {
  return seeds.flatMap((seed) => {
    const own = candidates.filter((candidate) => candidate.seed === seed);
    const selected = chooseLattice(
      own.map(({ scores }) => scores.validation ?? new Float64Array()),
      values,
    );
    return own.map((candidate, at) => ({ ...candidate, selected: selected.includes(at) }));
  });
}

function basisOf(
  source: string,
  suite: Suite,
  submission: Submission,
  prompts: SuitePrompts,
  { values, lock }: Scales,
  candidates: readonly TableCandidate[],
): RowBasis {
  const { method, title, seeds } = submission;
  const hash = suiteHash(suite, { lock: lock?.values });
  const ordered = seeds.toSorted((a, b) => a - b);
  return {
    source,
    origins: [],
    suite,
    hashes: { suite: hash, data: prompts.dataHash, base: null, scorers: null, lock: lock?.hash ?? null },
    submission,
    input: {
      run: {
        id: method,
        suite: suite.suite,
        title: suite.title,
        version: suite.version,
        suiteHash: hash,
        dataHash: prompts.dataHash,
        packageVersion: "",
        engine: "external",
        threads: 0,
        hardware: "",
        seeds: ordered,
        budget: suite.budget,
        command: [],
        seconds: 0,
      },
      tables: {
        values: values.map(({ name }) => name),
        seeds: ordered,
        prompts: tablePrompts(prompts),
        candidates: candidates.toSorted((a, b) => a.seed - b.seed),
        preferences: [],
      },
      rows: [{ id: method, title, ranked: true, trainedBy: method }],
      scales: values,
      accuracy: values.map(() => null),
      questions: [],
      variants: [],
      statistics: suite.statistics,
      ledger: [],
      uncharged: [],
      interference: [],
      failures: [],
    },
  };
}
