/** Rows from elsewhere: a CSV of scores by prompt and a submission, of the smallest suite on the embedded data. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { loadSuite } from "../../src/bench/suite.js";
import { addExternal } from "../../src/leaderboard/external.js";
import { FaultyInput } from "../../src/leaderboard/faults.js";
import { readRows } from "../../src/leaderboard/store.js";
import { type SuitePrompts, suitePrompts } from "../../src/leaderboard/suite-prompts.js";
import { verifyRow } from "../../src/leaderboard/verify-row.js";
import { temporaryFolder } from "../bench/files/temporary-folder.js";
import { cli, FakeIo } from "../cli/fake-io.js";

const suite = loadSuite("smoke");
let prompts: SuitePrompts;
beforeAll(async () => {
  prompts = await suitePrompts(suite, undefined);
});

const VALUES = ["helpful", "harmless", "humorous"];
const submission = {
  suite: "smoke",
  version: suite.version,
  method: "theirs",
  title: "Trained elsewhere",
  base: "a model of 7 B parameters",
  data: "pairs of their own",
  budget: { flops: 3e15 },
  seeds: [1, 2, 3],
  date: "2026-05-01",
};

/** Wide form: candidates a and b, each better at something; noise by prompt and seed. */
function wide(): string[] {
  const lines = ["seed,candidate,split,prompt,helpful,harmless,humorous"];
  for (const seed of submission.seeds) {
    for (const candidate of ["a", "b"]) {
      for (const split of ["validation", "test"] as const) {
        prompts[split].forEach(({ key }, p) => {
          const score = (k: number) =>
            (0.5 + (candidate === "a" ? 0.2 : -0.1) * (k === 0 ? 1 : -1) + 0.05 * Math.sin(p + seed + k)).toFixed(4);
          lines.push([seed, candidate, split, key, ...VALUES.map((_, k) => score(k))].join(","));
        });
      }
    }
  }
  return lines;
}

function world(lines: readonly string[], yaml: object = submission) {
  const folder = temporaryFolder();
  const root = join(folder, "board");
  writeFileSync(join(folder, "scores.csv"), `${lines.join("\n")}\n`);
  writeFileSync(join(folder, "submission.yaml"), stringify(yaml));
  const file = (name: string) => ({ path: join(folder, name), source: name });
  const add = () =>
    addExternal(
      { scores: file("scores.csv"), submission: file("submission.yaml") },
      // Once for all tests: the tokenizer is trained for them.
      { root, prompts: async () => prompts },
    );
  const command = () =>
    cli(["leaderboard", "add", "scores.csv", "--submission", "submission.yaml", "--root", root], new FakeIo(folder));
  return { folder, root, add, command };
}

describe("a row from elsewhere", () => {
  test("is chosen on validation, marked external, listed and verified like every other", async () => {
    const { root, add, folder } = world(wide());
    const { row } = await add();
    expect(row).toMatchObject({
      kind: "external",
      suite: "smoke",
      engine: "external",
      seeds: [1, 2, 3],
      budget: { flops: 3e15, per: "method" },
      external: { base: submission.base, data: submission.data, notes: null },
      methods: [{ id: "theirs", selected: 2, spent: null, seconds: null, undertrained: [] }],
    });
    expect(row.methods[0]?.hypervolume.value).toBeGreaterThan(0);
    expect(row.methods[0]?.hypervolumeBySeed).toHaveLength(3);
    expect(readRows(root).flatMap((stored) => verifyRow(stored))).toEqual([]);
    const listed = await cli(["leaderboard", "--root", root], new FakeIo(folder));
    expect(listed.stdout).toMatch(/1\. theirs §/);
    expect(listed.stdout).toMatch(/~9\.00 PFLOP/);
    const rerun = await cli(["leaderboard", "verify", row.id, "--rerun", "--root", root], new FakeIo(folder));
    expect(rerun).toMatchObject({ code: 2, stdout: "" });
    expect(rerun.stderr).toMatch(/was trained elsewhere/);
  });

  test("long form, several replies to a prompt, any order of lines and columns give the same row", async () => {
    const plain = await world(wide()).add();
    const [, ...rows] = wide();
    const long = rows.flatMap((line) => {
      const [seed, candidate, split, prompt, ...scores] = line.split(",");
      return VALUES.flatMap((value, k) =>
        // Two replies whose mean is the score.
        [-0.125, 0.125].map((off, sample) =>
          [Number(scores[k]) + off, value, prompt, split, candidate, sample, seed].join(","),
        ),
      );
    });
    const { row } = await world(["score,value,prompt,split,candidate,sample,seed", ...long.toReversed()]).add();
    const [a, b] = [plain.row.methods[0], row.methods[0]];
    expect(b?.hypervolume.value).toBeCloseTo(a?.hypervolume.value ?? Number.NaN, 12);
    expect(b?.mean).toEqual(a?.mean.map((x) => expect.closeTo(x, 12)));
  });
});

