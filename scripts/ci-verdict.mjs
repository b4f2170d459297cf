// Prints CI's last line from vitest's JSON report and exits non-zero unless everything passed. Failed tests are named
// just above that line: a log is often kept from its end.
// usage: node scripts/ci-verdict.mjs TESTS_JSON EXIT_CODE_OF_TESTS EXIT_CODE_OF_SMOKE_RUN EXIT_CODE_OF_CHECK ...
import { readFileSync } from "node:fs";
import { relative } from "node:path";

const [path, ...exits] = process.argv.slice(2);
let report;
try {
  report = JSON.parse(readFileSync(path, "utf8"));
} catch (error) {
  console.error(`no test report: ${error.message}`);
  process.exit(1);
}
const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped, numTodoTests: todo } = report;
// A test file that does not load has no tests to fail; it must not pass for that.
const broken = report.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0);
for (const file of broken) console.log(`did not load: ${relative(".", file.name)}: ${file.message.split("\n")[0]}`);
for (const file of report.testResults) {
  for (const test of file.assertionResults.filter(({ status }) => status === "failed")) {
    const reason = (test.failureMessages[0] ?? "").split("\n")[0];
    console.log(`failed: ${relative(".", file.name)} > ${test.fullName}: ${reason}`);
  }
}
const bad = failed + broken.length;
console.log(`${passed} passed, ${bad} failed${skipped + todo > 0 ? `, ${skipped + todo} skipped` : ""}`);
const fine = bad === 0 && passed > 0 && report.success && exits.length > 0 && exits.every((code) => code === "0");
process.exit(fine ? 0 : 1);
