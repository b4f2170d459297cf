import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { runFiles } from "../../src/bench/files/run-files.js";
import { summarise } from "../../src/bench/summarise.js";
import type { RunSummary } from "../../src/bench/summary.js";
import { addRuns } from "../../src/leaderboard/add-row.js";
import { readFinishedRun } from "../../src/leaderboard/finished-run.js";
import { evidenceFiles, readRows } from "../../src/leaderboard/store.js";
import { verifyRow } from "../../src/leaderboard/verify-row.js";
import { temporaryFolder } from "../bench/files/temporary-folder.js";
import { cli, FakeIo } from "../cli/fake-io.js";
import { type BoardRun, suites, writeBoardRun } from "./board-run.js";

/** A run of three seeds, and what adds it. */
function world(options: Partial<BoardRun> = {}) {
  const folder = temporaryFolder();
  const run = join(folder, "one");
  const summary = writeBoardRun(run, { seeds: [1, 2, 3], ...options });
  const root = join(folder, "board");
  const files = runFiles(run);
  const place = (name: string) => ({ folder: join(folder, name), source: name });
  const addAll = (...names: string[]) => addRuns(names.map(place), { root, suites });
  const rewrite = (path: string, edit: (text: string) => string) => {
    const text = readFileSync(path, "utf8");
    const other = edit(text);
    if (other === text) throw new Error("nothing was edited");
    writeFileSync(path, other);
  };
  const written = () => (existsSync(root) ? readdirSync(join(root, "small")) : []);
  return { folder, root, run, files, summary, place, addAll, add: () => addAll("one"), rewrite, written };
}

type World = ReturnType<typeof world>;

/** As somebody would who tampers with a run and knows how its summary is made. */
function resummarise({ run, files }: World): void {
  writeFileSync(files.summary, JSON.stringify(summarise(readFinishedRun(run).input)));
}

function editSummary({ files }: World, edit: (summary: RunSummary) => object): void {
  const summary: RunSummary = JSON.parse(readFileSync(files.summary, "utf8"));
  writeFileSync(files.summary, JSON.stringify({ ...summary, ...edit(summary) }));
}

const faultsIn = (root: string, depth: "hashes" | "points" | "all" = "all") =>
  readRows(root)
    .flatMap((stored) => verifyRow(stored, depth, suites))
    .join("; ");