test("the command tells each fault on a line of its own", async () => {
  const { root, command } = world(wide(), { ...submission, version: 99, seeds: [1, 1] });
  const answer = await command();
  expect(answer).toMatchObject({ code: 2, stdout: "" });
  expect(answer.stderr).toMatch(
    /^mva-bench: submission\.yaml: version: 99; .*\nmva-bench: submission\.yaml: seeds: 1 .*\n$/,
  );
  expect(existsSync(root)).toBe(false);
});

async function faultsOf(adding: Promise<unknown>): Promise<FaultyInput> {
  const error = await adding.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof FaultyInput)) throw new Error(`not refused for its faults: ${String(error)}`);
  return error;
}

describe("a wrong file is refused with the first ten faults at once, code 2, nothing written", () => {
  const cut = (lines: string[], is: (line: string) => boolean) => lines.filter((line) => !is(line));
  test.each<[string, (lines: string[]) => string[], RegExp[]]>([
    [
      "prompts that one candidate lacks",
      (lines) => cut(lines, (line) => line.startsWith(`1,a,test,${prompts.test[3]?.key}`)),
      [/candidate "a" \(seed 1\): 1 of 48 test prompts lack a score of helpful \(first: [0-9a-f]+\)$/],
    ],
    [
      "a value unknown to the suite",
      ([head = "", ...lines]) => [`${head},kind`, ...lines.map((line) => `${line},1`)],
      [/scores\.csv:1: the column "kind" is neither a key nor a value of the suite \(helpful, harmless, humorous\)$/],
    ],
    [
      "mixed senses",
      ([head = "", ...lines]) => [`${head},sense`, ...lines.map((line, i) => `${line},${i % 2 === 0 ? "max" : "min"}`)],
      [/scores\.csv:3: sense "min": the suite's values are better when larger$/, /^and \d+ more$/],
    ],
    [
      "scores that are no numbers",
      (lines) =>
        lines.map((line, i) => (i === 5 ? line.replace(/[^,]+$/, "NaN") : i === 7 ? line.replace(/[^,]+$/, "") : line)),
      [/scores\.csv:6: humorous "NaN" is no finite number$/, /scores\.csv:8: humorous "" is no finite number$/],
    ],
    ["a score twice", (lines) => [...lines, lines[4] ?? ""], [/a second helpful score of "a" for validation prompt/]],
    [
      "a prompt of another suite",
      (lines) => [...lines, "1,a,test,ffff,1,1,1"],
      [/"ffff" is no test prompt of the suite/],
    ],
    [
      "a seed that was not announced",
      (lines) => [...lines, `9,a,test,${prompts.test[0]?.key},1,1,1`],
      [/seed "9" is none of the submission's \(1, 2, 3\)/],
    ],
    [
      "no validation",
      (lines) => cut(lines, (line) => line.includes(",validation,")),
      [/24 of 24 validation prompts lack a score of helpful/],
    ],
    [
      "too many candidates",
      ([head = "", ...lines]) => [
        head,
        ...lines,
        ...[..."cdefghi"].flatMap((name) =>
          lines.filter((line) => line.startsWith("1,a,")).map((line) => line.replace(",a,", `,${name},`)),
        ),
      ],
      [/9 candidates at seed 1, the suite allows 7/],
    ],
    [
      "no column of prompts",
      ([head = "", ...lines]) => [head.replace("prompt", "question"), ...lines],
      [/lacks the column "prompt"/, /the column "question" is neither/],
    ],
    [
      "no column of seeds, of which there are three",
      (lines) => lines.map((line) => line.replace(/^[^,]+,/, "")),
      [/^scores\.csv:1: lacks the column "seed", and the submission names 3$/],
    ],
    [
      "a candidate's name of two lines, which no row could be read with",
      (lines) => lines.map((line) => line.replace(",a,", ',"a\nb",')),
      [/the candidate's name holds line ends or control characters/],
    ],
    [
      "scores that no hypervolume can be taken of",
      (lines) => lines.map((line, i) => (i === 5 ? line.replace(/[^,]+$/, "1e300") : line)),
      [/scores\.csv:6: humorous "1e300" is too large for a score$/],
    ],
    [
      "numbers of another notation",
      (lines) => lines.map((line, i) => (i === 5 ? line.replace(/[^,]+$/, "0x1") : line)),
      [/scores\.csv:6: humorous "0x1" is no finite number$/],
    ],
  ])("%s", async (what, spoil, expected) => {
    const { root, add } = world(spoil(wide()));
    const { lines, exitCode } = await faultsOf(add());
    expect(exitCode).toBe(2);
    for (const pattern of expected) expect(lines.some((line) => pattern.test(line))).toBe(true);
    // A cell that is wrong is no cell that lacks: each fault is told once.
    if (what === "scores that are no numbers") expect(lines).toHaveLength(2);
    expect(lines.length).toBeLessThanOrEqual(11);
    expect(existsSync(root)).toBe(false);
  });

  test.each<[string, object, RegExp]>([
    ["an unknown suite", { suite: "nosuch" }, /suite: "nosuch" does not ship/],
    ["another version", { version: 99 }, /version: 99; smoke v\d+ ships/],
    [
      "values that are better when smaller",
      { sense: { harmless: "min" } },
      /sense: harmless: min; .*turn the scores round/,
    ],
    ["contact data", { notes: "write to somebody@example.org" }, /notes: looks like contact data/],
    ["an address of other letters", { notes: "jörg@exämple.org" }, /notes: looks like contact data/],
    ["an address in disguise", { notes: "somebody (at) example.org" }, /notes: looks like contact data/],
    ["a title of two lines", { title: "one\ntwo" }, /title: one line, without control characters/],
    ["escape codes", { base: "a \u001b[31mred\u001b[0m model" }, /base: one line, without control characters/],
    ["no seeds", { seeds: [] }, /seeds: /],
    ["a seed twice", { seeds: [1, 1] }, /seeds: 1 stands there twice/],
    ["a key that nobody knows", { author: "x" }, /submission\.yaml: unknown key "author"$/m],
    ["a mistyped key", { titel: "x" }, /submission\.yaml: unknown key "titel"; did you mean "title"\?$/m],
    ["a budget that is no number", { budget: { flops: "much" } }, /budget\.flops: /],
  ])("a submission with %s", async (_, change, expected) => {
    const { root, add } = world(wide(), { ...submission, ...change });
    expect((await faultsOf(add())).lines.join("\n")).toMatch(expected);
    expect(existsSync(root)).toBe(false);
  });
});

test("an empty seed is not seed 0", async () => {
  const lines = wide().filter((line) => line.startsWith("s") || line.startsWith("1,"));
  const { add } = world(
    lines.map((line) => line.replace(/^1,/, ",")),
    { ...submission, seeds: [0] },
  );
  expect((await faultsOf(add())).lines[0]).toMatch(/seed "" is none of the submission's \(0\)/);
});

test.each([
  ["an alias without an anchor", "notes: *nobody\n"],
  [
    "aliases of aliases",
    `${["a", "b", "c", "d"]
      .map(
        (name, i) =>
          `${name}: &${name} [${Array(9)
            .fill(i === 0 ? "x" : `*${"abc"[i - 1]}`)
            .join()}]`,
      )
      .join("\n")}\n`,
  ],
])("%s is bad input, not an internal error", async (_, text) => {
  const { folder, root, command } = world(wide());
  writeFileSync(join(folder, "submission.yaml"), text);
  expect(await command()).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringMatching(/^mva-bench: submission\.yaml: not valid YAML: .*\n$/),
  });
  expect(existsSync(root)).toBe(false);
});

test("the prompts to be answered are printed as CSV, keys and texts", async () => {
  const answer = await cli(["leaderboard", "prompts", "smoke"], new FakeIo(temporaryFolder()));
  const lines = answer.stdout.trimEnd().split("\n");
  expect(lines[0]).toBe("prompt,split,source,text");
  expect(lines).toHaveLength(1 + suite.evaluation.testPrompts + suite.evaluation.validationPrompts);
  expect(lines.some((line) => line.includes(prompts.test[0]?.text ?? "nothing"))).toBe(true);
});
