import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { runFiles } from "../../src/bench/files/index.js";
import type { ScoreReport } from "../../src/bench/score.js";
import { hypervolume, igd, r2 } from "../../src/metrics/index.js";
import { temporaryFolder } from "../bench/files/temporary-folder.js";
import { cli, FakeIo } from "./fake-io.js";
import { plantedInput, scoresOf, writeRun } from "./score-run.js";

async function score(content: string | Uint8Array, flags: readonly string[] = [], name = "my.csv") {
  const folder = temporaryFolder();
  writeFileSync(join(folder, name), content);
  const answer = await cli(["score", name, ...flags], new FakeIo(folder));
  return { ...answer, stderr: answer.stderr.replaceAll(`${folder}/`, "") };
}

async function json(
  content: string | Uint8Array,
  flags: readonly string[] = [],
  name = "my.csv",
): Promise<ScoreReport> {
  const { code, stdout, stderr } = await score(content, [...flags, "--json"], name);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as ScoreReport;
}

const volumes = ({ rows }: ScoreReport) => Object.fromEntries(rows.map((row) => [row.name, row.hypervolume]));

const WIDE = `method,candidate,seed,helpful,harmless
a,c0,1,1,3
a,c1,1,2,2
b,c0,1,3,1
b,c1,1,1,1
a,c0,2,2,3
a,c1,2,2,2
b,c0,2,3,1
b,c1,2,0,0
`;
/** The same file, tidied the long way and with its columns shuffled. */
const LONG = `score,SEED,Value,Method,candidate\n${WIDE.trim()
  .split("\n")
  .slice(1)
  .flatMap((line) => {
    const [method, candidate, seed, helpful, harmless] = line.split(",");
    return [`${helpful},${seed},helpful,${method},${candidate}`, `${harmless},${seed},harmless,${method},${candidate}`];
  })
  .join("\n")}\n`;

