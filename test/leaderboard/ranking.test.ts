import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { boardsOf } from "../../src/leaderboard/board.js";
import { boardsCsv } from "../../src/leaderboard/board-csv.js";
import { boardsHtml } from "../../src/leaderboard/board-html.js";
import { boardNotes, boardTable, budgetTable } from "../../src/leaderboard/board-tables.js";
import { budgetViews } from "../../src/leaderboard/budget-view.js";
import { ranking } from "../../src/leaderboard/ranking.js";
import { type LeaderboardRow, seedsText } from "../../src/leaderboard/row.js";
import { normalCdf } from "../../src/metrics/distributions.js";

interface Entry {
  readonly id: string;
  readonly value: number;
  readonly half: number;
}

function method({ id, value, half }: Entry): LeaderboardRow["methods"][number] {
  return {
    id,
    title: id,
    hypervolume: { value, low: value - half, high: value + half },
    hypervolumeBySeed: [value, value, value],
    best: [value, 1 - value],
    mean: [value / 2, 0],
    selected: 3,
    kl: null,
    broken: 0,
    planned: 3,
    spent: 3 * value,
    seconds: 1,
    undertrained: [],
  };
}

function row(id: string, entries: readonly Entry[], change: Partial<LeaderboardRow> = {}): LeaderboardRow {
  return {
    schema: 2,
    id,
    kind: "run",
    sha256: { evidence: "0".repeat(64), scores: "0".repeat(64) },
    suite: "s",
    version: 1,
    suiteHash: "a",
    dataHash: "b",
    date: "2026-01-01T00:00:00.000Z",
    engine: "cpu",
    packageVersion: "0",
    cpu: "",
    seeds: [1, 2, 3],
    prompts: 9,
    candidates: 3,
    budget: { flops: 1, per: "method" },
    confidence: 0.95,
    values: ["v", "w"],
    methods: entries.map(method),
    pairs: [],
    external: null,
    ...change,
  };
}

const alone = (id: string, value: number, half: number) => row(id, [{ id: "m", value, half }]);
const ranks = (rows: readonly LeaderboardRow[]) =>
  ranking(rows).map(({ rank, row: { id }, method: { id: own } }) => [`${id} ${own}`, rank]);

