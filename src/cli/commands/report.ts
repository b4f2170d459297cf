/** `report RUN`. */
import { sanitise } from "../../bench/files/sanitise.js";
import type { Report } from "../../report/model.js";
import { reportOf, writeReport } from "../../report/run-report.js";
import { renderText } from "../../report/text.js";
import { capabilityOf, type DisplayFlags } from "../../ui/app/capability.js";
import { type ExitCode, exitCodes } from "../exit-codes.js";
import { columnsOf, type Io, writeJson } from "../io.js";
import { runFolder } from "../run-folder.js";

/** Lines of text that are longer are hard to read; pictures may be as wide as the terminal. */
const WIDEST_TEXT = 100;
const WIDEST_PICTURE = 200;

export interface ReportFlags extends DisplayFlags {
  readonly json?: boolean;
  readonly files: boolean;
  /** Pictures in the text; absent: on a terminal that can show them. */
  readonly plots?: boolean;
}

/** @throws InputError where the run cannot be found or read */
export function report(run: string, flags: ReportFlags, io: Io): Promise<ExitCode> {
  return showReport(runFolder(run, io.cwd), flags, io);
}

export async function showReport(folder: string, flags: ReportFlags, io: Io): Promise<ExitCode> {
  const content = reportOf(folder);
  if (flags.json === true) writeJson(io, content);
  else io.stdout.write(await textOf(content, flags, io));
  if (flags.files) {
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

/** With pictures on a terminal; lines of plain text for pipes, logs and readers whose screen is read aloud. */
async function textOf(content: Report, flags: ReportFlags, io: Io): Promise<string> {
  const surroundings = { env: io.env, outputTty: io.stdout.isTTY === true, inputTty: io.stdout.isTTY === true };
  const { display, charset, depth, ground, accessible } = capabilityOf(surroundings, flags);
  const plots = flags.plots ?? (!accessible && (display === "full" || display === "plain"));
  if (!plots) return renderText(content, Math.min(WIDEST_TEXT, columnsOf(io.stdout)));
  // React's build for development is slow.
  process.env.NODE_ENV ??= "production";
  const [{ renderTerminalReport }, { glyphsFor }] = await Promise.all([
    import("../../ui/report/terminal-report.js"),
    import("../../ui/draw/glyphs.js"),
  ]);
  const width = Math.min(WIDEST_PICTURE, columnsOf(io.stdout));
  // Weight too is for terminals alone.
  const shown = depth === "none" && !surroundings.outputTty ? "plain" : depth;
  return renderTerminalReport(content, { width, glyphs: glyphsFor(charset), depth: shown, ground });
}