describe("the numbers", () => {
  test("per seed, then averaged, above nadir − 0.1 range over all points of the file", async () => {
    const report = await json(WIDE);
    // lowest 0, highest 3 in both values
    expect(report.values.map(({ reference }) => reference)).toEqual([-0.30000000000000004, -0.30000000000000004]);
    expect(report.referenceFrom).toBe("from this file");
    expect(report.values.map(({ ideal }) => ideal)).toEqual([3, 3]);
    const above = (points: number[][]) => hypervolume(points, { reference: [-0.3, -0.3], sense: "max" }).value;
    const a = [
      above([
        [1, 3],
        [2, 2],
      ]),
      above([
        [2, 3],
        [2, 2],
      ]),
    ];
    const b = [
      above([
        [3, 1],
        [1, 1],
      ]),
      above([
        [3, 1],
        [0, 0],
      ]),
    ];
    expect(report.rows[0]?.hypervolumePerSeed).toEqual([expect.closeTo(a[0] ?? 0), expect.closeTo(a[1] ?? 0)]);
    expect(volumes(report)).toEqual({
      a: expect.closeTo(((a[0] ?? 0) + (a[1] ?? 0)) / 2),
      b: expect.closeTo(((b[0] ?? 0) + (b[1] ?? 0)) / 2),
    });
    expect(report.rows[0]?.normalisedHypervolume).toBeCloseTo(((a[0] ?? 0) + (a[1] ?? 0)) / 2 / 3.3 ** 2);
    const referenceSet = [
      [2, 3],
      [3, 1],
    ];
    const one = { sense: "max" as const, referenceSet };
    expect(report.rows[0]?.igd).toBeCloseTo(
      (igd(
        [
          [1, 3],
          [2, 2],
        ],
        one,
      ).value +
        igd(
          [
            [2, 3],
            [2, 2],
          ],
          one,
        ).value) /
        2,
    );
    const ideal = { sense: "max" as const, reference: [3, 3] };
    expect(report.rows[0]?.r2).toBeCloseTo(
      (r2(
        [
          [1, 3],
          [2, 2],
        ],
        ideal,
      ).value +
        r2(
          [
            [2, 3],
            [2, 2],
          ],
          ideal,
        ).value) /
        2,
    );
    // one candidate of b is the best for every weight, in both seeds: 3w + (1 − w), on average 2
    expect(report.rows[1]?.expectedUtility).toBeCloseTo(2, 12);
    // at weight (0, 1): 1 against the 3 of a's best
    expect(report.rows[1]?.maximumUtilityLoss).toBeCloseTo(2, 12);
    // (1, 1) is 2 short of (3, 1), and (0, 0) as far from it as its length
    expect(report.rows[1]?.gdPlus).toBeCloseTo((2 / 2 + Math.hypot(3, 1) / 2) / 2, 12);
    expect(report.rows[1]).toMatchObject({
      best: [3, 1],
      mean: [7 / 4, 3 / 4],
      candidates: 2,
      offered: 2,
      frontSize: 1,
    });
    expect(report.intervals).toEqual({ kind: "none", reason: "neither prompts nor 3 seeds to take one over" });
  });

  test("long form says the same as wide form, columns in any order and case", async () => {
    const { file: _a, form: wide, ...rest } = await json(WIDE);
    const { file: _b, form: long, ...same } = await json(LONG);
    expect([wide, long]).toEqual(["wide", "long"]);
    // names of columns are kept as the file spells them
    expect({
      ...same,
      groupBy: ["method"],
      rows: same.rows.map((row) => ({ ...row, group: { method: row.name } })),
    }).toEqual(rest);
  });

  test("--reference by place and by name", async () => {
    const expected = { a: 2 * 3 - 0.5, b: 3 };
    for (const point of ["0,0", "harmless=0, Helpful=0"]) {
      const report = await json(WIDE, ["--reference", point]);
      expect(report.referenceFrom).toBe("given");
      expect(volumes(report)).toEqual({ a: expect.closeTo(expected.a), b: expect.closeTo(expected.b) });
    }
  });

  test("--sense min is --sense max of the negated file, value by value", async () => {
    const negate = (line: string) => line.replace(/(\d+)$/, "-$1");
    const negated = WIDE.split("\n")
      .map((line, i) => (i === 0 ? line : negate(line)))
      .join("\n");
    const plain = await json(WIDE);
    for (const sense of ["max,min", "harmless=min"])
      expect(volumes(await json(negated, ["--sense", sense]))).toEqual(volumes(plain));
    const both = await json(WIDE, ["--sense", "min"]);
    expect(both.values.map(({ reference }) => reference)).toEqual([3.3, 3.3]);
    expect(both.rows[1]?.best).toEqual([0, 0]);
  });

  test("the split column: test unless told otherwise; --select validation takes what is non-dominated there", async () => {
    const file = [
      "candidate,split,x,y",
      "good,validation,2,2",
      "lucky,validation,2,1",
      "good,test,2,2",
      "lucky,test,9,9",
      "good,train,5,5",
    ].join("\n");
    const at = ["--reference", "0,0"];
    expect(volumes(await json(file, at))).toEqual({ all: 81 });
    expect(volumes(await json(file, [...at, "--split", "Train"]))).toEqual({ all: 25 });
    const chosen = await json(file, [...at, "--select", "validation"]);
    expect(volumes(chosen)).toEqual({ all: 4 });
    expect(chosen.rows[0]).toMatchObject({ candidates: 1, offered: 2 });
  });

  test("--group-by makes the rows: several columns, or another than method", async () => {
    expect((await json(WIDE, ["--group-by", "method,seed"])).rows.map(({ name }) => name)).toEqual([
      "a, 1",
      "b, 1",
      "a, 2",
      "b, 2",
    ]);
    const pooled = await json(WIDE, ["--group-by", "candidate", "--reference", "0,0"]);
    expect(volumes(pooled)).toEqual({ c0: expect.closeTo((5 + 7) / 2), c1: expect.closeTo(4) });
  });

  test("scores by prompt and sample are averaged, and prompts give intervals and a verdict", async () => {
    const rows = Array.from({ length: 40 }, (_, p) =>
      ["a", "b"].flatMap((method) =>
        [0, 1].map(
          (sample) =>
            `${method},p${p},${sample},${(method === "a" ? 0.8 : 0.3) + 0.01 * ((p * 7) % 11) + (sample === 0 ? -0.1 : 0.1)},0.5`,
        ),
      ),
    ).flat();
    const report = await json(`method,prompt,sample,x,y\n${rows.join("\n")}\n`, ["--reference", "0,0"]);
    expect(report).toMatchObject({ prompts: 40, intervals: { kind: "prompts", resamples: 2000 } });
    const [a, b] = report.rows;
    expect(a?.interval?.low).toBeLessThan(a?.hypervolume ?? 0);
    expect(a?.interval?.high).toBeGreaterThan(a?.hypervolume ?? 0);
    expect((a?.hypervolume ?? 0) - (b?.hypervolume ?? 0)).toBeCloseTo(0.25);
    expect(report.differences).toMatchObject([{ a: "a", b: "b", shown: true }]);
  });

  test("a value that is judged on its own prompts only is averaged over those", async () => {
    const rows = ["x,p1,1", "x,p2,3", "y,p3,10"].map((row) => `m,${row}`);
    const report = await json(`method,value,prompt,score\n${rows.join("\n")}\n`, ["--reference", "0,0"]);
    expect(volumes(report)).toEqual({ m: expect.closeTo(20) });
    expect(report.values.map(({ prompts }) => prompts)).toEqual([2, 1]);
  });

  test("from three seeds on there are intervals without prompts", async () => {
    const third = `${WIDE}a,c0,3,2,2.5\nb,c0,3,3,1.5\n`;
    const report = await json(third);
    expect(report.intervals).toMatchObject({ kind: "seeds" });
    expect(report.rows.every(({ interval }) => interval !== null && interval.low < interval.high)).toBe(true);
  });
});

