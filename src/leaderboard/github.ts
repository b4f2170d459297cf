/** A verdict as GitHub's workflow commands: one annotation for each finding, shown on the run's page. */
import { sanitise } from "../bench/files/sanitise.js";
import type { ComparisonVerdict } from "./verdict.js";
import { changed, guardSentence, headline, settledText } from "./words.js";

export function annotations(verdict: ComparisonVerdict, failOn: "regressed" | "inconclusive" = "regressed"): string {
  if (verdict.kind === "not-comparable") return command("error", "mva-bench check", headline(verdict));
  const doubt = failOn === "inconclusive" ? "error" : "warning";
  const lines = [
    ...verdict.hypervolumes.flatMap((change) => {
      const settled = change.kind === "measured" ? settledText(change.settled, verdict.prompts) : "";
      const text = `${changed(change)}${settled === "" ? "" : `; ${settled}`}`;
      switch (change.verdict) {
        case "regressed":
          return [command("error", `${change.method} regressed`, text)];
        case "inconclusive":
          return [command(doubt, `${change.method} inconclusive`, text)];
        case "improved":
          return [command("notice", `${change.method} improved`, text)];
        case "ok":
          return [];
        default:
          return change satisfies never;
      }
    }),
    ...verdict.guards
      .filter(({ failed }) => failed)
      .map((guard) => command("error", "guard failed", guardSentence(guard))),
  ];
  return lines.length > 0 ? lines.join("") : command("notice", "mva-bench check", headline(verdict));
}

function command(kind: "error" | "warning" | "notice", title: string, message: string): string {
  const data = (text: string) =>
    sanitise(text).replaceAll("\u00a0", " ").replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  return `::${kind} title=${data(title).replaceAll(":", "%3A").replaceAll(",", "%2C")}::${data(message)}\n`;
}
