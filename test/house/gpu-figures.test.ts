/** The one command that fills in a card's figures says in one line what it cannot do, before it measures anything. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("../../benchmarks/perf/gpu.mjs", import.meta.url));
const quick = ["--engine", "cpu", "--against", "none", "--sizes", "tiny"];

test.each([
  [["--bogus"], /^gpu: Unknown option '--bogus'/],
  [["--engine", "gpu"], /^gpu: engine "gpu" is unknown; there are cpu, /],
  [["--sizes", "tiny,7"], /^gpu: there is no size "7"; there are .*tiny/],
  [[...quick, "--rounds", "x"], /^gpu: --rounds takes a whole number above 0, not "x"/],
  [[...quick, "--batches", "2,"], /^gpu: --batches takes a whole number above 0, not ""/],
  [[...quick, "--out", "/dev/null/figures.json"], /^gpu: .*figures\.json/],
])("%j", { timeout: 60_000 }, (args, line) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: "utf8" });
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(line);
  expect(stderr.trim().split("\n")).toHaveLength(1);
});