describe("standard input", () => {
  test("is read for -, and says the same as the file", async () => {
    const io = new FakeIo(temporaryFolder());
    io.input = LONG;
    const { code, stdout } = await cli(["score", "-", "--json"], io);
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as ScoreReport & { file: string };
    expect(report.file).toBe("standard input");
    expect(volumes(report)).toEqual(volumes(await json(LONG)));
  });

  test("lies beside nothing: a run.json in the folder is not its", async () => {
    const folder = temporaryFolder();
    writeRun(folder, plantedInput([1]));
    const io = new FakeIo(folder);
    io.input = WIDE;
    const { code, stdout, stderr } = await cli(["score", "-", "--json"], io);
    expect(code, stderr).toBe(0);
    expect((JSON.parse(stdout) as ScoreReport).referenceFrom).toBe("from this file");
  });

  test("faults name it", async () => {
    const io = new FakeIo("/");
    io.input = "x,y\n1\n";
    expect((await cli(["score", "-"], io)).stderr).toBe("mva-bench: standard input:2: 1 cell, the header has 2\n");
  });
});

describe("beside a run.json", () => {
  test("a run of other data has its scales in suite.lock.yaml", async () => {
    const folder = temporaryFolder();
    const input = plantedInput([1]);
    const summary = writeRun(folder, input);
    const { run } = runFiles(folder);
    const record = JSON.parse(readFileSync(run, "utf8")) as { suite: { values: object[] } };
    const lock = { suite: "planted", version: 1, dataHash: "0".repeat(32), values: input.scales };
    writeFileSync(join(folder, "suite.lock.yaml"), stringify(lock));
    record.suite.values = input.scales.map(({ name }) => ({ name }));
    writeFileSync(run, JSON.stringify(record));
    const answer = await cli(["score", "scores.csv", "--json"], new FakeIo(folder));
    expect(answer.code, answer.stderr).toBe(0);
    const report = JSON.parse(answer.stdout) as ScoreReport;
    expect(report.values.map(({ reference }) => reference)).toEqual(input.scales.map(({ reference }) => reference));
    for (const { id, hypervolume } of summary.methods) expect(volumes(report)[id]).toBe(hypervolume?.value);
  });

  test("without scales in suite or lock it cannot be scored as that run", async () => {
    const folder = temporaryFolder();
    writeRun(folder, plantedInput([1]));
    const { run } = runFiles(folder);
    const record = JSON.parse(readFileSync(run, "utf8")) as { suite: { values: object[] } };
    record.suite.values = [{ name: "zeal" }, { name: "art" }];
    writeFileSync(run, JSON.stringify(record));
    const answer = await cli(["score", "scores.csv"], new FakeIo(folder));
    expect(answer.code).toBe(2);
    expect(answer.stderr).toContain("no suite.lock.yaml beside it");
  });

  test.each([[[1]], [[1, 2, 10]]])(
    "scale, reference, selection and intervals are the run's: its report's numbers (seeds %j)",
    async (seeds) => {
      const folder = temporaryFolder();
      const summary = writeRun(folder, plantedInput(seeds));
      const { code, stdout } = await cli(["score", scoresOf(folder), "--json"]);
      expect(code).toBe(0);
      const report = JSON.parse(stdout) as ScoreReport;
      expect(report).toMatchObject({
        run: "planted",
        select: "run",
        split: "test",
        referenceFrom: "from the run's suite",
      });
      expect(report.values.map(({ name }) => name)).toEqual(["zeal", "art"]);
      expect(report.rows).toHaveLength(3);
      for (const row of report.rows) {
        const method = summary.methods.find(({ id }) => id === row.name);
        // to the last bit
        expect({ value: row.hypervolume, ...row.interval }).toEqual(method?.hypervolume);
        expect(row.hypervolumePerSeed).toEqual(method?.hypervolumeBySeed);
        expect(row.best).toEqual(method?.best.map((x) => expect.closeTo(x, 12)));
      }
      expect(report.rows.find(({ name }) => name === "mva")).toMatchObject({ candidates: 2, offered: 3 });
    },
  );

  test("--select all and --no-run are other numbers, and say so", async () => {
    const folder = temporaryFolder();
    writeRun(folder, plantedInput([1]));
    const of = async (...flags: string[]) =>
      JSON.parse((await cli(["score", scoresOf(folder), "--json", ...flags])).stdout) as ScoreReport;
    const run = await of();
    const all = await of("--select", "all");
    expect(all.rows.find(({ name }) => name === "mva")?.hypervolume).toBeGreaterThan(
      run.rows.find(({ name }) => name === "mva")?.hypervolume ?? 9,
    );
    const alone = await of("--no-run");
    expect(alone).toMatchObject({ run: null, select: "all", referenceFrom: "from this file" });
    expect(alone.values.every(({ center, scale }) => center === 0 && scale === 1)).toBe(true);
  });

  test("a cut or foreign file is not taken for the run's", async () => {
    const folder = temporaryFolder();
    writeRun(folder, plantedInput([1]));
    const path = scoresOf(folder);
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    const refused = async (content: string, message: RegExp) => {
      writeFileSync(path, content);
      const { code, stdout, stderr } = await cli(["score", path]);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(message);
    };
    await refused(
      lines.filter((line) => !line.includes(",soup,c1,test,")).join("\n"),
      /no score of soup c1 \(seed 1\), which the run selected/,
    );
    await refused(
      lines.filter((line) => !line.includes(",test7,")).join("\n"),
      /no score for prompt test7 of the run's prompts\.csv/,
    );
    await refused(
      lines.join("\n").replaceAll(",soup,c1,", ",soup,c9,"),
      /soup c9 \(seed 1\) is not in the candidates\.csv/,
    );
    await refused(WIDE, /lacks a column .*; --no-run scores it without the run/);
  });
});

