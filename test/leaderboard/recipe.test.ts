/**
 * The recipe of docs/ci.md, word for word, as a new user's CI would run it: only `run` is stood in for by a finished run, because
 * training takes minutes. Green where nothing was lost, red where a drop was planted, green with a word where nobody can tell.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { runFiles } from "../../src/bench/files/run-files.js";
import type { SummaryInput } from "../../src/bench/summarise.js";
import { temporaryFolder } from "../bench/files/temporary-folder.js";
import { plantedInput, writeRun } from "../cli/score-run.js";
import { skipVisibly } from "../skip.js";
import { junitFaults } from "./junit-schema.js";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const cli = join(repository, "dist/cli/main.js");

/** The shell block under a heading of docs/ci.md. */
function recipe(after: string): string {
  const text = readFileSync(join(repository, "docs/ci.md"), "utf8");
  const block = /```sh\n([\s\S]*?)```/.exec(text.slice(text.indexOf(after)))?.[1];
  if (block === undefined || !text.includes(after)) throw new Error(`docs/ci.md has no recipe after "${after}"`);
  return block;
}

/** Scores of mva in the first value, changed. */
function changed(input: SummaryInput, change: (score: number, prompt: number) => number): SummaryInput {
  const prompts = input.tables.prompts.test.length;
  const candidates = input.tables.candidates.map((candidate) => {
    const { test: scores, ...rest } = candidate.scores;
    if (candidate.method !== "mva" || scores === undefined) return candidate;
    return { ...candidate, scores: { ...rest, test: scores.map((x, i) => (i < prompts ? change(x, i) : x)) } };
  });
  return { ...input, tables: { ...input.tables, candidates } };
}

/** A user's checkout; `npx mva-bench run … --out DIR` copies the run that stands ready. */
function checkout() {
  const folder = temporaryFolder();
  const ready = join(folder, "ready");
  const bin = join(folder, "bin");
  mkdirSync(bin);
  writeFileSync(
    join(bin, "npx"),
    `#!/usr/bin/env bash
shift
if [ "$1" = run ]; then
  while [ $# -gt 1 ]; do if [ "$1" = --out ]; then rm -rf "$2"; cp -r "${ready}" "$2"; fi; shift; done
else
  exec "${process.execPath}" "${cli}" "$@"
fi
`,
  );
  chmodSync(join(bin, "npx"), 0o755);
  mkdirSync(join(folder, "gate"));
  spawnSync("git", ["init", "-q"], { cwd: folder });
  const trains = (input: SummaryInput) => {
    mkdirSync(ready, { recursive: true });
    writeFileSync(runFiles(ready).summary, JSON.stringify(writeRun(ready, input)));
  };
  const sh = (script: string) =>
    spawnSync("bash", ["-e", "-c", script], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ""}` },
    });
  return { folder, trains, sh };
}

describe("docs/ci.md", () => {
  test("accept, then check: green, red on a planted regression, and a word where it is inconclusive", (context) => {
    if (!existsSync(cli)) skipVisibly(context, "dist is not built (npm run build)");
    const { folder, trains, sh } = checkout();
    const input = plantedInput([1]);
    trains(input);
    expect(sh(recipe("**2. Accept a baseline**"))).toMatchObject({ status: 0 });
    const check = recipe("**3. Check each change.**");
    expect(sh(check)).toMatchObject({ status: 0, stdout: expect.stringMatching(/^ok: /) });
    trains(changed(input, (x) => 0.5 * x));
    const red = sh(check);
    expect(red).toMatchObject({ status: 1, stdout: expect.stringMatching(/^regressed: hypervolume of mva fell/) });
    const xml = readFileSync(join(folder, "gate.xml"), "utf8");
    expect(junitFaults(xml)).toEqual([]);
    expect(xml).toContain('failures="1"');
    expect(readFileSync(join(folder, "gate.md"), "utf8")).toMatch(/^## mva-bench: regressed/);
    trains(changed(input, (x, prompt) => (prompt % 2 === 0 ? 1.7 * x : 0.2 * x)));
    expect(sh(check)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("the gate is inconclusive: see above"),
    });
    // Another suite version cannot be told: red, with what differs.
    trains({ ...input, scales: input.scales.map((scale) => ({ ...scale, reference: scale.reference - 0.1 })) });
    const other = sh(check);
    expect(other.status).toBe(2);
    expect(other.stderr).toMatch(/not comparable: reference of zeal/);
  });
});
