/**
 * A verdict as JUnit XML: a test case a ranked method and a guard. Regressed is a failure, inconclusive skipped (a failure
 * where it is to fail), not comparable an error. Source of the form: Jenkins' `junit-10.xsd`.
 */
import { sanitise } from "../bench/files/sanitise.js";
import type { ComparisonVerdict } from "./verdict.js";
import { changed, guardSentence, headline, settledText } from "./words.js";

interface Case {
  readonly name: string;
  readonly className: string;
  readonly result: "passed" | "failure" | "skipped" | "error";
  readonly message: string;
}

export function junit(verdict: ComparisonVerdict, failOn: "regressed" | "inconclusive" = "regressed"): string {
  const cases = casesOf(verdict, failOn);
  const count = (result: Case["result"]) => cases.filter((one) => one.result === result).length;
  const counts = `tests="${cases.length}" failures="${count("failure")}" errors="${count("error")}"`;
  const suite = xml(`${verdict.sides.baseline.suite} v${verdict.sides.baseline.version}`);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="mva-bench check" ${counts}>`,
    `  <testsuite name="${suite}" ${counts} skipped="${count("skipped")}">`,
    ...cases.map(renderCase),
    `    <system-out>${xml(headline(verdict))}</system-out>`,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function casesOf(verdict: ComparisonVerdict, failOn: "regressed" | "inconclusive"): Case[] {
  if (verdict.kind === "not-comparable") {
    return [{ name: "comparable", className: "mva-bench", result: "error", message: headline(verdict) }];
  }
  const hypervolumes = verdict.hypervolumes.map((change): Case => {
    const settled = change.kind === "measured" ? settledText(change.settled, verdict.prompts) : "";
    const doubt = failOn === "inconclusive" ? "failure" : "skipped";
    return {
      name: change.method,
      className: "hypervolume",
      result: change.verdict === "regressed" ? "failure" : change.verdict === "inconclusive" ? doubt : "passed",
      message: `${change.verdict}: ${changed(change)}${settled === "" ? "" : `; ${settled}`}`,
    };
  });
  const guards = verdict.guards.map(
    (result): Case => ({
      name: `${result.method}: ${result.guard.of} ${result.guard.value}`,
      className: "guard",
      result: result.failed ? "failure" : "passed",
      message: guardSentence(result),
    }),
  );
  return [...hypervolumes, ...guards];
}

function renderCase({ name, className, result, message }: Case): string {
  const open = `    <testcase classname="${xml(className)}" name="${xml(name)}"`;
  switch (result) {
    case "passed":
      return `${open}/>`;
    case "skipped":
      return `${open}><skipped message="${xml(message)}"/></testcase>`;
    case "failure":
    case "error":
      return `${open}><${result} message="${xml(message)}" type="${className}">${xml(message)}</${result}></testcase>`;
    default:
      return result satisfies never;
  }
}

function xml(text: string): string {
  return sanitise(text)
    .replaceAll("\u00a0", " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