describe("a CSV that nobody prepared", () => {
  const decimals = WIDE.replaceAll(",2,", ",2.5,");
  test.each([
    [
      "semicolons and decimal commas",
      decimals.replaceAll(",", ";").replaceAll(".", ","),
      /separated by ";", and a comma/,
    ],
    ["tabs", decimals.replaceAll(",", "\t"), /^mva-bench: cells are separated by tabs\n$/],
    ["bars", decimals.replaceAll(",", "|"), /separated by "\|"/],
    ["a spreadsheet's first line", `sep=;\r\n${decimals.replaceAll(",", ";")}`, /separated by ";"/],
    ["remarks above the header", `# measured by us, in May\n\n# again\n${decimals}`, /^$/],
    [
      "semicolons beside quoted commas",
      `${decimals.replaceAll(",", ";")}"a, b";c0;1;1;1\n"a, b";c0;2;1;1\n`,
      /separated/,
    ],
  ])("%s give the same numbers", async (_, text, notice) => {
    const rows = volumes(await json(decimals, ["--reference", "0,0"]));
    expect(volumes(await json(text, ["--reference", "0,0"]))).toMatchObject(rows);
    expect((await score(text)).stderr).toMatch(notice);
  });

  test("UTF-16 of a spreadsheet, of either byte order", async () => {
    const little = Buffer.from(`\ufeff${WIDE.replaceAll(",", "\t")}`, "utf16le");
    for (const bytes of [little, Buffer.from(little).swap16()]) {
      expect(volumes(await json(bytes))).toEqual(volumes(await json(WIDE)));
    }
  });

  test("Windows-1252 of a spreadsheet, with a notice; what is no text at all is refused with what to do", async () => {
    const text = "method;s\u00e9curit\u00e9;gain\nma\u00eetre;1,5;2\nb;2;1\n";
    const { code, stderr, stdout } = await score(Buffer.from(text, "latin1"), ["--reference", "0,0"]);
    expect(code).toBe(0);
    expect(stderr).toContain("mva-bench: read as Windows-1252, as it is not UTF-8: look at accented names\n");
    expect(stdout).toContain("s\u00e9curit\u00e9");
    expect(volumes(await json(Buffer.from(text, "latin1"), ["--reference", "0,0"]))).toEqual({ ma\u00eetre: 3, b: 2 });
    const binary = await score(Buffer.from([0x50, 0x4b, 3, 4, 0xff, 0]));
    expect(binary.code).toBe(2);
    expect(binary.stderr).toBe("mva-bench: my.csv: not UTF-8 text; save it as UTF-8, if it is text\n");
  });

  test("a dash for a minus is one; marks between thousands are refused with what to write", async () => {
    const rows = "method,x,y\na,\u20131,2\nb,\u22122,3\n";
    expect((await json(rows)).rows.map(({ mean }) => mean)).toEqual([
      [-1, 2],
      [-2, 3],
    ]);
    const { code, stderr } = await score('method,x,y\na,"1,234.5",2\nb,1,3\n');
    expect(code).toBe(2);
    expect(stderr).toContain('my.csv:2: "1,234.5" in column "x" is not a finite number (write 1234.5, without marks');
  });

  test("values whose product leaves the range of numbers are refused with what to do", async () => {
    for (const size of ["1e300", "1e-300"]) {
      const { code, stderr } = await score(`method,x,y\na,${size},0\nb,0,${size}\n`);
      expect(code).toBe(2);
      expect(stderr).toContain("my.csv: a volume in these units (scale the objectives) is");
    }
  });

  test("the split to choose on may have another of its usual names", async () => {
    const rows = (name: string): string =>
      `method,candidate,split,x,y\na,1,${name},1,1\na,2,${name},2,2\na,1,test,5,5\na,2,test,1,1\n`;
    for (const name of ["validation", "val", "Dev", "valid"]) {
      expect((await json(rows(name), ["--select", "validation", "--reference", "0,0"])).rows[0]?.hypervolume).toBe(1);
    }
    const { code, stderr } = await score(rows("train"), ["--select", "validation"]);
    expect(code).toBe(2);
    expect(stderr).toContain('no row is of the split "validation" (there are: train, test)');
  });

  test("typographical minus signs, as in the tables printed here", async () => {
    const text = "method,x,y\na,-1.5,2\nb,3,-1e-3\n";
    expect(volumes(await json(text.replaceAll("-", "−")))).toEqual(volumes(await json(text)));
  });

  test("numbers in a column called value, where it should name one, are said to be a value of their own", async () => {
    const { stderr } = await score("method,task,value\na,helpful,1\na,harmless,2\n");
    expect(stderr).toContain('"value" holds numbers and is a value itself; in the long form "value" names the value');
    expect((await score("method,value\na,1\na,2\n")).stderr).toBe("");
  });

  test("eight values, names in any script", async () => {
    const names = ["帮助", "безопасность", "Ünïcode µ", "f(x)", "a b", "v6", "v7", "v8"];
    const lines = Array.from(
      { length: 20 },
      (_, i) => `m${i % 2},${names.map((_, k) => (i * (k + 3)) % 17).join(",")}`,
    );
    const report = await json(`method,${names.join(",")}\n${lines.join("\n")}\n`);
    expect(report.values.map(({ name }) => name)).toEqual(names);
    expect(report.rows.map(({ candidates }) => candidates)).toEqual([10, 10]);
    for (const { hypervolume: volume } of report.rows) expect(volume).toBeGreaterThan(0);
  });

  test("values of the long form that differ in case are one value, and that is said", async () => {
    const { stderr } = await score(LONG.replace(",helpful,a", ",Helpful,a"), ["--json"]);
    expect(stderr).toBe('mva-bench: "helpful" is taken as "Helpful"\n');
    expect(volumes(await json(LONG.replace(",helpful,a", ",Helpful,a")))).toEqual(volumes(await json(LONG)));
  });

  test("a column of text that could be the method is named where no other is", async () => {
    const { stderr } = await score("model,x\na,1\nb,2\n");
    expect(stderr).toContain("--group-by model makes one for each");
    expect((await score("note,x\nsame,1\nsame,2\n")).stderr).not.toContain("--group-by");
  });

  test("byte-order mark, CRLF, blank and comma-only lines, spaces, quotes, no last line end, an index column, text columns", async () => {
    const untidy = `\ufeff,"Method" , candidate,seed, helpful ,harmless,note\r\n\r\n${WIDE.trim()
      .split("\n")
      .slice(1)
      .map((line, i) => {
        const [method, candidate, seed, helpful, harmless] = line.split(",");
        return `${i},"${method}" ,"${candidate}, ""w=1""", ${seed},${helpful} , "+${harmless}.0e0","two\r\nlines"`;
      })
      .join("\r\n")}\r\n,,,,,,\r\n   `;
    const { code, stderr } = await score(untidy);
    expect(code).toBe(0);
    expect(stderr).toBe('mva-bench: ignored column 1, which has no name, column "note"\n');
    expect(volumes(await json(untidy))).toEqual(volumes(await json(WIDE)));
  });

  test("numbers under a name that is hardly a score's are values with a notice, unless values are named", async () => {
    const file = "Index,method,w_1,weight,harmless,indexed\n0,a,0.5,1,1,2\n1,b,0.1,2,2,1\n";
    expect((await score(file)).stderr).toContain(
      "mva-bench: taken as values, since they hold numbers: Index, w_1, weight; if not, --values\n",
    );
    expect((await score(file, ["--values", "weight,harmless"])).stderr).not.toContain("taken as values");
  });

  describe("declared preferences", () => {
    const SWEEP =
      "method,candidate,w_helpful,w_harmless,helpful,harmless\n" +
      "a,x,1,0,4,1\na,y,0.5,0.5,3,2\na,z,0,1,1,1.5\nb,x,1,0,2,4\nb,y,0,1,2,3\nbase,x,,,1,1\n";

    test("columns w_<value> are no values: inner product, tau-b and rising steps, by method", async () => {
      const report = await json(SWEEP);
      expect(report.values.map(({ name }) => name)).toEqual(["helpful", "harmless"]);
      expect(report.rows.map(({ controllability }) => controllability)).toEqual([
        // harmless: one discordant pair of three, and the second of two steps falls
        {
          meanInnerProduct: expect.closeTo((4 + 2.5 + 1.5) / 3, 12),
          kendallTauB: [1, expect.closeTo(1 / 3, 12)],
          monotoneStepShare: [1, 0.5],
        },
        { meanInnerProduct: 2.5, kendallTauB: [null, -1], monotoneStepShare: [null, 0] },
        null,
      ]);
      const shown = (await score(SWEEP)).stdout;
      expect(shown).toMatch(/method +inner product +helpful tau-b +steps +harmless tau-b +steps/);
      expect(shown).not.toMatch(/base +1\.0+ +/);
      const [header = "", ...lines] = (await score(SWEEP, ["--csv"])).stdout.trim().split("\n");
      const at = header.split(",").indexOf("tau_b_helpful");
      expect(lines.map((line) => line.split(",")[at])).toEqual(["1", "", ""]);
    });

    test("a value of which less is better is steered downwards", async () => {
      const report = await json(SWEEP, ["--sense", "harmless=min"]);
      expect(report.rows[0]?.controllability?.kendallTauB[1]).toBeCloseTo(-1 / 3, 12);
    });

    test("the long form has them too, and one candidate has one", async () => {
      const long =
        "method,candidate,w_helpful,w_harmless,value,score\n" +
        "a,x,1,0,helpful,4\na,x,1,0,harmless,1\na,y,0,1,helpful,3\na,y,0,1,harmless,2\n";
      expect((await json(long)).rows[0]?.controllability).toEqual({
        meanInnerProduct: 3,
        kendallTauB: [1, 1],
        monotoneStepShare: [1, 1],
      });
      const torn = await score(long.replace("a,y,0,1,harmless", "a,y,0,2,harmless"));
      expect(torn).toMatchObject({ code: 2, stdout: "" });
      expect(torn.stderr).toBe("mva-bench: my.csv:5: another preference for method a, candidate y than on line 4\n");
    });

    test("weights below 0 and halves of a preference are refused; of some values only, they are values", async () => {
      expect((await score(SWEEP.replace("0.5,0.5", "0.5,-1"))).stderr).toBe(
        'mva-bench: my.csv:3: the weight -1 in column "w_harmless" is below 0\n',
      );
      expect((await score(SWEEP.replace("0.5,0.5", "0.5,"))).stderr).toBe(
        'mva-bench: my.csv:3: the column "w_harmless" is empty\n',
      );
      const some = await json("method,w_helpful,helpful,harmless\na,1,2,3\nb,2,1,4\n");
      expect(some.values.map(({ name }) => name)).toEqual(["w_helpful", "helpful", "harmless"]);
    });
  });

  test("rows of different numbers of candidates are shown at the fewest too", async () => {
    const report = await json("method,f,g\na,1,3\na,3,1\na,2,2\nb,2,3\nb,3,2\n", ["--reference", "0,0"]);
    expect(report.equalCandidates).toBe(2);
    // pairs of a: {(1,3), (3,1)} 5, {(1,3), (2,2)} 5, {(3,1), (2,2)} 5
    expect(report.rows.map((row) => row.hypervolumeAtEqualCandidates)).toEqual([5, 8]);
    expect(volumes(report)).toEqual({ a: 6, b: 8 });
    expect((await json(WIDE)).equalCandidates).toBeNull();
  });

  test("the multiplicative epsilon, where everything is above 0", async () => {
    // the other's best are 3/2 as good in one value
    const report = await json("method,f,g\na,2,3\nb,3,2\n");
    expect(report.rows.map((row) => row.epsilonMultiplicative)).toEqual([1.5, 1.5]);
    expect((await json("method,f,g\na,2,3\nb,3,0\n")).rows[0]?.epsilonMultiplicative).toBeNull();
  });

  test("line ends of old, and packed files", async () => {
    expect(volumes(await json(WIDE.replaceAll("\n", "\r")))).toEqual(volumes(await json(WIDE)));
    expect(volumes(await json(gzipSync(WIDE), [], "my.csv.gz"))).toEqual(volumes(await json(WIDE)));
  });

  test("bare points: each row is one", async () => {
    const report = await json("f1,f2\n5,5\n4,6\n2,7\n7,4\n", ["--sense", "min", "--reference", "10,10"]);
    expect(volumes(report)).toEqual({ all: 38 });
    expect(report.rows[0]).toMatchObject({ candidates: 4, seeds: [""] });
  });

  test("one value, and a flat value, are said and survived", async () => {
    expect(volumes(await json("x\n1\n3\n", ["--reference", "0"]))).toEqual({ all: 3 });
    const { code, stderr } = await score("x,y\n1,1\n2,1\n");
    expect(code).toBe(0);
    expect(stderr).toContain("all points agree on y");
  });

  test("names cannot drive the terminal, in any form of output", async () => {
    const file = "method,x,y\n\u001b[2Jevil,1,2\nb,2,1\n";
    for (const flags of [[], ["--csv"]]) expect((await score(file, flags)).stdout).not.toContain("\u001b");
  });
});

