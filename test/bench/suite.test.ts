import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { listSuites, loadSuite, parseSuite, suiteHash, suitesFolder } from "../../src/bench/suite.js";
import { trainedRows } from "../../src/bench/trained-rows.js";
import { InputError } from "../../src/data/errors.js";

const text = readFileSync(`${suitesFolder()}/quick.yaml`, "utf8");
const message = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return error instanceof Error ? error.message : "";
  }
  throw new Error("nothing was thrown");
};

describe("suites", () => {
  test("every suite that ships is valid and names methods that exist", () => {
    const suites = listSuites();
    expect(suites.map((suite) => suite.name)).toEqual(expect.arrayContaining(["quick"]));
    for (const { file, name } of suites) {
      const suite = loadSuite(file);
      expect(file.endsWith(`${name}.yaml`)).toBe(true);
      expect(trainedRows(suite).length).toBeGreaterThan(0);
    }
  });
  test("an unknown key is named by its path, with the nearest known one", () => {
    expect(message(() => parseSuite(text.replace("  maxReplyTokens:", "  maxReplyToken:"), "x.yaml"))).toMatch(
      /x\.yaml: .*maxReplyTokens?/,
    );
    expect(message(() => parseSuite(`${text}\nbudgett: 3\n`, "x.yaml"))).toBe(
      'x.yaml: unknown key "budgett"; did you mean "budget"?',
    );
  });
  test("a mistyped method is named before the question that asks for it; then a question about no row", () => {
    const typo = text.replace("[soup, soup-ab", "[sopu, soup-ab");
    expect(message(() => trainedRows(parseSuite(typo, "x.yaml")))).toMatch(
      /there is no method "sopu"; did you mean "soup"\?/,
    );
    const lost = text.replace("{ a: mva, b: mva-alpha0,", "{ a: mwa, b: mva-alpha0,");
    expect(message(() => trainedRows(parseSuite(lost, "x.yaml")))).toMatch(
      /a question names "mwa", which is no row of this suite; did you mean "mva"\?/,
    );
  });
  test("a wrong type is named by its path, with what stands there", () => {
    expect(message(() => parseSuite(text.replace("hiddenSize: 64", "hiddenSize: wide"), "x.yaml"))).toMatch(
      /^x\.yaml: base\.hiddenSize: .*number.* \(it is "wide"\)$/,
    );
  });
  test("broken YAML is named by its line", () => {
    expect(message(() => parseSuite("suite: a\n  version: [1\n", "x.yaml"))).toMatch(/^x\.yaml:\d+: not valid YAML: /);
  });
  test("a mistyped suite name gets the nearest one", () => {
    expect(message(() => loadSuite("quik"))).toMatch(/there is no suite "quik"; did you mean "quick"\?/);
  });
  test("half a scale is refused", () => {
    expect(
      message(() =>
        parseSuite(text.replace("name: helpful, center: 0, scale: 1", "name: helpful, center: 0"), "x.yaml"),
      ),
    ).toMatch(/values\.helpful: give center, scale and reference, or none/);
  });
  test("an unknown method is refused with what there is", () => {
    const suite = parseSuite(text.replace("modpo, morlhf]", "modpo, morlfh]"), "x.yaml");
    expect(message(() => trainedRows(suite))).toMatch(/no method "morlfh"/);
  });
  test("the hash does not change with the seeds and does with anything else", () => {
    const suite = parseSuite(text, "x.yaml");
    expect(suiteHash({ ...suite, seeds: [4, 5] })).toBe(suiteHash(suite));
    expect(suiteHash({ ...suite, budget: { ...suite.budget, flops: suite.budget.flops + 1 } })).not.toBe(
      suiteHash(suite),
    );
    expect(suiteHash(suite, { base: "abc" })).not.toBe(suiteHash(suite));
  });
});

