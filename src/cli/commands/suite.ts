/** `suite list|show|validate`. */
import { stringify } from "yaml";
import { sanitise } from "../../bench/files/sanitise.js";
import { committedLocks, scalesOf } from "../../bench/lock.js";
import { listSuites, loadSuite, type Suite, suiteHash } from "../../bench/suite.js";
import { trainedRows } from "../../bench/trained-rows.js";
import { column, renderTable } from "../../report/table.js";
import { type ExitCode, exitCodes } from "../exit-codes.js";
import { columnsOf, type Io, writeJson } from "../io.js";

export function list(options: { readonly json?: boolean }, io: Io): ExitCode {
  const suites = listSuites();
  if (options.json === true) {
    writeJson(io, suites);
    return exitCodes.fine;
  }
  const rows = suites.map(({ name, title, version }) => [name, String(version), sanitise(title)]);
  const table = { columns: [column("suite"), column("version", "right"), column("what it is")], rows };
  io.stdout.write(`${renderTable(table, columnsOf(io.stdout)).join("\n")}\n`);
  return exitCodes.fine;
}

/** @throws InputError for an unknown or invalid suite */
export function show(name: string, options: { readonly json?: boolean }, io: Io): ExitCode {
  const suite = loadSuite(name);
  const hashes = hashesOf(suite);
  if (options.json === true) writeJson(io, { ...suite, ...hashes });
  else {
    const lines = hashLines(hashes).map((line) => `# ${line}\n`);
    io.stdout.write(`${lines.join("")}${sanitise(stringify(suite), { lineEnds: "keep" })}`);
  }
  return exitCodes.fine;
}

interface Hashes {
  /** Of the suite as it stands. */
  readonly hash: string;
  /** Whether a run's hash holds the scales of its lock too. */
  readonly needsLock: boolean;
  /** With the committed locks, by the data that they are for. */
  readonly withLock: readonly { readonly dataHash: string; readonly hash: string }[];
}

/** A run's hash is the suite's only where the suite holds its scales; else those of its lock are part of it. */
function hashesOf(suite: Suite): Hashes {
  const needsLock = scalesOf(suite) === undefined;
  const withLock = needsLock
    ? committedLocks(suite).map(({ dataHash, values }) => ({ dataHash, hash: suiteHash(suite, { lock: values }) }))
    : [];
  return { hash: suiteHash(suite), needsLock, withLock };
}

function hashLines({ hash, needsLock, withLock }: Hashes): string[] {
  if (!needsLock) return [`hash ${hash}`];
  return [
    `hash ${hash}, without scales: a run's hash holds those of its lock too`,
    ...withLock.map((known) => `hash ${known.hash} with the committed lock for data ${known.dataHash.slice(0, 12)}`),
  ];
}

/** @throws InputError that says what is wrong in the suite, by key path, or which method there is not */
export function validate(name: string, options: { readonly json?: boolean }, io: Io): ExitCode {
  const suite = loadSuite(name);
  trainedRows(suite);
  const hashes = hashesOf(suite);
  if (options.json === true) writeJson(io, { valid: true, suite: suite.suite, version: suite.version, ...hashes });
  else io.stdout.write(`${suite.suite} (version ${suite.version}) is valid; ${hashLines(hashes).join("\n")}\n`);
  return exitCodes.fine;
}
