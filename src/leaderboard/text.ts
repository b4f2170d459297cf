/** A verdict for a terminal, and as Markdown for a step summary. */
import { sanitise } from "../bench/files/sanitise.js";
import { decimal } from "../report/numbers.js";
import { column, renderTable, type Table } from "../report/table.js";
import { wrap } from "../report/text-width.js";
import type { Change, ComparisonVerdict, Decided, Measure } from "./verdict.js";
import { bounds, changed, changeText, guardSentence, headline, scopeText, settledText } from "./words.js";

/** Lines of at most `width` columns but for the headline; ends in a line end. */
export function renderComparison(verdict: ComparisonVerdict, width: number): string {
  const lines = [headline(verdict), ...sidesOf(verdict)];
  if (verdict.kind === "decided") {
    lines.push("", ...renderTable(tableOf(verdict, verdict.hypervolumes), width));
    lines.push(...notesOf(verdict).map((note) => `  ${note}`));
    const told = verdict.details.filter(({ verdict: found }) => found === "regressed" || found === "improved");
    if (told.length > 0) {
      lines.push("", "Other measures that changed, for orientation (values in units of the suite's scale):", "");
      lines.push(...renderTable(tableOf(verdict, told), width));
    }
    lines.push(
      "",
      ...[scopeText(verdict), ...verdict.notices.map((notice) => `Note: ${sanitise(notice)}.`)].flatMap((text) =>
        wrap(text, width),
      ),
    );
  }
  return `${lines.map((line) => line.replaceAll("\u00a0", " ")).join("\n")}\n`;
}

/** The same as Markdown, every measure included. */
export function comparisonMarkdown(verdict: ComparisonVerdict): string {
  const parts = [`## mva-bench: ${headline(verdict)}`, sidesOf(verdict).join("  \n")];
  if (verdict.kind === "decided") {
    parts.push(markdownTable(tableOf(verdict, verdict.hypervolumes)));
    const notes = notesOf(verdict);
    if (notes.length > 0) parts.push(notes.map((note) => `- ${note}`).join("\n"));
    parts.push(
      `<details><summary>Values, utility and IGD+, for orientation</summary>\n\n${markdownTable(tableOf(verdict, verdict.details))}\n\n</details>`,
      scopeText(verdict),
    );
    if (verdict.notices.length > 0) parts.push(verdict.notices.map((notice) => `- ${sanitise(notice)}`).join("\n"));
  }
  return `${parts.join("\n\n")}\n`;
}

function sidesOf({ sides }: ComparisonVerdict): string[] {
  const side = (name: string, { source, id, suite, version, commit }: typeof sides.run) =>
    `${name}: ${sanitise(source)} (run ${sanitise(id)}, ${sanitise(suite)} v${version}${commit === null ? "" : `, commit ${sanitise(commit).slice(0, 12)}`})`;
  return [side("baseline", sides.baseline), side("run", sides.run)];
}

function tableOf(verdict: Decided, changes: readonly Change[]): Table {
  const level = `${Number(((1 - verdict.settings.alpha) * 100).toFixed(2))} % bounds`;
  const details = changes.some(({ measure }) => measure.kind !== "hypervolume");
  return {
    columns: [
      column("method"),
      ...(details ? [column("measure")] : []),
      column("baseline", "right"),
      column("run", "right"),
      column("change", "right"),
      column(level, "right"),
      column("verdict"),
    ],
    rows: changes.map((change) => [
      sanitise(change.method),
      ...(details ? [measureName(change.measure, verdict.values)] : []),
      ...(change.kind === "missing" ? ["", "–", "–"] : [decimal(change.a), decimal(change.b)]),
      ...(change.kind === "measured"
        ? [changeText(change), bounds(change)]
        : change.kind === "zero"
          ? ["–", "–"]
          : ["–"]),
      change.verdict,
    ]),
  };
}

export function measureName(measure: Measure, values: readonly string[]): string {
  if ("value" in measure) return `${measure.kind} ${sanitise(values[measure.value] ?? "")}`;
  // Signed so that up is better, like every other line.
  return measure.kind === "igd+" ? "−IGD+" : measure.kind;
}

/** What the table cannot hold. */
function notesOf(verdict: Decided): string[] {
  const notes = verdict.hypervolumes.flatMap((change) => {
    if (change.kind !== "measured") return [changed(change)];
    const settled = settledText(change.settled, verdict.prompts);
    return settled === "" ? [] : [`${sanitise(change.method)}: ${settled}`];
  });
  const guards = verdict.guards.map((guard) => `${guardSentence(guard)}: ${guard.failed ? "failed" : "held"}`);
  return [...notes, ...guards];
}

function markdownTable({ columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ align }) => (align === "right" ? "--:" : "---"))),
    ...rows.map(line),
  ].join("\n");
}
