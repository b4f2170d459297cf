import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import {
  compareScores,
  readCandidates,
  readLedger,
  readPrompts,
  readScores,
  ScoreLog,
  type ScoreRow,
  writeCandidates,
  writeLedger,
  writePrompts,
  writeScores,
} from "../../../src/bench/files/index.js";
import { InputError } from "../../../src/data/errors.js";
import { temporaryFolder } from "./temporary-folder.js";

const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 });
const seed = fc.nat(9003);
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const split = fc.constantFrom("validation" as const, "test" as const);
const scoreRow: fc.Arbitrary<ScoreRow> = fc.record({
  suite: name,
  seed,
  method: name,
  candidate: name,
  split,
  prompt: name,
  sample: fc.nat(3),
  value: name,
  score: number,
});
const keyOf = (row: ScoreRow) => JSON.stringify({ ...row, score: 0 });
const scoreRows = fc.uniqueArray(scoreRow, { selector: keyOf, maxLength: 12 });
const row: ScoreRow = {
  suite: "smoke",
  seed: 1,
  method: "mva",
  candidate: "w0",
  split: "test",
  prompt: "0123456789abcdef",
  sample: 0,
  value: "helpful",
  score: 0.1 + 0.2,
};

describe("scores.csv", () => {
  property.prop([scoreRows], { numRuns: 150 })(
    "any rows come back, sorted, in the same bytes whatever their order",
    (rows) => {
      const dir = temporaryFolder();
      writeScores(join(dir, "a.csv"), rows);
      writeScores(join(dir, "b.csv"), rows.toReversed());
      writeScores(join(dir, "c.csv.gz"), rows);
      const sorted = rows.toSorted(compareScores);
      expect(readScores(join(dir, "a.csv"))).toEqual(sorted);
      expect(readScores(join(dir, "c.csv.gz"))).toEqual(sorted);
      const bytes = readFileSync(join(dir, "a.csv"));
      expect(readFileSync(join(dir, "b.csv")).equals(bytes)).toBe(true);
      expect(gunzipSync(readFileSync(join(dir, "c.csv.gz"))).equals(bytes)).toBe(true);
    },
  );

  test("the columns of PROTOCOL §7, and numbers to the last bit", () => {
    const path = join(temporaryFolder(), "scores.csv");
    writeScores(path, [row]);
    expect(readFileSync(path, "utf8")).toBe(
      "suite,seed,method,candidate,split,prompt,sample,value,score\n" +
        "smoke,1,mva,w0,test,0123456789abcdef,0,helpful,0.30000000000000004\n",
    );
  });

  test("seeds and samples are sorted as numbers", () => {
    const path = join(temporaryFolder(), "scores.csv");
    writeScores(
      path,
      [10, 9, 100].map((s) => ({ ...row, seed: s })),
    );
    expect(readScores(path).map((score) => score.seed)).toEqual([9, 10, 100]);
  });

  test("a score that is not finite is not written, nor the rest", () => {
    const path = join(temporaryFolder(), "scores.csv");
    expect(() => writeScores(path, [row, { ...row, seed: 2, score: Number.NaN }])).toThrow(RangeError);
    expect(() => readFileSync(path)).toThrow();
  });

  test("two scores for one reply and value are refused when written, and when read in or out of order", () => {
    const dir = temporaryFolder();
    const path = join(dir, "scores.csv");
    expect(() => writeScores(path, [row, { ...row, score: 1 }])).toThrow(/two scores for smoke,1,mva/);
    for (const seeds of [
      [1, 1],
      [1, 2, 1],
      [2, 1, 2],
    ]) {
      const log = new ScoreLog(join(dir, `${seeds}.csv`));
      log.append(seeds.map((s) => ({ ...row, seed: s })));
      log.close();
      expect(() => readScores(join(dir, `${seeds}.csv`))).toThrow(
        /two scores for method mva, candidate w0, seed [12], test prompt/,
      );
    }
  });

  test("every kind of damage names file, line and column", () => {
    const path = join(temporaryFolder(), "scores.csv");
    const good = "smoke,1,mva,w0,test,p,0,helpful,0.5\n";
    const head = "suite,seed,method,candidate,split,prompt,sample,value,score\n";
    const cases: [string, RegExp][] = [
      [
        "smoke,1,mva,w0,train,p,0,helpful,0.5\n",
        /scores\.csv: line 3, column "split": "train" is none of validation, test/,
      ],
      ["smoke,-1,mva,w0,test,p,0,helpful,0.5\n", /line 3, column "seed": "-1" is not a whole number/],
      ["smoke,1,mva,w0,test,p,0.5,helpful,0.5\n", /line 3, column "sample"/],
      ["smoke,1,mva,w0,test,p,0,helpful,nan\n", /line 3, column "score": "nan"/],
      ["smoke,1,mva,w0,test,p,0,helpful\n", /line 3 has 8 columns/],
      ["smoke,1,mva,w0,test,p,0,helpful,0.", /line 3 has no line end: the file is cut off/],
    ];
    for (const [line, message] of cases) {
      writeFileSync(path, head + good + line);
      expect(() => readScores(path)).toThrow(InputError);
      expect(() => readScores(path)).toThrow(message);
    }
  });

  describe("while a run goes on", () => {
    property.prop([scoreRows, fc.nat(12), fc.nat(40)], { numRuns: 60 })(
      "killed in the middle of a line and resumed, the log holds every whole row and goes on",
      (rows, at, cut) => {
        const path = join(temporaryFolder(), "scores.csv");
        const log = new ScoreLog(path);
        log.append(rows.slice(0, at));
        log.close();
        appendFileSync(path, "smoke,1,mva,w0,test,p,0,helpful,0.12345678901234567".slice(0, cut));
        const again = new ScoreLog(path);
        again.append(rows.slice(at));
        again.close();
        expect(readScores(path)).toEqual(rows);
      },
    );

    test("another program's file is refused and left as it is", () => {
      const path = join(temporaryFolder(), "scores.csv");
      writeFileSync(path, "a,b\n1,2\n");
      expect(() => new ScoreLog(path)).toThrow(/line 1 is not suite,seed/);
      expect(readFileSync(path, "utf8")).toBe("a,b\n1,2\n");
    });
  });
});

