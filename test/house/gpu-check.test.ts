/** The GPU bundle's `check`, with a program in mva-bench's place that leaves a run's files or ends half-way. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const script = fileURLToPath(new URL("../../scripts/gpu-bundle-check.sh", import.meta.url));

/** Writes down how it was called; a run of the suite "full" ends with exit code 70, unless it is resumed. */
const NODE = `#!/bin/sh
shift
echo "$*" >> "$CALLS"
[ "$1" = run ] || exit 0
folder= resumed= ends=yes
while [ $# -gt 0 ]; do
  case $1 in
    --out) folder=$2 ;;
    --resume) folder=$2; resumed=yes ;;
    full) ends= ;;
  esac
  shift
done
mkdir -p "$folder"
echo {} > "$folder/run.json"
[ -n "$ends$resumed" ] || exit 70
echo {} > "$folder/summary.json"
echo report > "$folder/report.md"
`;

function bundle() {
  const here = mkdtempSync(join(tmpdir(), "mva-bench-check-"));
  onTestFinished(() => rmSync(here, { recursive: true, force: true }));
  mkdirSync(join(here, "bin"));
  writeFileSync(join(here, "bin/node"), NODE);
  chmodSync(join(here, "bin/node"), 0o755);
  const calls = join(here, "calls");
  return (suite: string) => {
    rmSync(calls, { force: true });
    const text = `here=${here}\n${readFileSync(script, "utf8")}`;
    const { status, stdout } = spawnSync("sh", ["-c", text, "check", join(here, "results"), "webgpu", suite], {
      env: { PATH: process.env.PATH, CALLS: calls },
      encoding: "utf8",
    });
    const left = readdirSync(join(here, "results")).filter((name) => name.startsWith("run"));
    const ran = readFileSync(calls, "utf8")
      .split("\n")
      .filter((line) => line.startsWith("run "));
    return { status, stdout, left, ran, kept: existsSync(join(here, "results/run/run.json")) };
  };
}

test("runs that ended leave their reports and no folder", { timeout: 60_000 }, () => {
  const { status, left, stdout } = bundle()("quick");
  expect({ status, left }).toEqual({
    status: 0,
    left: ["run", "run-cpu"]
      .flatMap((kind) => [
        `${kind}-report.md`,
        `${kind}-run.json`,
        `${kind}-summary.json`,
        `${kind}.err`,
        `${kind}.txt`,
      ])
      .sort(),
  });
  expect(stdout).toMatch(/^run-cpu: fine$/m);
});

test("a run that did not end is kept, and the next check goes on with it", { timeout: 60_000 }, () => {
  const check = bundle();
  const first = check("full");
  expect(first).toMatchObject({ status: 1, kept: true });
  expect(first.stdout).toMatch(/^run: exit code 70$/m);
  expect(first.stdout).toMatch(/^not ended: run run-cpu; the same command goes on with it$/m);
  const second = check("full");
  expect(second.ran.map((line) => /--resume \S+\/(run|run-cpu) /.exec(line)?.[1])).toEqual(["run", "run-cpu"]);
  expect(second).toMatchObject({ status: 0, kept: false });
});
