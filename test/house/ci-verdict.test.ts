/** CI's last line comes from the test runner's own report, and nothing that went wrong counts as fine. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const script = fileURLToPath(new URL("../../scripts/ci-verdict.mjs", import.meta.url));

function verdict(report: unknown, testsExit: number, smokeExit: number) {
  const folder = mkdtempSync(join(tmpdir(), "mva-bench-verdict-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "tests.json");
  if (report !== undefined) writeFileSync(path, JSON.stringify(report));
  const ended = spawnSync(process.execPath, [script, path, String(testsExit), String(smokeExit)], { encoding: "utf8" });
  return { code: ended.status, line: ended.stdout.trimEnd().split("\n").at(-1) };
}

const fine = {
  success: true,
  numPassedTests: 12,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [{ name: "a.test.ts", status: "passed", message: "", assertionResults: [{}] }],
};

test("all passed", () => {
  expect(verdict(fine, 0, 0)).toEqual({ code: 0, line: "12 passed, 0 failed" });
});

test("skipped tests are counted, and do not fail", () => {
  expect(verdict({ ...fine, numPendingTests: 2 }, 0, 0)).toEqual({ code: 0, line: "12 passed, 0 failed, 2 skipped" });
});

test.each([
  ["a failed test", { ...fine, success: false, numFailedTests: 1 }, 1, 0, "12 passed, 1 failed"],
  ["a smoke run that failed", fine, 0, 70, "12 passed, 0 failed"],
  ["a build that failed before the tests", fine, 2, 0, "12 passed, 0 failed"],
  ["no test at all", { ...fine, numPassedTests: 0 }, 0, 0, "0 passed, 0 failed"],
  [
    "a test file that does not load",
    { ...fine, testResults: [{ name: "b", status: "failed", message: "x", assertionResults: [] }] },
    0,
    0,
    "12 passed, 1 failed",
  ],
])("%s is not fine", (_name, report, tests, smoke, line) => {
  expect(verdict(report, tests, smoke)).toEqual({ code: 1, line });
});

test("no report is not fine", () => {
  expect(verdict(undefined, 0, 0).code).toBe(1);
});
