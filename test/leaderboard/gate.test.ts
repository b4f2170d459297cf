/** The commands, from files to exit codes. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { runFiles } from "../../src/bench/files/run-files.js";
import type { SummaryInput } from "../../src/bench/summarise.js";
import type { Decided } from "../../src/leaderboard/verdict.js";
import { temporaryFolder } from "../bench/files/temporary-folder.js";
import { cli, FakeIo } from "../cli/fake-io.js";
import { plantedInput, writeRun } from "../cli/score-run.js";
import { junitFaults } from "./junit-schema.js";

/** All test scores of one value and method, changed. */
function changed(input: SummaryInput, method: string, change: (score: number) => number): SummaryInput {
  const { tables } = input;
  const prompts = tables.prompts.test.length;
  return {
    ...input,
    tables: {
      ...tables,
      candidates: tables.candidates.map((candidate) => {
        const { test: scores, ...rest } = candidate.scores;
        if (candidate.method !== method || scores === undefined) return candidate;
        return { ...candidate, scores: { ...rest, test: scores.map((x, i) => (i < prompts ? change(x) : x)) } };
      }),
    },
  };
}

function write(folder: string, input: SummaryInput): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(runFiles(folder).summary, JSON.stringify(writeRun(folder, input)));
}

/** `good` and `bad` (mva fell by a half in zeal), and the baseline that `good` is. */
async function world() {
  const folder = temporaryFolder();
  const input = plantedInput([1]);
  write(join(folder, "good"), input);
  write(
    join(folder, "bad"),
    changed(input, "mva", (x) => 0.5 * x),
  );
  const run = (...argv: string[]) => cli(argv, new FakeIo(folder));
  const accepted = await run("check", "good", "--accept", "base.gz");
  expect(accepted).toMatchObject({ code: 0, stderr: "" });
  return { folder, input, run, baseline: join(folder, "base.gz") };
}