describe("rank groups", () => {
  test("rows whose difference is not shown share a rank", () => {
    const entries = [
      alone("far", 0.5, 0.02),
      alone("first", 0.9, 0.05),
      alone("near", 0.86, 0.05),
      alone("last", 0.1, 0.01),
    ];
    expect(ranks(entries)).toEqual([
      ["first m", 1],
      ["near m", 1],
      ["far m", 3],
      ["last m", 4],
    ]);
  });

  test("a noisy leader does not pull together what is told apart below it", () => {
    const entries = [alone("noisy", 0.9, 0.5), alone("a", 0.8, 0.01), alone("b", 0.7, 0.01)];
    expect(ranks(entries)).toEqual([
      ["noisy m", 1],
      ["a m", 1],
      ["b m", 3],
    ]);
  });

  const anyRows = fc.array(
    fc.record({
      value: fc.double({ min: 0, max: 1, noNaN: true }),
      half: fc.double({ min: 1e-6, max: 0.3, noNaN: true }),
    }),
    { minLength: 1, maxLength: 8 },
  );

  property.prop([anyRows, fc.infiniteStream(fc.nat(1000))])("the order of rows is irrelevant", (all, keys) => {
    const rows = all.map(({ value, half }, i) => alone(`r${i}`, value, half));
    const order = rows.map((own) => ({ own, key: keys.next().value ?? 0 })).sort((a, b) => a.key - b.key);
    expect(ranks(order.map(({ own }) => own))).toEqual(ranks(rows));
  });

  property.prop([anyRows])(
    "between no two rows of a group a difference is shown, and each group is as long as that allows",
    (all) => {
      const found = ranking(all.map(({ value, half }, i) => alone(`r${i}`, value, half)));
      const error = ({ low, high }: { low: number; high: number }) => (high - low) / 2 / 1.959963984540054;
      const shown = (i: number, j: number) => {
        const [a, b] = [found[i]?.method.hypervolume, found[j]?.method.hypervolume];
        if (a === undefined || b === undefined) throw new Error("no such row");
        // By its p-value, where the ranking looks at a quantile.
        const z = (a.value - b.value) / Math.hypot(error(a), error(b));
        return 2 * (1 - normalCdf(z)) < 0.05 / Math.max(1, found.length - i - 1);
      };
      found.forEach(({ rank }, j) => {
        const members = found.slice(0, j).flatMap((before, i) => (before.rank === rank ? [i] : []));
        expect(members.some((i) => shown(i, j))).toBe(false);
        if (j === 0 || rank !== j + 1) return;
        const last = found[j - 1]?.rank ?? 0;
        expect(found.slice(0, j).some((before, i) => before.rank === last && shown(i, j))).toBe(true);
      });
    },
  );

  property.prop([anyRows])("ranks begin at 1, never fall, and skip as many as shared the one before", (all) => {
    const found = ranking(all.map(({ value, half }, i) => alone(`r${i}`, value, half)));
    found.forEach(({ rank, method: { hypervolume } }, at) => {
      const before = found[at - 1];
      expect(rank === at + 1 || rank === before?.rank).toBe(true);
      if (before !== undefined) expect(before.method.hypervolume.value).toBeGreaterThanOrEqual(hypervolume.value);
    });
    expect(found[0]?.rank).toBe(1);
  });

  test("methods of one row are told apart by their paired difference, where their intervals overlap", () => {
    const entries = [
      { id: "a", value: 0.9, half: 0.1 },
      { id: "b", value: 0.8, half: 0.1 },
    ];
    const pair = { a: "a", b: "b", difference: 0.1, low: 0.05, high: 0.15 };
    const shared = [
      ["x a", 1],
      ["x b", 1],
    ];
    expect(ranks([row("x", entries)])).toEqual(shared);
    expect(ranks([row("x", entries, { pairs: [{ ...pair, p: 0.2 }] })])).toEqual(shared);
    expect(ranks([row("x", entries, { pairs: [{ ...pair, p: 0.001 }] })])).toEqual([
      ["x a", 1],
      ["x b", 2],
    ]);
    // The pair is of that row: another row's method of the same name is not told apart by it.
    const other = row("y", [{ id: "b", value: 0.85, half: 0.1 }]);
    expect(ranks([row("x", entries, { pairs: [{ ...pair, p: 0.001 }] }), other])).toEqual([
      ["x a", 1],
      ["y b", 1],
      ["x b", 3],
    ]);
  });

  test("rows of other suite hashes or data are not ranked against each other", () => {
    const [a, b] = [alone("a", 0.9, 0.01), alone("b", 0.1, 0.01)];
    for (const other of [{ suiteHash: "other" }, { dataHash: "other" }]) {
      expect(ranks([a, { ...b, ...other }])).toEqual([
        ["a m", 1],
        ["b m", 1],
      ]);
    }
  });
});

const two = [
  row("one", [
    { id: "soup", value: 0.4, half: 0.01 },
    { id: "mva", value: 0.6, half: 0.01 },
  ]),
  row("two", [{ id: "soup", value: 0.5, half: 0.01 }], { seeds: [7], date: "2026-03-01", engine: "webgpu" }),
];