describe("settings of one method or row", () => {
  const plain = text.replace(/ {2}perMethod:\n(?: {4}.*\n)+/, "");
  const with_ = (more: string) => plain.replace("  mva: { penalty", `${more}\n  mva: { penalty`);
  const rowOf = (source: string, id: string) => trainedRows(parseSuite(source, "x.yaml")).find((row) => row.id === id);

  test("hold for that method alone, and change what they name alone", () => {
    const source = with_("  perMethod: { modpo: { preference: { beta: 0.7, optimizer: { learningRate: 2.0e-3 } } } }");
    const shared = rowOf(plain, "modpo")?.settings;
    expect(rowOf(source, "modpo")?.settings).toEqual({
      ...shared,
      preference: {
        ...shared?.preference,
        beta: 0.7,
        optimizer: { ...shared?.preference.optimizer, learningRate: 2e-3 },
      },
    });
    expect(rowOf(source, "soup")?.settings).toEqual(rowOf(plain, "soup")?.settings);
  });
  test("a row's override does not fall back to the schema's defaults", () => {
    const linear = text.replace(
      "schedule: cosine, warmup: 0.1 }",
      "schedule: linear, warmup: 0.3, weightDecay: 0.02 }",
    );
    const source = linear.replace(
      "\nsettings:",
      "\nvariants: [{ id: v, method: soup, preference: { optimizer: { learningRate: 7.0e-4 } } }]\nsettings:",
    );
    expect(rowOf(source, "v")?.settings.preference.optimizer).toMatchObject({
      learningRate: 7e-4,
      schedule: "linear",
      warmup: 0.3,
      weightDecay: 0.02,
    });
  });
  test("a row starts from what its method has tuned", () => {
    const source = with_("  perMethod: { morlhf: { morlhf: { ppo: { klCoefficient: 0.5 } } } }").replace(
      "\nsettings:",
      "\nvariants: [{ id: v, method: morlhf, morlhf: { ppo: { epochs: 3 } } }]\nsettings:",
    );
    expect(rowOf(source, "v")?.settings.morlhf.ppo).toMatchObject({ klCoefficient: 0.5, epochs: 3 });
  });
  test("an unknown method or key in them is named", () => {
    expect(message(() => trainedRows(parseSuite(with_("  perMethod: { modpoo: {} }"), "x.yaml")))).toMatch(
      /no method "modpoo"; did you mean "modpo"/,
    );
    expect(message(() => parseSuite(with_("  perMethod: { modpo: { preference: { betta: 1 } } }"), "x.yaml"))).toBe(
      'x.yaml: unknown key "settings.perMethod.modpo.preference.betta"; did you mean "beta"?',
    );
  });
  test("in suites that ship, methods that answer the two questions share how vectors are trained", () => {
    for (const { file, name } of listSuites()) {
      const rows = trainedRows(loadSuite(file));
      const shared = rows.filter(({ id }) => ["soup", "soup-ab", "mva-alpha0", "mva"].includes(id));
      const [first] = shared;
      for (const row of shared)
        expect(row.settings.preference, `${name}: ${row.id}`).toEqual(first?.settings.preference);
    }
  });
});

describe("what would stop a run after everybody's training is found before it", () => {
  const said = (from: string | RegExp, to: string) => {
    const changed = text.replace(from, to);
    expect(changed).not.toBe(text);
    return message(() => trainedRows(parseSuite(changed, "x.yaml")));
  };
  test("minibatches that do not divide a rollout, in shared settings and in one row's", () => {
    expect(said("minibatches: 2", "minibatches: 3")).toMatch(
      /soup: morlhf\.ppo\.minibatches \(3\) must divide morlhf\.ppo\.rolloutReplies \(32\)/,
    );
    expect(said("  perMethod:\n", "  perMethod:\n    morlhf: { morlhf: { ppo: { rolloutReplies: 33 } } }\n")).toMatch(
      /, morlhf: morlhf\.ppo\.minibatches \(2\) must divide morlhf\.ppo\.rolloutReplies \(33\)/,
    );
  });
  test("a reward model that may cost nothing, or everything", () => {
    for (const share of ["0", "1"]) {
      expect(said("rewardModelShare: 0.2", `rewardModelShare: ${share}`)).toMatch(
        /morlhf\.rewardModelShare is [01]; it must lie between 0 and 1/,
      );
    }
  });
  test("more points to explore than there are", () => {
    expect(said("explore: 20", "explore: 1001")).toMatch(/^x\.yaml: candidates\.explore: at most 1000 points/);
    expect(parseSuite(text.replace("explore: 20", "explore: 1000"), "x.yaml").candidates.explore).toBe(1000);
  });
  test("a seed that stands there twice, or is no 32-bit number", () => {
    expect(said("seeds: [1]", "seeds: [1, 2, 1]")).toBe("x.yaml: seeds: 1 stands there twice");
    expect(said("seeds: [1]", "seeds: [4294967296]")).toMatch(/^x\.yaml: seeds: 4294967296 is too large/);
  });
  test("a variant named like a row that every run has", () => {
    for (const id of ["base", "mva@grid"]) {
      expect(said("settings:\n", `variants: [{ id: "${id}", method: mva }]\nsettings:\n`)).toMatch(
        /^x\.yaml: variants: "(base|mva@grid)" is the name of a row that every run has/,
      );
    }
  });
  test("a method that is trained on gold rules, where there are none", () => {
    const folder = readFileSync(`${suitesFolder()}/hh.yaml`, "utf8").replace("morlhf]", "morlhf, morlhf-gold]");
    expect(message(() => trainedRows(parseSuite(folder, "x.yaml")))).toMatch(
      /suite "hh": morlhf-gold is trained on gold rules, which only the embedded data has/,
    );
    expect(trainedRows(parseSuite(text.replace("morlhf]", "morlhf, morlhf-gold]"), "x.yaml")).at(-1)?.ranked).toBe(
      false,
    );
  });
});

test("an alias that stands for nothing is a fault of the file, not of the program", () => {
  expect(message(() => parseSuite(text.replace(/^title: .*$/m, "title: *best*"), "x.yaml"))).toMatch(
    /^x\.yaml(:\d+)?: not valid YAML: /,
  );
});

test("an unknown key among kinds of scorers has its nearest one too", () => {
  const folder = readFileSync(`${suitesFolder()}/hh.yaml`, "utf8").replace("ridge: 1,", "rigde: 1, ridge: 1,");
  expect(message(() => parseSuite(folder, "x.yaml"))).toBe(
    'x.yaml: unknown key "scorers.rigde"; did you mean "ridge"?',
  );
});
