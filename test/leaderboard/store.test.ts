import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { LedgerRow } from "../../src/bench/files/ledger.js";
import { runFiles } from "../../src/bench/files/run-files.js";
import { ranking } from "../../src/leaderboard/ranking.js";
import type { LeaderboardRow } from "../../src/leaderboard/row.js";
import { addRow, readRows, verifyRow } from "../../src/leaderboard/store.js";
import { temporaryFolder } from "../bench/files/temporary-folder.js";
import { cli, FakeIo } from "../cli/fake-io.js";
import { plantedInput, writeRun } from "../cli/score-run.js";

const suites = () => ["0".repeat(32)];
const NAME = "planted";

/** A run with a ledger that keeps its budget of 10 FLOPs a method and seed. */
function world(seeds: readonly number[] = [1, 2, 3]) {
  const folder = temporaryFolder();
  const run = join(folder, NAME);
  mkdirSync(run);
  const input = plantedInput(seeds);
  // What is not selected was offered all the same: three candidates each.
  const ledger = seeds.flatMap((seed) =>
    ["soup", "mva"].map(
      (method): LedgerRow => ({
        seed,
        method,
        kind: "gradient",
        planned: 10,
        spent: 9,
        tokens: 1,
        steps: 1,
        seconds: 2,
      }),
    ),
  );
  const summary = writeRun(run, { ...input, ledger, run: { ...input.run, budget: { flops: 10, per: "method" } } });
  const files = runFiles(run);
  writeFileSync(files.summary, JSON.stringify(summary));
  const root = join(folder, "board");
  const add = () => addRow(run, root, NAME, suites);
  const rewrite = (path: string, edit: (text: string) => string) => {
    const text = readFileSync(path, "utf8");
    const other = edit(text);
    if (other === text) throw new Error("nothing was edited");
    writeFileSync(path, other);
  };
  return { folder, root, run, files, summary, add, rewrite };
}

describe("leaderboard add", () => {
  test("a row holds what the run's summary says, and verifies", () => {
    const { root, add, summary } = world();
    const { row, known } = add();
    expect(known).toBe(false);
    expect(row).toMatchObject({
      suite: "planted",
      seeds: [1, 2, 3],
      candidates: 3,
      budget: { flops: 10, per: "method" },
    });
    for (const { id, hypervolume, spent } of row.methods) {
      const told = summary.methods.find((method) => method.id === id);
      expect(hypervolume).toEqual(told?.hypervolume);
      expect(spent).toBe(27);
    }
    const [stored] = readRows(root);
    expect(stored?.row).toEqual(row);
    expect(stored === undefined ? [] : verifyRow(stored, suites)).toEqual([]);
  });

  test("adding it again changes nothing, and two at once leave one row", async () => {
    const { root, add } = world([1]);
    await Promise.all([1, 2, 3].map(() => Promise.resolve().then(add)));
    expect(add().known).toBe(true);
    expect(readdirSync(join(root, "planted"))).toHaveLength(2);
  });

  test.each<[string, (w: ReturnType<typeof world>) => void, RegExp]>([
    [
      "a score edited",
      ({ files, rewrite }) => rewrite(files.scores, (t) => t.replace(/(,mva,c0,test,[^,]+,0,zeal,)[^\n]+/, "$10.99")),
      /the summary says hypervolume .* of mva, its scores say/,
    ],
    [
      "a candidate dropped",
      ({ files, rewrite }) => {
        rewrite(files.scores, (t) => t.replaceAll(/^[^\n]*,1,mva,c2,[^\n]*\n/gm, ""));
        rewrite(files.candidates, (t) => t.replace(/^1,mva,c2,[^\n]*\n/m, ""));
      },
      /mva has 2 candidates at seed 1, others have 3/,
    ],
    [
      "a score missing",
      ({ files, rewrite }) => rewrite(files.scores, (t) => t.replace(/^[^\n]*,mva,c0,test,[^\n]*\n/m, "")),
      /no zeal score of mva c0|no art score of mva c0/,
    ],
    [
      "a budget overrun",
      ({ files, summary }) =>
        writeFileSync(
          files.summary,
          JSON.stringify({
            ...summary,
            methods: summary.methods.map((m) => (m.id === "mva" ? { ...m, planned: 40, spent: 40 } : m)),
          }),
        ),
      /mva spent 40 FLOPs, its budget was 30/,
    ],
    [
      "another suite hash",
      ({ files, rewrite }) => rewrite(files.run, (t) => t.replace("0".repeat(32), "1".repeat(32))),
      /suite hash 111111111111 is not that of planted as it ships/,
    ],
  ])("%s is refused with the reason, and nothing is written", (_, spoil, expected) => {
    const w = world();
    spoil(w);
    expect(w.add).toThrow(expected);
    expect(readdirSync(w.folder)).toEqual([NAME]);
  });
});

