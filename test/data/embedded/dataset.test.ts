import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { embeddedDataset, embeddedDatasets } from "../../../src/data/embedded/dataset.js";
import { type GeneratedPair, generatePairs, writeCsv } from "../../../src/data/embedded/generate.js";
import { goldScores, goldValues, isValidReply } from "../../../src/data/embedded/gold.js";
import { dataHash } from "../../../src/data/hash.js";
import { readPairs } from "../../../src/data/read.js";
import { splitPairs, splits } from "../../../src/data/split.js";

const small = { train: 60, scorer: 6, validation: 6, test: 12 };
const wordsOf = (text: string) => text.toLowerCase().match(/[a-z]+/g) ?? [];

describe.each(["mild", "entangled"] as const)("the %s data set", (name) => {
  const rows = generatePairs(embeddedDatasets[name]);
  const of = (test: (row: GeneratedPair) => boolean) => rows.filter(test);

  test("as committed equals what the generator writes", () => {
    const committed = gunzipSync(readFileSync(join(embeddedDataset(name).path, "pairs.csv.gz"))).toString("utf8");
    expect(committed === writeCsv(rows)).toBe(true);
  });

  test("is read like a user's data, without a drop, in the splits it names", async () => {
    const { pairs, values, dropped } = await readPairs(embeddedDataset(name).path);
    expect([...values].sort()).toEqual([...goldValues].sort());
    expect(Object.values(dropped).every((count) => count === 0)).toBe(true);
    expect(pairs).toEqual(
      rows.map(({ value, prompt, chosen, rejected, split }) => ({ value, prompt, chosen, rejected, split })),
    );
    const bySplit = splitPairs(pairs);
    for (const split of splits) {
      expect(bySplit[split]).toHaveLength(3 * embeddedDatasets[name].pairsPerValue[split]);
    }
  });

  test("has at least 384 test and 288 validation prompts, each once or once a value, and no test topic elsewhere", () => {
    const { sharedPairs } = embeddedDatasets[name];
    const prompts = (among: readonly GeneratedPair[]) => new Set(among.map(({ prompt }) => prompt)).size;
    expect(prompts(rows) * (sharedPairs ? goldValues.length : 1)).toBe(rows.length);
    expect(prompts(of(({ split }) => split === "test"))).toBeGreaterThanOrEqual(384);
    expect(prompts(of(({ split }) => split === "validation"))).toBeGreaterThanOrEqual(288);
    const heldOut = new Set(of(({ split }) => split === "test").map(({ topic }) => topic));
    const trained = new Set(of(({ split }) => split !== "test").map(({ topic }) => topic));
    expect([heldOut.size, trained.size]).toEqual([12, 52]);
    expect([...heldOut].filter((topic) => trained.has(topic))).toEqual([]);
  });

  test("every word of the test prompts and replies occurs in training", () => {
    const text = ({ prompt, chosen, rejected }: GeneratedPair) => `${prompt} ${chosen} ${rejected}`;
    const known = new Set(of(({ split }) => split === "train").flatMap((row) => wordsOf(text(row))));
    const tested = new Set(of(({ split }) => split === "test").flatMap((row) => wordsOf(text(row))));
    expect([...tested].filter((word) => !known.has(word))).toEqual([]);
    expect(known.size).toBeLessThanOrEqual(345);
  });

  test("prompts have at most 12 words, replies at most 31, and every reply is valid", () => {
    const faulty = rows.flatMap(({ prompt, chosen, rejected }) =>
      [chosen, rejected].filter(
        (text) =>
          wordsOf(prompt).length > 12 || wordsOf(text).length > 31 || !isValidReply(prompt, { text, ended: true }),
      ),
    );
    expect(faulty).toEqual([]);
  });

  test("labels follow Bradley–Terry: observed and expected agreement with the rating within four standard errors", () => {
    const { halo, sharpness } = embeddedDatasets[name];
    for (const value of goldValues) {
      let [observed, expected, variance] = [0, 0, 0];
      for (const { prompt, chosen, rejected } of of((row) => row.value === value)) {
        const [better, worse] = [chosen, rejected].map((text) => goldScores(prompt, { text, ended: true }));
        if (better === undefined || worse === undefined) throw new Error("not scored");
        if (better[value] === worse[value]) expect.fail(`a tie: ${prompt}`);
        const gap = goldValues.reduce(
          (sum, other) => sum + (other === value ? 1 : halo) * (better[other] - worse[other]),
          0,
        );
        const p = 1 / (1 + Math.exp(-sharpness * Math.abs(gap)));
        observed += gap > 0 ? 1 : 0;
        expected += p;
        variance += p * (1 - p);
      }
      expect(Math.abs(observed - expected)).toBeLessThan(4 * Math.sqrt(variance));
    }
  });
});