describe("leaderboard add", () => {
  test("a row holds what the run's summary says, and verifies", () => {
    const { root, add, summary } = world();
    const { row, known } = add();
    expect(known).toBe(false);
    expect(row).toMatchObject({
      suite: "small",
      kind: "run",
      seeds: [1, 2, 3],
      candidates: 5,
      budget: { flops: 10, per: "method" },
      engine: "cpu",
      date: "2026-01-01T00:00:00.000Z",
    });
    for (const method of row.methods) {
      const told = summary.methods.find(({ id }) => id === method.id);
      expect(method.hypervolume).toEqual(told?.hypervolume);
      expect(method.hypervolumeBySeed).toEqual(told?.hypervolumeBySeed);
      expect(method.spent).toBe(27);
    }
    expect(row.methods.map(({ id }) => id)).toEqual(["soup", "mva"]);
    expect(row.pairs).toHaveLength(1);
    const [stored] = readRows(root);
    expect(stored?.row).toEqual(row);
    for (const depth of ["hashes", "points", "all"] as const) expect(faultsIn(root, depth)).toBe("");
  });

  test("seeds that were run apart make the row that one run of all of them makes", () => {
    const { folder, addAll, add } = world();
    for (const seed of [1, 2, 3]) writeBoardRun(join(folder, `s${seed}`), { seeds: [seed] });
    const [whole, apart] = [add().row, addAll("s3", "s1", "s2").row];
    expect(apart.methods).toEqual(whole.methods);
    expect(apart.pairs).toEqual(whole.pairs);
    // The evidence tells how they were run.
    expect(apart.id).not.toBe(whole.id);
  });

  test("runs of single seeds are put together, in any order, and more are added to a row", () => {
    const { folder, root, addAll } = world();
    for (const seed of [4, 5, 6, 7]) writeBoardRun(join(folder, `s${seed}`), { seeds: [seed] });
    const { row } = addAll("s5", "s4", "s6");
    expect(row.seeds).toEqual([4, 5, 6]);
    expect(addAll("s6", "s5", "s4")).toMatchObject({ known: true, row: { id: row.id } });
    expect(faultsIn(root)).toBe("");
    const [three] = readRows(root);
    const four = addRuns([{ folder: join(folder, "s7"), source: "s7" }], { root, suites, into: three?.path ?? "" });
    expect(four.row.seeds).toEqual([4, 5, 6, 7]);
    // It took the place of the other.
    expect(readRows(root).map(({ row: { id } }) => id)).toEqual([four.row.id]);
    expect(readdirSync(join(root, "small"))).toHaveLength(3);
    expect(addAll("s4", "s5", "s6", "s7")).toMatchObject({ known: true });
    expect(faultsIn(root)).toBe("");
  });

  test("what is not of one kind is not put together, and why is said", () => {
    const { folder, addAll, written } = world();
    writeBoardRun(join(folder, "again"), { seeds: [3, 4] });
    expect(() => addAll("one", "again")).toThrow(/cannot be put together: seed 3 is in more than one of them/);
    writeBoardRun(join(folder, "rich"), { seeds: [4], budget: 40 });
    expect(() => addAll("one", "rich")).toThrow(/rich against one: another suite hash/);
    writeBoardRun(join(folder, "long"), { seeds: [4], prompts: 13 });
    expect(() => addAll("one", "long")).toThrow(/long against one: other prompts/);
    const base = runFiles(join(folder, "again")).run;
    writeFileSync(base, readFileSync(base, "utf8").replace('"baseHash": null', `"baseHash": "${"b".repeat(32)}"`));
    expect(() => addAll("one", "again")).toThrow(/again against one: another base policy; seed 3/);
    expect(written()).toEqual([]);
  });

  test("more seeds are added to no row that was edited since", () => {
    const { folder, root, add, written } = world();
    writeBoardRun(join(folder, "s4"), { seeds: [4] });
    const { path } = add();
    const { scores } = evidenceFiles(path);
    const text = gunzipSync(readFileSync(scores)).toString("utf8");
    writeFileSync(scores, gzipSync(text.replace(/(1,mva,"w=1,0",test,test0),[^,]+/, "$1,0.99")));
    const before = written();
    const into = () => addRuns([{ folder: join(folder, "s4"), source: "s4" }], { root, suites, into: path });
    expect(into).toThrow(/its scores are another file than the one that was added/);
    expect(written()).toEqual(before);
  });

  test("of two that add to one row at once: the same seeds are one row, other seeds are refused", () => {
    const { folder, root, add } = world();
    for (const seed of [4, 5]) writeBoardRun(join(folder, `s${seed}`), { seeds: [seed] });
    const adding = (name: string, into: string, meanwhile: () => void) =>
      addRuns([{ folder: join(folder, name), source: name }], {
        root,
        into,
        // Asked after the old row was read, and before it is replaced.
        suites: (suite) => {
          meanwhile();
          return suites(suite);
        },
      });
    const first = add().path;
    const both = adding("s4", first, () => adding("s4", first, () => {}));
    expect(readRows(root).map(({ row }) => row.seeds)).toEqual([[1, 2, 3, 4]]);
    expect(faultsIn(root)).toBe("");
    rmSync(join(root, "small"), { recursive: true });
    const second = add().path;
    expect(second).not.toBe(both.path);
    expect(() => adding("s5", second, () => adding("s4", second, () => {}))).toThrow(
      /replaced by another row meanwhile/,
    );
    expect(readRows(root).map(({ row }) => row.seeds)).toEqual([[1, 2, 3, 4]]);
    expect(faultsIn(root)).toBe("");
  });

  test("a run that another row holds is refused: it would be counted twice", () => {
    const { folder, root, add, addAll, written } = world();
    writeBoardRun(join(folder, "s4"), { seeds: [4] });
    const first = add();
    const before = written();
    expect(() => addAll("one", "s4")).toThrow(
      new RegExp(`run one \\(seed 1, 2, 3\\) is in ${first.path} already and would be counted twice`),
    );
    expect(written()).toEqual(before);
    // Other runs of the same seeds are other runs.
    writeBoardRun(join(folder, "again"), { seeds: [3] });
    expect(addAll("again", "s4").known).toBe(false);
    expect(readRows(root)).toHaveLength(2);
    expect(faultsIn(root)).toBe("");
  });

  test("a row whose files were lost is made whole by adding its run again", () => {
    const { root, add } = world();
    rmSync(evidenceFiles(add().path).scores);
    expect(faultsIn(root, "hashes")).toMatch(/scores\.csv\.gz is missing/);
    expect(add().known).toBe(false);
    expect(faultsIn(root)).toBe("");
  });

  test("a suite at another budget is a board of its own", () => {
    const { folder, root, addAll } = world();
    writeBoardRun(join(folder, "rich"), { seeds: [1, 2, 3], budget: 40 });
    const [a, b] = [addAll("one").row, addAll("rich").row];
    expect(b.budget).toEqual({ flops: 40, per: "method" });
    expect(b.suiteHash).not.toBe(a.suiteHash);
    expect(faultsIn(root)).toBe("");
  });

  test("adding it again changes nothing", () => {
    const { add, written } = world();
    add();
    const before = written();
    expect(add().known).toBe(true);
    expect(written()).toEqual(before);
  });

  test.each<[string, (w: World) => void, RegExp]>([
    [
      "a score edited",
      ({ files, rewrite }) =>
        rewrite(files.scores, (t) => t.replace(/(,mva,"w=1,0",test,[^,]+,0,helpful,)[^\n]+/, "$10.99")),
      /summary\.json does not follow from its files: methods\.mva\.hypervolume\.value \(/,
    ],
    [
      "a summary edited",
      ({ files, rewrite }) => rewrite(files.summary, (t) => t.replace(/("id":"soup".*?"low":)[\d.]+/, "$10.5")),
      /summary\.json does not follow from its files: methods\.soup\.hypervolume\.low \(0\.5, not /,
    ],
    [
      "a candidate dropped",
      ({ files, rewrite }) => {
        rewrite(files.scores, (t) => t.replaceAll(/^[^\n]*,1,mva,"w=0,1",[^\n]*\n/gm, ""));
        rewrite(files.candidates, (t) => t.replace(/^1,mva,"w=0,1",[^\n]*\n/m, ""));
      },
      /mva has 4 candidates at seed 1, the suite has 5/,
    ],
    [
      "another selection",
      ({ files, rewrite }) => rewrite(files.candidates, (t) => t.replace(/^(1,mva,"w=1,0".*),true,/m, "$1,false,")),
      /mva at seed 1: validation selects .*w=1,0.*, the row has /,
    ],
    [
      "a score missing",
      ({ files, rewrite }) => rewrite(files.scores, (t) => t.replace(/^[^\n]*,mva,"w=1,0",test,[^\n]*\n/m, "")),
      /no (helpful|harmless) score of mva w=1,0/,
    ],
    [
      "a budget overrun",
      ({ files, rewrite }) => rewrite(files.ledger, (t) => t.replace(/^(2,mva,gradient,10),9,/m, "$1,11,")),
      /mva spent 11 FLOPs at seed 2, its budget was 10/,
    ],
    [
      "a ledger without a method",
      ({ files, rewrite }) => rewrite(files.ledger, (t) => t.replace(/^2,mva.*\n/m, "")),
      /the ledger has nothing of mva at seed 2/,
    ],
    [
      "another suite hash",
      ({ files, rewrite }) => rewrite(files.run, (t) => t.replace(/("suiteHash": ")[0-9a-f]{12}/, "$1111111111111")),
      /suite hash 111111111111 is not that of small as it ships/,
    ],
    [
      "a suite that was edited under its old hash",
      ({ files, rewrite }) => rewrite(files.run, (t) => t.replace('"temperature": 0.7', '"temperature": 0.1')),
      /its suite was edited: it does not give the suite hash/,
    ],
    [
      "no environment",
      ({ files, rewrite }) => rewrite(files.run, (t) => t.replace('"cpu": "any"', '"cpu": ""')),
      /job one does not record its engine, processor and versions/,
    ],
    [
      "a rival left out of every file",
      (w) => {
        editSummary(w, ({ methods }) => ({ methods: methods.filter(({ id }) => id !== "soup") }));
        for (const path of [w.files.scores, w.files.candidates, w.files.ledger]) {
          w.rewrite(path, (t) => t.replaceAll(/^(small,)?\d,soup,.*\n/gm, ""));
        }
        resummarise(w);
      },
      /it lacks soup, a method of its suite/,
    ],
    [
      "a ranked method set aside",
      (w) => {
        editSummary(w, ({ methods }) => ({
          methods: methods.map((method) => (method.id === "soup" ? { ...method, ranked: false } : method)),
        }));
        resummarise(w);
      },
      /soup is not ranked, in its suite it is/,
    ],
    [
      "the base ranked",
      (w) => {
        editSummary(w, ({ methods }) => ({ methods: methods.map((method) => ({ ...method, ranked: true })) }));
        resummarise(w);
      },
      /base is ranked, in its suite it is not/,
    ],
    [
      "a prompt dropped from every file",
      (w) => {
        w.rewrite(w.files.prompts, (t) => t.replace(/^test0,.*\n/m, ""));
        w.rewrite(w.files.scores, (t) => t.replaceAll(/^.*,test,test0,.*\n/gm, ""));
        resummarise(w);
      },
      /it has 11 test prompts, the suite has 12/,
    ],
    [
      "a preference that the suite does not declare",
      (w) => {
        w.rewrite(w.files.candidates, (t) => t.replace(/^(1,mva,"w=1,0"),1,0,/m, "$1,0.9,0.1,"));
        resummarise(w);
      },
      /mva at seed 1: its candidates' preferences are not the suite's lattice/,
    ],
    [
      "a summary of another suite, data and seeds",
      (w) => editSummary(w, ({ run }) => ({ run: { ...run, suiteHash: "1".repeat(32), seeds: [7] } })),
      /summary\.json does not follow from its files: run\.suiteHash \("1{32}", not .*run\.seeds/,
    ],
  ])("%s is refused with the reason, and nothing is written", (_, spoil, expected) => {
    const w = world();
    spoil(w);
    expect(w.add).toThrow(expected);
    expect(w.written()).toEqual([]);
  });

  test("a run with probes, a run with a failure and a suite that does not ship are refused", () => {
    const probed = world({ probes: 3 });
    expect(probed.add).toThrow(/one was run with --probes/);
    expect(world({ seeds: [1, 9002] }).add).toThrow(/seed 9002: a pilot seed, on which settings and scales are chosen/);
    const w = world();
    expect(() => addRuns([w.place("one")], { root: w.root })).toThrow(/suite "small" does not ship with this version/);
    const summary = JSON.parse(readFileSync(w.files.summary, "utf8"));
    const failures = [{ method: "mva", seed: 2, message: "NaN" }];
    writeFileSync(w.files.summary, JSON.stringify({ ...summary, failures }));
    expect(w.add).toThrow(/mva failed at seed 2/);
  });
});

describe("leaderboard verify", () => {
  test("finds a row whose figures, evidence or scores were edited, and says which", () => {
    const { root, add, rewrite, folder } = world();
    const { path, row } = add();
    const files = evidenceFiles(path);
    const keep = join(folder, "kept");
    mkdirSync(keep);
    cpSync(join(root, "small"), keep, { recursive: true });
    const restore = () => cpSync(keep, join(root, "small"), { recursive: true });
    const [soup] = row.methods;
    const number = (x: number | undefined) => String(x);
    rewrite(path, (t) => t.replace(number(soup?.hypervolume.value), "9.5"));
    expect(faultsIn(root, "points")).toMatch(/hypervolume of soup is 9\.5 in the row, /);
    expect(faultsIn(root, "hashes")).toBe("");
    restore();
    rewrite(path, (t) => t.replace(number(soup?.best[1]), "0.875"));
    expect(faultsIn(root, "points")).toMatch(/best harmless of soup is 0\.875 in the row/);
    restore();
    rewrite(path, (t) => t.replace(number(soup?.hypervolume.low), "0.001"));
    expect(faultsIn(root, "points")).toBe("");
    expect(faultsIn(root)).toMatch(/says otherwise than its scores: methods\.soup\.hypervolume\.low \(0\.001, not /);
    restore();
    rewrite(path, (t) => t.replace(/"p": [^\n]+/, '"p": 0.625'));
    expect(faultsIn(root)).toMatch(/pairs\.0\.p \(0\.625, not /);
    restore();
    writeFileSync(files.scores, "other");
    expect(faultsIn(root, "hashes")).toBe("its scores are another file than the one that was added");
    restore();
    writeFileSync(files.evidence, readFileSync(files.evidence).subarray(0, 99));
    expect(faultsIn(root)).toBe("its evidence are another file than the one that was added");
  });

  test("evidence and scores that were edited together with their hashes are found by what follows from them", async () => {
    const { createHash } = await import("node:crypto");
    const { root, add, rewrite } = world();
    const { path, row } = add();
    const files = evidenceFiles(path);
    const edit = (file: "evidence" | "scores", change: (text: string) => string) => {
      const text = gunzipSync(readFileSync(files[file])).toString("utf8");
      const other = change(text);
      if (other === text) throw new Error("nothing was edited");
      const bytes = gzipSync(other);
      const old = createHash("sha256").update(readFileSync(files[file])).digest("hex");
      writeFileSync(files[file], bytes);
      rewrite(path, (t) => t.replace(old, createHash("sha256").update(bytes).digest("hex")));
    };
    const kept = [path, files.evidence, files.scores].map((file) => [file, readFileSync(file)] as const);
    const restore = () => {
      for (const [file, bytes] of kept) writeFileSync(file, bytes);
    };
    edit("scores", (t) => t.replace(/(1,soup,"w=1,0",test,test0),[^,]+/, "$1,0.4"));
    expect(faultsIn(root, "points")).toMatch(/of soup is .* in the row, .* by its scores/);
    restore();
    edit("scores", (t) => t.replace(/^1,soup,"w=1,0",test,test0,.*\n/m, ""));
    expect(faultsIn(root)).toMatch(/line 14: prompt test0 of .* should stand here/);
    restore();
    edit("scores", (t) => t.replace(/(1,soup,"w=1,0",test,test3),[^,]+/, "$1,NaN"));
    expect(faultsIn(root)).toMatch(/no helpful score/);
    restore();
    edit("evidence", (t) => t.replace('"spent":9,', '"spent":99,'));
    expect(faultsIn(root)).toMatch(/spent 99 FLOPs at seed 1, its budget was 10/);
    restore();
    edit("evidence", (t) => t.replace('"selected":true', '"selected":false'));
    expect(faultsIn(root)).toMatch(/validation selects/);
    restore();
    edit("evidence", (t) => t.replace(row.suiteHash, "2".repeat(32)));
    expect(faultsIn(root)).toMatch(/suite hash 2{12} is not that of small/);
    restore();
    edit("evidence", (t) =>
      t.replace('"scales":[{"name":"helpful","center":0,', '"scales":[{"name":"helpful","center":-1,'),
    );
    expect(faultsIn(root)).toMatch(/its scales and reference points are not those of its suite/);
    restore();
    edit("evidence", (t) => t.replace('"weights":[1,0]', '"weights":[1,0],"more":1'));
    expect(faultsIn(root)).toMatch(/the evidence is damaged/);
  });

  test("the commands: add refuses what does not ship, verify and list answer with their codes", async () => {
    const { folder, add, root } = world();
    const run = (...argv: string[]) => cli(["leaderboard", ...argv, "--root", root], new FakeIo(folder));
    const refused = await run("add", "one");
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/^mva-bench: one: not a leaderboard row: suite "small" does not ship .*\n$/);
    expect((await run()).stdout).toMatch(/holds no rows; add one/);
    const { row } = add();
    const verified = await run("verify");
    expect(verified.code).toBe(1);
    expect(verified.stdout).toMatch(/suite "small" does not ship.*\n0 of 1 rows follow from their scores\.\n$/);
    expect(await run("verify", "--depth", "hashes")).toMatchObject({
      code: 0,
      stdout: "1 of 1 rows are the files that were added.\n",
    });
    // A copy under another name would be counted twice.
    const copy = join(root, "small", "copy.json");
    cpSync(join(root, "small", `${row.id}.json`), copy);
    for (const file of ["evidence", "scores"] as const) {
      cpSync(evidenceFiles(join(root, "small", `${row.id}.json`))[file], evidenceFiles(copy)[file]);
    }
    expect(await run("verify", "--depth", "hashes")).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/it lies at small.copy\.json and should at small.seeds-1-3-/),
    });
    for (const file of [copy, ...Object.values(evidenceFiles(copy))]) rmSync(file);
    expect((await run("verify", "nobody")).stderr).toMatch(/holds no row "nobody"/);
    // A mistyped suite is no green answer.
    expect(await run("verify", "--suite", "smal")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/holds no row of the suite "smal" to verify/),
    });
    const listed = await run("--csv");
    expect(listed.stdout.trimEnd().split("\n")).toHaveLength(1 + 2 * 2);
    expect(listed.stdout).toContain(`small,1,${row.suiteHash},${row.dataHash},1,${row.id},run,mva,`);
    expect((await run("--sort", "nothing")).stderr).toMatch(/--sort takes rank, .*helpful, harmless, not "nothing"/);
  });

  test("the other forms of the command: page, Markdown, budgets, JSON, every column", async () => {
    const { folder, root, add, addAll } = world();
    const { row } = add();
    writeBoardRun(join(folder, "rich"), { seeds: [1, 2, 3], budget: 40, shift: 0.1 });
    addAll("rich");
    const run = (...argv: string[]) => cli(["leaderboard", ...argv, "--root", root], new FakeIo(folder));
    expect(await run("--html", "board.html")).toMatchObject({ code: 0, stdout: "", stderr: "written: board.html\n" });
    const page = readFileSync(join(folder, "board.html"), "utf8");
    expect(page).toMatch(/^<!doctype html>/);
    // Two boards, and the one suite's budgets against each other.
    expect(page.match(/<section/g)).toHaveLength(3);
    expect((await run("--markdown")).stdout).toMatch(
      /^### small v1 \([0-9a-f]{12}\), 10 FLOP a method and seed\n\n\| rank, method \|/,
    );
    const budgets = await run("--budget");
    expect(budgets.stdout).toMatch(/hypervolume against budget\n/);
    expect(budgets.stdout).toMatch(/10 FLOP a method.*40 FLOP a method/);
    expect(budgets.stdout).toMatch(/^mva .*3 seeds.*3 seeds$/m);
    const json = JSON.parse((await run("--json")).stdout);
    expect(json).toHaveLength(2);
    expect(json[0]).toMatchObject({ suite: "small", suiteHash: row.suiteHash, budget: { flops: 10 } });
    expect((await run("--every")).stdout).toContain("mean helpful");
    // There are rows, if none of that suite.
    expect((await run("--suite", "smal")).stdout).toMatch(/no row of .* is what was asked for/);
    expect((await run("--method", "nobody")).stdout).toMatch(/no row of .* is what was asked for/);
    expect((await run("--json", "--csv")).code).toBe(2);
    const { row: four } = addAll("one");
    expect(four.id).toBe(row.id);
    const into = await run("add", "one", "--into", "nosuch");
    expect(into).toMatchObject({ code: 2, stdout: "" });
    expect(into.stderr).toMatch(/holds no row "nosuch"/);
  });

  test("a row file of a later version, a damaged one and one that is not JSON are said by name", () => {
    const { root, add, rewrite } = world();
    const { path } = add();
    rewrite(path, (t) => t.replace('"schema": 2', '"schema": 9'));
    expect(() => readRows(root)).toThrow(/a row of schema 9.*update mva-bench/);
    rewrite(path, (t) => t.replace('"schema": 9', '"schema": 2'));
    const whole = readFileSync(path, "utf8");
    for (const id of ["=cmd|' /C calc'!A0", "a\u001b]0;title\u0007", "<script>"]) {
      writeFileSync(path, whole.replace('"id": "soup"', `"id": ${JSON.stringify(id)}`));
      expect(() => readRows(root)).toThrow(/"methods\.\d\.id".*; the row is damaged/);
    }
    writeFileSync(path, whole.replace('"engine": "cpu"', '"engine": "cpu\\u001b[31m"'));
    expect(() => readRows(root)).toThrow(/"engine".*; the row is damaged/);
    writeFileSync(path, whole);
    rewrite(path, (t) => t.replace('"prompts":', '"promtps":'));
    expect(() => readRows(root)).toThrow(/"prompts".*; the row is damaged/);
    writeFileSync(path, "{");
    expect(() => readRows(root)).toThrow(/is not JSON; the row is damaged/);
  });
});
