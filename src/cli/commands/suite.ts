/** `suite list|show|validate`. */
import { stringify } from "yaml";
import { sanitise } from "../../bench/files/sanitise.js";
import { listSuites, loadSuite, suiteHash } from "../../bench/suite.js";
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
  if (options.json === true) writeJson(io, { ...suite, hash: suiteHash(suite) });
  else io.stdout.write(`# hash ${suiteHash(suite)}\n${sanitise(stringify(suite), { lineEnds: "keep" })}`);
  return exitCodes.fine;
}

/** @throws InputError that says what is wrong in the suite, by key path, or which method there is not */
export function validate(name: string, options: { readonly json?: boolean }, io: Io): ExitCode {
  const suite = loadSuite(name);
  trainedRows(suite);
  const hash = suiteHash(suite);
  if (options.json === true) writeJson(io, { valid: true, suite: suite.suite, version: suite.version, hash });
  else io.stdout.write(`${suite.suite} (version ${suite.version}) is valid; hash ${hash}\n`);
  return exitCodes.fine;
}