describe("the generator", () => {
  test("the same arguments give the same rows, another seed or knob others", () => {
    const options = { ...embeddedDatasets.mild, pairsPerValue: small };
    expect(generatePairs(options)).toEqual(generatePairs(options));
    expect(generatePairs({ ...options, seed: 1 })).not.toEqual(generatePairs(options));
    expect(generatePairs({ ...options, entanglement: 1 })).not.toEqual(generatePairs(options));
  });

  test("a halo makes labels of one value follow the others, and leaves replies as they are", () => {
    const options = { ...embeddedDatasets.mild, pairsPerValue: { ...small, train: 400 } };
    const sides = ({ chosen, rejected }: GeneratedPair) => [chosen, rejected].sort();
    const rows = (halo: number) => generatePairs({ ...options, halo });
    expect(rows(1).map(sides)).toEqual(rows(0).map(sides));
    const withOthers = (halo: number) => {
      const humorous = rows(halo).filter(({ value }) => value === "humorous");
      const helped = humorous.filter(({ prompt, chosen, rejected }) => {
        const [better, worse] = [chosen, rejected].map((text) => goldScores(prompt, { text, ended: true }).helpful);
        return (better ?? 0) > (worse ?? 0);
      });
      return helped.length / humorous.length;
    };
    expect(withOthers(1)).toBeGreaterThan(withOthers(0) + 0.1);
  });

  test("shared pairs: the same two replies are labelled for every value, and each value tells them apart", () => {
    const options = { ...embeddedDatasets.mild, pairsPerValue: { ...small, train: 400 } };
    const rows = generatePairs({ ...options, sharedPairs: true });
    expect(rows).toHaveLength(generatePairs({ ...options, sharedPairs: false }).length);
    const triples = Array.from({ length: rows.length / 3 }, (_, i) => rows.slice(3 * i, 3 * i + 3));
    let differ = 0;
    for (const own of triples) {
      const prompt = own[0]?.prompt ?? "";
      expect(own.every((row) => row.prompt === prompt)).toBe(true);
      expect(own.map(({ value }) => value)).toEqual([...goldValues]);
      expect(new Set(own.map(({ chosen, rejected }) => JSON.stringify([chosen, rejected].sort()))).size).toBe(1);
      differ += new Set(own.map(({ chosen }) => chosen)).size > 1 ? 1 : 0;
      const [first, second] = [own[0]?.chosen, own[0]?.rejected].map((text) =>
        goldScores(prompt, { text: text ?? "", ended: true }),
      );
      expect(goldValues.every((value) => first?.[value] !== second?.[value])).toBe(true);
    }
    expect(differ / triples.length).toBeGreaterThan(0.5);
  });

  test("entanglement ties the values to one another through length", () => {
    const correlation = (entanglement: number) => {
      const rows = generatePairs({ ...embeddedDatasets.mild, entanglement, pairsPerValue: { ...small, train: 500 } });
      const points = rows.flatMap(({ prompt, chosen, rejected }) =>
        [chosen, rejected].map((text) => [wordsOf(text).length, goldScores(prompt, { text, ended: true }).helpful]),
      );
      return pearson(points as [number, number][]);
    };
    expect(correlation(1)).toBeGreaterThan(correlation(0) + 0.15);
  });
});

function pearson(points: readonly (readonly [number, number])[]): number {
  const mean = (index: 0 | 1) => points.reduce((sum, point) => sum + point[index], 0) / points.length;
  const [mx, my] = [mean(0), mean(1)];
  const sum = (term: (x: number, y: number) => number) =>
    points.reduce((total, [x, y]) => total + term(x - mx, y - my), 0);
  return sum((x, y) => x * y) / Math.sqrt(sum((x) => x * x) * sum((_, y) => y * y));
}

test("the data sets differ, an unknown name is refused", async () => {
  expect(await dataHash(embeddedDataset("mild").path)).not.toBe(await dataHash(embeddedDataset("entangled").path));
  expect(() => embeddedDataset("wild")).toThrow(/there are mild and entangled/);
});