describe("check", () => {
  test("ok, regressed, not comparable and inconclusive have their exit codes", async () => {
    const { folder, input, run } = await world();
    const ok = await run("check", "good", "--baseline", "base.gz");
    expect(ok.code).toBe(0);
    expect(ok.stdout).toMatch(/^ok: none of 2 ranked methods lost more than 2\.0 % of hypervolume/);
    expect(ok.stdout).toContain("statements hold for these trained models");
    const regressed = await run("check", "bad", "--baseline", "base.gz");
    expect(regressed.code).toBe(1);
    expect(regressed.stdout).toMatch(/^regressed: hypervolume of mva fell by \d+\.\d % \[/);
    expect(regressed.stdout).not.toMatch(/regressed: .*soup fell/);
    // Doubt: each prompt's score thrown to one side or the other, on average a little down.
    let even = false;
    write(
      join(folder, "noisy"),
      changed(input, "mva", (x) => {
        even = !even;
        return even ? 1.7 * x : 0.2 * x;
      }),
    );
    const doubt = await run("check", "noisy", "--baseline", "base.gz");
    expect(doubt.code).toBe(3);
    expect(doubt.stdout).toMatch(/^inconclusive: .*mva/);
    expect(doubt.stdout).toMatch(/mva: would take about [\d,]+ test prompts/);
    expect((await run("check", "noisy", "--baseline", "base.gz", "--fail-on", "inconclusive")).code).toBe(1);
    const description = JSON.parse(readFileSync(runFiles(join(folder, "good")).run, "utf8"));
    writeFileSync(
      runFiles(join(folder, "bad")).run,
      JSON.stringify({ ...description, suite: { ...description.suite, version: 2 } }),
    );
    const other = await run("check", "bad", "--baseline", "base.gz");
    expect(other).toMatchObject({
      code: 2,
      stdout: "",
      stderr: "mva-bench: not comparable: suite version: 1 in the baseline, 2 in the run\n",
    });
  });

  test("compare of two folders says what check of one against the other's baseline says", async () => {
    const { run } = await world();
    const [compared, checked] = [
      await run("compare", "good", "bad", "--json"),
      await run("check", "bad", "--baseline", "base.gz", "--json"),
    ];
    expect(compared.code).toBe(1);
    const [x, y] = [compared, checked].map(({ stdout }) => JSON.parse(stdout) as Decided);
    expect(x?.hypervolumes).toEqual(y?.hypervolumes);
    expect(x?.details).toEqual(y?.details);
    expect((await run("compare", "base.gz", "good")).code).toBe(0);
  });

  test("the order of rows in scores.csv, candidates.csv and prompts.csv is irrelevant", async () => {
    const { folder, run } = await world();
    const before = await run("check", "bad", "--baseline", "base.gz", "--json");
    const files = runFiles(join(folder, "bad"));
    for (const path of [files.scores, files.candidates, files.prompts]) {
      const [header, ...rows] = readFileSync(path, "utf8").trimEnd().split("\n");
      writeFileSync(path, `${[header, ...rows.reverse()].join("\n")}\n`);
    }
    expect(await run("check", "bad", "--baseline", "base.gz", "--json")).toEqual(before);
  });

  test("JUnit, Markdown, annotations and JSON all come from one verdict", async () => {
    const { folder, run } = await world();
    const io = new FakeIo(folder);
    io.env.GITHUB_STEP_SUMMARY = join(folder, "step.md");
    writeFileSync(join(folder, "step.md"), "before\n");
    const argv = ["check", "bad", "--baseline", "base.gz", "--guard", "zeal=5%", "--github", "--junit", "j.xml"];
    const answer = await cli([...argv, "--markdown", "m.md"], io);
    expect(answer.code).toBe(1);
    expect(answer.stdout).toMatch(/^::error title=mva regressed::hypervolume of mva fell by \d+\.\d %25 /m);
    expect(answer.stdout).toMatch(/^::error title=guard failed::guard: mean zeal of mva changed by −/m);
    const markdown = readFileSync(join(folder, "m.md"), "utf8");
    expect(markdown).toMatch(/^## mva-bench: regressed: /);
    expect(readFileSync(join(folder, "step.md"), "utf8")).toBe(`before\n${markdown}`);
    const xml = readFileSync(join(folder, "j.xml"), "utf8");
    expect(junitFaults(xml)).toEqual([]);
    expect(xml).toContain('tests="4" failures="2" errors="0"');
    await run("check", "good", "--baseline", "base.gz", "--junit", "ok.xml");
    expect(readFileSync(join(folder, "ok.xml"), "utf8")).toContain('failures="0"');
    expect(junitFaults(readFileSync(join(folder, "ok.xml"), "utf8"))).toEqual([]);
  });

  test("guards and --value-tolerance are in units of the scale: one and more of them too", async () => {
    const { run } = await world();
    const answer = await run(
      "check",
      "bad",
      "--baseline",
      "base.gz",
      "--guard",
      "zeal=1.5",
      "--value-tolerance",
      "2",
      "--json",
    );
    const { guards, settings } = JSON.parse(answer.stdout) as Decided;
    expect(settings.valueTolerance).toBe(2);
    expect(guards.map(({ guard, failed }) => [guard.limit, failed])).toEqual([
      [1.5, false],
      [1.5, false],
    ]);
    const wrong = await run("check", "bad", "--baseline", "base.gz", "--guard", "zeal=-1");
    expect(wrong).toMatchObject({ code: 2, stdout: "" });
    expect(wrong.stderr).toMatch(/--guard takes units of the suite's scale, from 0/);
  });

  test("a baseline may be called .json, and compared by hand", async () => {
    const { run } = await world();
    await run("check", "good", "--accept", "base.json");
    expect(await run("compare", "base.json", "good")).toMatchObject({ code: 0, stderr: "" });
  });

  test("without a run it takes the newest finished one", async () => {
    const { folder, input, run } = await world();
    expect(await run("check", "--baseline", "base.gz")).toMatchObject({
      code: 2,
      stderr: "mva-bench: reports/runs holds no finished run; name one: mva-bench check RUN\n",
    });
    write(join(folder, "reports/runs/one"), input);
    expect((await run("check", "--baseline", "base.gz")).code).toBe(0);
  });

  test("the same run always gives the same bytes of a baseline", async () => {
    const { run, folder, baseline } = await world();
    const again = await run("check", "good", "--accept", "again.gz");
    expect(again.stdout).toBe("good is the baseline now: again.gz, 2 ranked methods, seed 1, 24 test prompts.\n");
    expect(readFileSync(join(folder, "again.gz")).equals(readFileSync(baseline))).toBe(true);
  });
});

describe("bad input: one clear line, code 2, nothing written", () => {
  /** Unpacked, edited as text, packed again. */
  const edited = (path: string, edit: (text: string) => string) => {
    writeFileSync(path, gzipSync(edit(gunzipSync(readFileSync(path)).toString("utf8"))));
  };

  test.each<[string, (path: string) => void, RegExp]>([
    ["cut off", (path) => writeFileSync(path, readFileSync(path).subarray(0, 900)), /cut off or damaged/],
    ["not a baseline", (path) => writeFileSync(path, "method,score\n"), /not a baseline/],
    ["NaN", (path) => edited(path, (t) => t.replace(/"scores":\[\[[^,]+,/, '"scores":[[NaN,')), /not a number/],
    [
      "null",
      (path) => edited(path, (t) => t.replace(/"scores":\[\[[^,]+,/, '"scores":[[null,')),
      /is damaged \(.*scores/,
    ],
    [
      "duplicate rows",
      (path) => edited(path, (t) => t.replace(/(\{"name":"c0","scores":\[\[.*?\]\]\})/, "$1,$1")),
      /candidate c0 of soup \(seed 1\) twice/,
    ],
    [
      "a prompt twice",
      (path) => edited(path, (t) => t.replace('"test1","test10"', '"test1","test1"')),
      /prompt test1 twice/,
    ],
    [
      "a score edited",
      (path) => edited(path, (t) => t.replace(/"scores":\[\[[^,]+,/, '"scores":[[0.123,')),
      /was edited/,
    ],
    ["a later version", (path) => edited(path, (t) => t.replace('"schema":1', '"schema":9')), /schema 9.*update/],
  ])("%s", async (_, spoil, expected) => {
    const { folder, run, baseline } = await world();
    spoil(baseline);
    const before = readdirSync(folder);
    const answer = await run("check", "good", "--baseline", "base.gz", "--junit", "j.xml", "--markdown", "m.md");
    expect(answer).toMatchObject({ code: 2, stdout: "" });
    expect(answer.stderr).toMatch(expected);
    expect(answer.stderr.match(/\n/g)).toHaveLength(1);
    expect(answer.stderr).toMatch(/^mva-bench: base\.gz: /);
    expect(readdirSync(folder)).toEqual(before);
  });

  test("a baseline that is missing, a run that is not finished, other prompts", async () => {
    const { folder, run } = await world();
    expect((await run("check", "good", "--baseline", "no.gz")).stderr).toMatch(
      /^mva-bench: no\.gz: there is no such baseline; .*\n$/,
    );
    const files = runFiles(join(folder, "bad"));
    const prompts = (text: string) => text.replaceAll("test7", "test77");
    for (const path of [files.prompts, files.scores]) writeFileSync(path, prompts(readFileSync(path, "utf8")));
    const other = await run("check", "bad", "--baseline", "base.gz");
    expect(other.code).toBe(2);
    expect(other.stderr).toMatch(
      /not comparable: test prompts: 1 of the baseline's 24 are not in the run, and 1 of the run's/,
    );
    mkdirSync(join(folder, "half"));
    copyFileSync(files.run, join(folder, "half", "run.json"));
    const half = await run("check", "half", "--accept", "half.gz");
    expect(half).toMatchObject({ code: 2, stdout: "" });
    expect(half.stderr).toMatch(/half: no summary\.json: not a finished run .*\n$/);
    expect(existsSync(join(folder, "half.gz"))).toBe(false);
  });

  test("a run whose summary does not follow from its scores, or with a failed method, is no baseline", async () => {
    const { folder, run } = await world();
    const files = runFiles(join(folder, "good"));
    copyFileSync(runFiles(join(folder, "bad")).scores, files.scores);
    const edited = await run("check", "good", "--accept", "new.gz");
    expect(edited).toMatchObject({ code: 2 });
    expect(edited.stderr).toMatch(/the summary says hypervolume .* of mva, its scores say .*edited\n$/);
    const { candidates } = runFiles(join(folder, "bad"));
    writeFileSync(candidates, readFileSync(candidates, "utf8").replaceAll(",true,", ",false,"));
    expect((await run("check", "bad", "--accept", "new.gz")).stderr).toMatch(/no candidate of it is selected/);
    const summary = JSON.parse(readFileSync(files.summary, "utf8"));
    const failures = [{ method: "mva", seed: 1, message: "NaN" }];
    writeFileSync(files.summary, JSON.stringify({ ...summary, failures }));
    expect((await run("check", "good", "--accept", "new.gz")).stderr).toMatch(
      /mva failed at seed 1; a baseline must be whole/,
    );
    expect(existsSync(join(folder, "new.gz"))).toBe(false);
  });

  test.each<[readonly string[], RegExp]>([
    [[], /--baseline FILE .*or --accept FILE/],
    [["--baseline", "base.gz", "--accept", "x.gz"], /--baseline FILE .*or --accept FILE/],
    [
      ["--accept", "x.gz", "--junit", "j.xml", "--value-tolerance", "0.1", "--fail-on", "inconclusive"],
      /--accept only writes a baseline: .*--value-tolerance.*--junit|--accept only writes a baseline: .*--junit.*--value-tolerance/,
    ],
    [["--baseline", "base.gz", "--weights", "1e308,1e308"], /--weights takes numbers from 0 with a finite sum/],
    [["--baseline", "base.gz", "--tolerance", "200%"], /--tolerance takes a share from 0 to below 1/],
    [["--baseline", "base.gz", "--tolerance", "-1"], /--tolerance/],
    [["--baseline", "base.gz", "--alpha", "0"], /--alpha takes a probability/],
    [["--baseline", "base.gz", "--guard", "zael=1%"], /the suite has no value "zael" \(it has zeal, art\)/],
    [["--baseline", "base.gz", "--guard", "zeal"], /--guard takes a value and a limit/],
    [["--baseline", "base.gz", "--weights", "1"], /--weights takes 2 numbers/],
    [["--baseline", "base.gz", "--json", "--github"], /either --json or --github/],
  ])("flags %j", async (flags, expected) => {
    const { run } = await world();
    const answer = await run("check", "good", ...flags);
    expect(answer).toMatchObject({ code: 2, stdout: "" });
    expect(answer.stderr).toMatch(expected);
  });
});