describe("leaderboard verify", () => {
  test("finds a row whose figures, suite or scores were edited", () => {
    const { root, add, rewrite, folder } = world();
    const { path, row } = add();
    const keep = join(folder, "kept.json");
    copyFileSync(path, keep);
    const faults = () =>
      readRows(root)
        .flatMap((stored) => verifyRow(stored, suites))
        .join("; ");
    const [method] = row.methods;
    rewrite(path, (t) => t.replace(String(method?.hypervolume.value), "9.5"));
    expect(faults()).toMatch(/hypervolume of soup is 9\.5 in the row, /);
    copyFileSync(keep, path);
    rewrite(path, (t) => t.replace(String(method?.hypervolume.low), "0.001"));
    expect(faults()).toBe("it is not what its summary says");
    copyFileSync(keep, path);
    rewrite(path, (t) => t.replace("0".repeat(32), "2".repeat(32)));
    expect(faults()).toMatch(/suite hash 2{12} is not that of planted/);
    copyFileSync(keep, path);
    writeFileSync(path.replace(/\.json$/, ".scores.json.gz"), "other");
    expect(faults()).toMatch(/another file than the one that was added/);
  });

  test("the command refuses a run of a suite that does not ship", async () => {
    const { folder, add, root } = world();
    const refused = await cli(["leaderboard", "add", NAME, "--root", root], new FakeIo(folder));
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(
      /planted: not a leaderboard row: suite "planted" does not ship with this version\n$/,
    );
    add();
    const verified = await cli(["leaderboard", "verify", "--root", root], new FakeIo(folder));
    expect(verified.code).toBe(1);
    expect(verified.stdout).toMatch(/0 of 1 rows follow from their scores\.\n$/);
    const listed = await cli(["leaderboard", "--root", root, "--csv"], new FakeIo(folder));
    expect(listed.stdout.trimEnd().split("\n")).toHaveLength(1 + 2 * 2);
    expect(listed.stdout).toMatch(/^planted,1,0{32},1,planted-[0-9a-f]{8},mva,/m);
  });
});

describe("rank groups", () => {
  const add = (value: number, half: number, id: string) => ({ id, value, half });
  const rows = (entries: readonly { id: string; value: number; half: number }[]): LeaderboardRow[] =>
    entries.map(({ id, value, half }) => ({
      schema: 1,
      id,
      sha256: "0".repeat(64),
      suite: "s",
      version: 1,
      suiteHash: "a",
      dataHash: "b",
      started: "2026-01-01T00:00:00.000Z",
      engine: "cpu",
      threads: 1,
      packageVersion: "0",
      cpu: "",
      commit: null,
      seeds: [1],
      prompts: 9,
      candidates: 3,
      budget: { flops: 1, per: "method" },
      confidence: 0.95,
      values: ["v"],
      methods: [
        {
          id: "m",
          title: "m",
          hypervolume: { value, low: value - half, high: value + half },
          best: [1],
          mean: [1],
          planned: 1,
          spent: 1,
          seconds: 1,
          undertrained: [],
        },
      ],
    }));
  const ranks = (all: LeaderboardRow[]) => ranking(all).map(({ rank, row }) => [row.id, rank]);

  test("rows whose difference is not shown share a rank, whatever order they came in", () => {
    const entries = [add(0.5, 0.02, "far"), add(0.9, 0.05, "first"), add(0.86, 0.05, "near"), add(0.1, 0.01, "last")];
    const expected = [
      ["first", 1],
      ["near", 1],
      ["far", 3],
      ["last", 4],
    ];
    expect(ranks(rows(entries))).toEqual(expected);
    expect(ranks(rows(entries.toReversed()))).toEqual(expected);
  });

  test("rows of other suite hashes are not ranked against each other", () => {
    const [a, b] = rows([add(0.9, 0.01, "a"), add(0.1, 0.01, "b")]);
    if (a === undefined || b === undefined) throw new Error("no rows");
    expect(ranks([a, { ...b, suiteHash: "other" }])).toEqual([
      ["a", 1],
      ["b", 1],
    ]);
  });
});
