/** A row run again, where what runs it is planted; and a row as a side of `compare` and `check`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { addRuns, basisOf } from "../../src/leaderboard/add-row.js";
import { type RerunJob, rerunRow } from "../../src/leaderboard/rerun-row.js";
import { evidenceFiles } from "../../src/leaderboard/store.js";
import { exitCodeFor } from "../../src/leaderboard/verdict.js";
import { temporaryFolder } from "../bench/files/temporary-folder.js";
import { cli, FakeIo } from "../cli/fake-io.js";
import { suites, writeBoardRun } from "./board-run.js";

/** A row of seeds 1, 2 and 3, each a job of its own. */
function world() {
  const folder = temporaryFolder();
  const root = join(folder, "board");
  const runs = [1, 2, 3].map((seed) => {
    const path = join(folder, `s${seed}`);
    writeBoardRun(path, { seeds: [seed] });
    return { folder: path, source: `s${seed}` };
  });
  const stored = addRuns(runs, { root, suites });
  /** Makes each job again, the one of seed 2 with other scores where `shift` is given. */
  const executeWith = (shift: number) => {
    const jobs: RerunJob[] = [];
    const execute = async (job: RerunJob): Promise<string> => {
      jobs.push(job);
      const again = join(folder, `again-${shift}-${job.seeds.join()}`);
      writeBoardRun(again, { seeds: job.seeds, ...(job.seeds.includes(2) ? { shift } : {}) });
      return again;
    };
    return { jobs, execute };
  };
  return { folder, root, stored, executeWith };
}

describe("verify --rerun", () => {
  test("runs each job with its seeds and engine, the later ones on the first one's base; the same bits are said to be the same", async () => {
    const { stored, executeWith, folder } = world();
    const { jobs, execute } = executeWith(0);
    const found = await rerunRow(basisOf(stored), execute);
    expect(found).toEqual({ same: [1, 2, 3], other: [], verdict: null });
    expect(jobs.map(({ seeds, engine, threads, reuse }) => [seeds, engine, threads, reuse])).toEqual([
      [[1], "cpu", 1, undefined],
      [[2], "cpu", 1, join(folder, "again-0-1")],
      [[3], "cpu", 1, join(folder, "again-0-1")],
    ]);
    expect(jobs[0]?.suite.suite).toBe("small");
  });

  test("what came out otherwise is named, and compared", async () => {
    const { stored, executeWith } = world();
    const found = await rerunRow(basisOf(stored), executeWith(-0.3).execute);
    expect(found.same).toEqual([1, 3]);
    expect(found.other).toEqual([2]);
    if (found.verdict?.kind !== "decided") throw new Error("not compared");
    const [soup, mva] = found.verdict.hypervolumes;
    expect(soup?.verdict).toBe("ok");
    expect(mva?.kind === "measured" && mva.change < 0).toBe(true);
    expect(exitCodeFor(found.verdict)).not.toBe(2);
  });
});

describe("a row beside runs and baselines", () => {
  test("compares to itself, becomes a baseline, and is refused when its files were exchanged", async () => {
    const { folder, stored } = world();
    const run = (...argv: string[]) => cli(argv, new FakeIo(folder));
    const row = stored.path;
    const compared = await run("compare", row, row, "--json");
    expect(compared.code).toBe(0);
    expect(JSON.parse(compared.stdout)).toMatchObject({ verdict: "ok", seeds: [1, 2, 3], scope: "methods" });
    const accepted = await run("check", row, "--accept", "row.json.gz");
    expect(accepted.stdout).toMatch(/2 ranked methods, seed 1, 2, 3, 12 test prompts/);
    expect((await run("check", row, "--baseline", "row.json.gz")).code).toBe(0);
    // One seed of it against the row: only that seed is looked at.
    const single = await run("check", "s2", "--baseline", "row.json.gz");
    expect(single.code).toBe(0);
    expect(single.stdout).toContain("seed 1, 3 of the baseline is not in the run");
    const { scores } = evidenceFiles(row);
    writeFileSync(scores, readFileSync(scores).subarray(0, 100));
    const refused = await run("compare", row, row);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/its scores are another file than the one that was added\n$/);
  });
});