describe("boards", () => {
  const shown = (query: Parameters<typeof boardsOf>[1]) =>
    boardsOf(two, query).flatMap(({ rows }) =>
      rows.map(({ rank, row: { id }, method: { id: own } }) => `${rank} ${id} ${own}`),
    );

  test("filters leave ranks as they are, orders move rows only", () => {
    expect(shown({})).toEqual(["1 one mva", "2 two soup", "3 one soup"]);
    expect(shown({ method: "soup" })).toEqual(["2 two soup", "3 one soup"]);
    expect(shown({ seeds: 3 })).toEqual(["1 one mva", "3 one soup"]);
    expect(shown({ engine: "webgpu" })).toEqual(["2 two soup"]);
    expect(shown({ kind: "external" })).toEqual([]);
    expect(shown({ sort: "spent" })).toEqual(["3 one soup", "2 two soup", "1 one mva"]);
    expect(shown({ sort: "w" })).toEqual(["3 one soup", "2 two soup", "1 one mva"]);
    expect(shown({ sort: "v" })).toEqual(["1 one mva", "2 two soup", "3 one soup"]);
    expect(shown({ sort: "date" })).toEqual(["2 two soup", "1 one mva", "3 one soup"]);
    expect(shown({ sort: "seeds" })).toEqual(["1 one mva", "3 one soup", "2 two soup"]);
    expect(() => shown({ sort: "x" })).toThrow(/--sort takes rank, .*, v, w, not "x"/);
  });

  test("what is known of a row by hearsay is marked, and the marks are explained where they stand", () => {
    const external = row("far", [{ id: "theirs", value: 0.7, half: 0.2 }], { kind: "external", engine: "external" });
    const [board] = boardsOf([...two, { ...external, methods: external.methods.map((m) => ({ ...m, spent: null })) }]);
    if (board === undefined) throw new Error("no board");
    const cells = boardTable(board).rows.map((cellsOf) => cellsOf[0]);
    expect(cells).toContain(" 1. theirs §");
    expect(cells).toContain(" 1. mva");
    expect(cells.some((cell) => cell?.endsWith("soup †"))).toBe(true);
    expect(boardNotes(board).join("\n")).toMatch(/† fewer than 3 seeds.*§ external/s);
    expect(
      boardTable(board)
        .rows.find((line) => line[0]?.includes("theirs"))
        ?.join(" "),
    ).toContain("~3\u00a0FLOP");
    expect(boardNotes({ ...board, rows: board.rows.filter(({ row: { id } }) => id === "one") }).join()).not.toMatch(
      /[†‡§]/,
    );
  });

  test("what is shown between methods of one row is told, Holm-adjusted", () => {
    const pair = (a: string, b: string, p: number) => ({ a, b, difference: -0.1, low: -0.2, high: -0.01, p });
    const entries = ["a", "b", "c"].map((id, i) => ({ id, value: 0.3 + 0.1 * i, half: 0.5 }));
    const [board] = boardsOf([
      row("x", entries, { pairs: [pair("a", "b", 0.03), pair("a", "c", 0.001), pair("b", "c", 0.02)] }),
    ]);
    if (board === undefined) throw new Error("no board");
    // 0.02 of two left is below 0.05, 0.03 of one left too.
    expect(boardNotes(board).join("\n")).toContain("Shown within x (paired, Holm): c over b, a; b over a.");
    const [less] = boardsOf([
      row("x", entries, { pairs: [pair("a", "b", 0.03), pair("a", "c", 0.001), pair("b", "c", 0.04)] }),
    ]);
    expect(less === undefined ? [] : boardNotes(less).join("\n")).toContain("(paired, Holm): c over a.");
  });

  test("budgets of one suite stand side by side, with the row of most seeds each", () => {
    const rich = row("rich", [{ id: "mva", value: 0.8, half: 0.02 }], {
      suiteHash: "z",
      budget: { flops: 4, per: "method" },
    });
    const poor = row("poor", [{ id: "mva", value: 0.3, half: 0.02 }], { seeds: [1] });
    const [view] = budgetViews(boardsOf([...two, poor, rich]));
    if (view === undefined) throw new Error("no view");
    expect(view.budgets.map(({ flops }) => flops)).toEqual([1, 4]);
    const cells = budgetTable(view).rows;
    expect(cells).toContainEqual(["mva", "0.600 [0.590, 0.610], 3 seeds", "0.800 [0.780, 0.820], 3 seeds"]);
    expect(cells).toContainEqual(["soup", "0.400 [0.390, 0.410], 3 seeds", "–"]);
  });

  test("every form holds every row; texts of rows cannot leave their place in CSV or HTML", () => {
    const nasty = row("x", [{ id: '<script>"a",b', value: 0.2, half: 0.1 }]);
    const boards = boardsOf([...two, nasty]);
    const page = boardsHtml(boards);
    expect(page).not.toContain("<script");
    expect(page).toContain("&lt;script&gt;");
    for (const id of ["one", "two"]) expect(page).toContain(id);
    expect(page).toMatch(/default-src &#39;none&#39;/);
    const lines = boardsCsv(boards).trimEnd().split("\n");
    expect(lines).toHaveLength(1 + 2 * 4);
    expect(lines.filter((line) => line.includes('"<script>""a"",b"'))).toHaveLength(2);
  });
});

test("seeds in a name", () => {
  expect(seedsText([3, 1, 2])).toBe("1-3");
  expect(seedsText([1, 2, 5, 7, 8])).toBe("1-2.5.7-8");
  expect(seedsText([4])).toBe("4");
});