describe("what is wrong is one line with file and line, exit code 2, nothing on stdout", () => {
  test.each([
    [
      "text for a number",
      WIDE.replace("b,c0,1,3,1", "b,c0,1,3,good"),
      [],
      /^mva-bench: my\.csv:4: "good" in column "harmless" is not a finite number/,
    ],
    ["NaN", WIDE.replace("b,c0,1,3,1", "b,c0,1,3,NaN"), [], /my\.csv:4: "NaN" in column "harmless"/],
    ["a column of nothing but NaN", "x,y\n1,nan\n2,nan\n", [], /my\.csv:2: "nan" in column "y"/],
    ["infinity", "x,y\n1,1e999\n", [], /my\.csv:2: "1e999" in column "y"/],
    ["an empty cell", WIDE.replace("b,c0,1,3,1", "b,c0,1,,1"), [], /my\.csv:4: the column "helpful" is empty/],
    ["a missing cell", WIDE.replace("b,c0,1,3,1", "b,c0,1,3"), [], /my\.csv:4: 4 cells, the header has 5/],
    [
      "a row twice",
      `${WIDE}a,c0,1,1,3\n`,
      [],
      /my\.csv:10: a second helpful score for method a, candidate c0, seed 1, the first is on line 2/,
    ],
    [
      "a prompt missing for one candidate",
      "method,prompt,x\na,p1,1\na,p2,1\nb,p1,1\n",
      [],
      /my\.csv:4: no x score for method b, prompt p2, though other candidates have one/,
    ],
    [
      "a value missing for one candidate",
      "method,value,score\na,x,1\na,y,1\nb,x,1\n",
      [],
      /my\.csv:4: no y score for method b/,
    ],
    ["percentages", "method,x\na,81%\n", [], /my\.csv:2: "81%" in column "x" is not a finite number/],
    [
      "a decimal comma in quotes",
      'method,x,y\na,"0,5",1\n',
      [],
      /my\.csv:2: "0,5" in column "x" .*write 0\.5, not 0,5/,
    ],
    ["no header", "1,2\n2,1\n", [], /my\.csv:1: holds numbers, not column names/],
    ["an empty file", "\n\n", [], /my\.csv:1: the file is empty/],
    ["a header alone", "x,y\n", [], /my\.csv:1: no row follows/],
    ["no scores", "method,note\na,b\n", [], /my\.csv:1: no column of scores/],
    ["an open quote", 'x,y\n1,"2\n3,4\n', [], /my\.csv:2: the quote is not closed/],
    ["a column twice", "x,X\n1,2\n", [], /my\.csv:1: the column "X" stands there twice/],
    [
      "a mistyped column",
      WIDE.replace("method", "metod"),
      [],
      /my\.csv:1: unknown column "metod"; did you mean "method"\?/,
    ],
    ["a near column", WIDE.replace("seed", "seed_no"), [], /unknown column "seed_no"; did you mean "seed"\?/],
    [
      "a mistyped value column",
      LONG.replace("Value", "vlaue"),
      [],
      /has a column "score" but no column "value"; did you mean "vlaue"\?/,
    ],
    ["an unknown sense", WIDE, ["--sense", "big"], /--sense takes max, min, .* not "big"/],
    ["too many senses", WIDE, ["--sense", "max,min,min"], /--sense names 3 senses for 2 values/],
    [
      "a reference of the wrong length",
      WIDE,
      ["--reference", "0,0,0"],
      /--reference has 3 numbers for 2 values \(helpful, harmless\)/,
    ],
    ["a reference that is no number", WIDE, ["--reference", "0,x"], /--reference takes a number .*not "x"/],
    [
      "a reference of an unknown value",
      WIDE,
      ["--reference", "helpful=0,harmles=0"],
      /names "harmles", which is no value; did you mean "harmless"\?/,
    ],
    [
      "an unknown group",
      WIDE,
      ["--group-by", "metod"],
      /my\.csv:1: --group-by names "metod", which is no column; did you mean "method"\?/,
    ],
    [
      "an unknown value",
      WIDE,
      ["--values", "helpfull"],
      /--values names "helpfull", which is no column; did you mean "helpful"\?/,
    ],
    [
      "a split that is not there",
      "split,x\ntest,1\nvalidation,2\n",
      ["--split", "tset"],
      /no row is of the split "tset"; did you mean "test"\?/,
    ],
    [
      "no test split",
      "split,x\neval,1\n",
      [],
      /no row is of the split "test"; choose one with --split \(there are: eval\)/,
    ],
    ["a split without a column", WIDE, ["--split", "test"], /--split test: there is no column "split"/],
    [
      "selection without validation",
      "split,x\ntest,1\n",
      ["--select", "validation"],
      /no row is of the split "validation"/,
    ],
    [
      "two suites in one",
      "suite,candidate,x\na,c,1\nb,c,2\n",
      [],
      /holds scores of 2 suites \(a, b\); .*--group-by suite,method/,
    ],
    ["both outputs", WIDE, ["--json", "--csv"], /either --json or --csv/],
  ])("%s", async (_name, content, flags, message) => {
    const { code, stdout, stderr } = await score(content, flags);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(stderr.split("\n")).toHaveLength(2);
  });

  test("a file that is not there, or is a folder", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "dir.csv"));
    for (const name of ["none.csv", "dir.csv"]) {
      const { code, stdout, stderr } = await cli(["score", name], new FakeIo(folder));
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^mva-bench: .*\.csv: .*\n$/);
    }
  });
});