describe("candidates.csv", () => {
  const optional = fc.option(number, { nil: null });
  const table = fc.uniqueArray(name, { minLength: 1, maxLength: 4 }).chain((values) => {
    const perValue = fc.option(fc.array(number, { minLength: values.length, maxLength: values.length }), { nil: null });
    const candidate = fc.record({
      seed,
      method: name,
      candidate: name,
      weights: perValue,
      coefficients: perValue,
      selected: fc.boolean(),
      kl: optional,
      broken: optional,
    });
    const key = (entry: { seed: number; method: string; candidate: string }) =>
      JSON.stringify([entry.seed, entry.method, entry.candidate]);
    return fc.record({ values: fc.constant(values), rows: fc.uniqueArray(candidate, { selector: key, maxLength: 6 }) });
  });

  property.prop([table], { numRuns: 150 })("any table comes back", (original) => {
    const path = join(temporaryFolder(), "candidates.csv");
    writeCandidates(path, original);
    expect(readCandidates(path)).toEqual(original);
  });

  test("the columns of PROTOCOL §7", () => {
    const path = join(temporaryFolder(), "candidates.csv");
    const common = { seed: 1, selected: true, kl: 0.5, broken: 0 };
    writeCandidates(path, {
      values: ["helpful", "harmless"],
      rows: [
        { ...common, method: "mva", candidate: "w1", weights: [1, 0], coefficients: [1, 0] },
        { ...common, method: "base", candidate: "base", weights: null, coefficients: null, kl: null },
      ],
    });
    expect(readFileSync(path, "utf8")).toBe(
      "seed,method,candidate,w_helpful,w_harmless,c_helpful,c_harmless,selected,kl,broken\n" +
        "1,mva,w1,1,0,1,0,true,0.5,0\n1,base,base,,,,,true,,0\n",
    );
  });

  test("faults name file, line and column", () => {
    const path = join(temporaryFolder(), "candidates.csv");
    const cases: [string, RegExp][] = [
      ["seed,method,candidate,selected,kl,broken\n", /no column "w_<value>"/],
      ["seed,method,candidate,w_a,c_b,selected,kl,broken\n", /other values under w_ \(a\) than under c_ \(b\)/],
      [
        "seed,method,candidate,w_a,w_b,c_a,c_b,selected,kl,broken\n1,mva,x,1,,1,0,true,,\n",
        /line 2, column "w_b": is empty/,
      ],
      ["seed,method,candidate,w_a,c_a,selected,kl,broken\n1,mva,x,1,1,yes,,\n", /line 2, column "selected": "yes"/],
      [
        "seed,method,candidate,w_a,c_a,selected,kl,broken\n1,mva,x,1,1,true,,\n1,mva,x,1,1,true,,\n",
        /line 3, column "candidate": "x" of mva, seed 1, stands there twice/,
      ],
    ];
    for (const [text, message] of cases) {
      writeFileSync(path, text);
      expect(() => readCandidates(path)).toThrow(message);
    }
  });

  test("a wrong number of weights is not written", () => {
    const path = join(temporaryFolder(), "candidates.csv");
    const candidate = {
      seed: 1,
      method: "mva",
      candidate: "x",
      weights: [1],
      coefficients: null,
      selected: true,
      kl: null,
      broken: null,
    };
    expect(() => writeCandidates(path, { values: ["a", "b"], rows: [candidate] })).toThrow(/1 numbers for 2 values/);
  });
});

describe("prompts.csv and ledger.csv", () => {
  property.prop(
    [fc.uniqueArray(fc.record({ prompt: name, split, source: name }), { selector: (entry) => entry.prompt })],
    { numRuns: 60 },
  )("any prompts come back", (rows) => {
    const path = join(temporaryFolder(), "prompts.csv");
    writePrompts(path, rows);
    expect(readPrompts(path)).toEqual(rows);
  });

  const amount = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
  property.prop(
    [
      fc.array(
        fc.record({
          seed,
          method: name,
          kind: name,
          planned: amount,
          spent: amount,
          tokens: amount,
          steps: fc.nat(),
          seconds: amount,
        }),
      ),
    ],
    { numRuns: 60 },
  )("any ledger comes back", (rows) => {
    const path = join(temporaryFolder(), "ledger.csv");
    writeLedger(path, rows);
    expect(readLedger(path)).toEqual(rows);
  });

  test("a prompt twice, a negative cost", () => {
    const path = join(temporaryFolder(), "x.csv");
    writeFileSync(path, "prompt,split,source\na,test,helpful\na,test,helpful\n");
    expect(() => readPrompts(path)).toThrow(/line 3, column "prompt": "a" stands there twice/);
    writeFileSync(path, "seed,method,kind,planned,spent,tokens,steps,seconds\n1,mva,gradient,1,-2,3,4,5\n");
    expect(() => readLedger(path)).toThrow(/line 2, column "spent": "-2" is negative/);
  });
});
