/** `report RUN`. */
import { sanitise } from "../../bench/files/sanitise.js";
import { reportOf, writeReport } from "../../report/run-report.js";
import { renderText } from "../../report/text.js";
import { type ExitCode, exitCodes } from "../exit-codes.js";
import { columnsOf, type Io, writeJson } from "../io.js";
import { runFolder } from "../run-folder.js";

/** @throws InputError where the run cannot be found or read */
export function report(run: string, options: { readonly json?: boolean; readonly files: boolean }, io: Io): ExitCode {
  return showReport(runFolder(run, io.cwd), options, io);
}

export function showReport(
  folder: string,
  options: { readonly json?: boolean; readonly files: boolean },
  io: Io,
): ExitCode {
  const content = reportOf(folder);
  if (options.json === true) writeJson(io, content);
  else io.stdout.write(renderText(content, Math.min(100, columnsOf(io.stdout))));
  if (options.files) {
    try {
      const written = writeReport(folder, content);
      io.stderr.write(
        `Wrote ${written
          .filter((path) => !path.endsWith(".svg"))
          .map((path) => sanitise(path))
          .join(", ")} and ${written.length - 2} figures.\n`,
      );
    } catch (error) {
      // A run folder that may only be read can still be reported.
      io.stderr.write(
        `mva-bench: ${sanitise(error instanceof Error ? error.message : String(error))}; no file written\n`,
      );
    }
  }
  return content.summary.failures.length > 0 ? exitCodes.failed : exitCodes.fine;
}
