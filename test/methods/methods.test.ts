/** SFT's successors as a suite runs them: Soup, soup-ab, MVA, MODPO over one in-process context. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine, TensorMap } from "../../src/engine/index.js";
import { openEngine } from "../../src/engine/index.js";
import { pairLength } from "../../src/lm/pairs.js";
import type { MethodBudget } from "../../src/methods/budget.js";
import { BudgetExceeded, Purse } from "../../src/methods/budget.js";
import type { Method, MvaSettings, Offer } from "../../src/methods/method.js";
import { METHODS, methodById } from "../../src/methods/registry.js";
import { runTask } from "../../src/methods/run-task.js";
import type { Task, TaskOutput } from "../../src/methods/task.js";
import { allPairs, drawRewards, type EnumerableEnv, enumerableEnv, scalarise, VALUES } from "./enumerable-task.js";
import { type InProcess, inProcess } from "./in-process.js";
import { deltaOf, hostRows } from "./random-adapter.js";
import { PREFERENCE, settingsWith } from "./tiny-settings.js";

const THIRD = 1 / 3;
const LATTICE = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
  [0.5, 0.5, 0],
  [0, 0.5, 0.5],
  [THIRD, THIRD, THIRD],
];
const PLAIN: MvaSettings = { penalty: "dw-cka", alpha: 0 };
const CKA: MvaSettings = { penalty: "dw-cka", alpha: 1 };

const rewards = drawRewards();
const signal = new AbortController().signal;
let engine: Engine;
let env: EnumerableEnv;
/** FLOPs of one plain step: all pairs of this task are alike. */
let stepFlops: number;
const memo = new Map<string, Promise<TaskOutput>>();

beforeAll(async () => {
  engine = await openEngine("cpu", { threads: 1 });
  env = enumerableEnv(
    engine,
    Object.fromEntries(
      VALUES.map((value, k) => [
        value,
        allPairs(
          scalarise(
            rewards,
            VALUES.map((_, j) => (j === k ? 1 : 0)),
          ),
          "hard",
        ),
      ]),
    ),
  );
  const settings = { ...PREFERENCE, maxSteps: 1 };
  const { summary } = await runTask(
    { kind: "dpo", value: "helpful", settings, penalty: null },
    Number.POSITIVE_INFINITY,
    env,
    { label: "one step", signal, emit() {} },
  );
  stepFlops = summary.ledger.reduce((sum, { flops }) => sum + flops, 0);
});
afterAll(async () => {
  await env.executables.dispose();
  engine.dispose();
});

async function offerOf(
  id: string,
  mva: MvaSettings = CKA,
  per: MethodBudget["per"] = "method",
  lattice = LATTICE,
): Promise<{ offer: Offer; context: InProcess }> {
  const flops = per === "method" ? 60 * stepFlops : 12 * stepFlops;
  const context = inProcess(env, { settings: settingsWith(mva), lattice, budget: { per, flops }, memo });
  return { offer: await methodById(id).run(context), context };
}

function vectors({ offer, context }: { offer: Offer; context: InProcess }): TensorMap[] {
  return offer.adapters.map(({ ref }) => context.adapter(ref));
}

function same(a: TensorMap | undefined, b: TensorMap | undefined): void {
  expect(a).toBeDefined();
  expect(a).toEqual(b);
}

describe("MVA", () => {
  test("at alpha = 0 is DPO, bit for bit, through the penalised program too", async () => {
    const soup = vectors(await offerOf("soup"));
    const plain = await offerOf("mva", PLAIN);
    vectors(plain).forEach((vector, i) => {
      same(vector, soup[i]);
    });

    // The method asks for plain DPO at alpha = 0. The penalised task at alpha = 0 must give the same bits as well.
    const settings = { ...PREFERENCE, maxSteps: 6 };
    const frozen = plain.offer.adapters.slice(0, 1).map(({ ref }) => ref);
    const train = (task: Task) => runTask(task, Number.POSITIVE_INFINITY, env, { label: "alpha 0", signal, emit() {} });
    const dpo = await train({ kind: "dpo", value: "harmless", settings, penalty: null });
    for (const kind of ["dw-cka", "dw-rbf", "a-rows", "cos2", "weight-decay"] as const) {
      const penalised = await train({ kind: "dpo", value: "harmless", settings, penalty: { kind, alpha: 0, frozen } });
      expect(penalised.summary.ledger.some((entry) => entry.kind === "penalty" && entry.flops > 0)).toBe(true);
      same(penalised.artefacts["adapter"], dpo.artefacts["adapter"]);
    }
  });

  test("trains the first vector as DPO, and the later ones away from those before", async () => {
    const strong = await offerOf("mva", { penalty: "dw-cka", alpha: 10 });
    const soup = await offerOf("soup");
    const [first, second] = vectors(strong);
    const [plainFirst, plainSecond] = vectors(soup);
    same(first, plainFirst);
    expect(second).not.toEqual(plainSecond);
    const penalties = strong.context.asked
      .filter(({ task }) => task.kind === "dpo" && task.penalty !== null)
      .map(({ output }) => output.summary.curve.map(({ penalty }) => penalty ?? Number.NaN));
    expect(penalties).toHaveLength(2);
    for (const curve of penalties) {
      // B = 0 at the start: without the penalty for the first per cent of the steps (at least one).
      expect(curve[0]).toBe(0);
      expect(Math.max(...curve)).toBeGreaterThan(0);
    }
    expect(await overlap(second, first)).toBeLessThan(0.5 * (await overlap(plainSecond, plainFirst)));
  });

  test("offers w/max(w) of the lattice; mva-alpha0 offers the same over Soup's vectors", async () => {
    for (const id of ["mva", "mva-alpha0"]) {
      const { offer } = await offerOf(id);
      expect(offer.mixes).toBe("cube");
      expect(offer.candidates.map(({ weights }) => weights)).toEqual(LATTICE);
      expect(offer.candidates.map(({ coefficients }) => coefficients)).toEqual([
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
        [1, 1, 0],
        [0, 1, 1],
        [1, 1, 1],
      ]);
    }
    const [alpha0, soup] = [await offerOf("mva-alpha0"), await offerOf("soup")];
    expect(alpha0.offer.adapters).toEqual(soup.offer.adapters);
    expect(alpha0.context.purse.spentFlops).toBe(soup.context.purse.spentFlops);
    expect(soup.offer.candidates.map(({ coefficients }) => coefficients)).toEqual(LATTICE);
  });

  test("takes another order of values, offers in suite order, and refuses an order that is not one", async () => {
    const turned = await offerOf("mva", { ...CKA, order: ["humorous", "helpful", "harmless"] });
    expect(turned.offer.adapters.map(({ name }) => name)).toEqual(VALUES);
    same(vectors(turned)[2], vectors(await offerOf("soup"))[2]);
    await expect(offerOf("mva", { ...CKA, order: ["helpful", "helpful", "humorous"] })).rejects.toThrow(/mva\.order/);
  });
});

describe("soup-ab", () => {
  test("averages A and B apart: not the mixture of vectors, but the vector itself at a vertex", async () => {
    const { offer, context } = await offerOf("soup-ab");
    const soup = vectors(await offerOf("soup"));
    const adapters = offer.adapters.map(({ ref }) => context.adapter(ref));
    for (const k of [0, 1, 2]) same(adapters[k], soup[k]);
    expect(offer.candidates.map(({ coefficients }) => coefficients.indexOf(1))).toEqual([0, 1, 2, 3, 4, 5]);
    const module = "model.layers.0.self_attn.q_proj";
    const [a0, a1] = [soup[0], soup[1]].map((vector) => hostRows(vector ?? {})[`${module}.lora_A`]?.flat() ?? []);
    const averaged = hostRows(adapters[3] ?? {})[`${module}.lora_A`]?.flat() ?? [];
    averaged.forEach((x, i) => {
      expect(x).toBeCloseTo(0.5 * (a0?.[i] ?? 0) + 0.5 * (a1?.[i] ?? 0), 6);
    });
    const mixture = deltaOf(hostRows(soup[0] ?? {}), module).map((row, i) =>
      row.map((x, j) => 0.5 * x + 0.5 * (deltaOf(hostRows(soup[1] ?? {}), module)[i]?.[j] ?? 0)),
    );
    expect(deltaOf(hostRows(adapters[3] ?? {}), module)).not.toEqual(mixture);
    expect(context.purse.spentFlops).toBe((await offerOf("soup")).context.purse.spentFlops);
  });
});

describe("MODPO", () => {
  test("at w = 1 equals DPO, bit for bit", async () => {
    const settings = { ...PREFERENCE, maxSteps: 6 };
    const train = (task: Task) => runTask(task, Number.POSITIVE_INFINITY, env, { label: "w = 1", signal, emit() {} });
    const dpo = await train({ kind: "dpo", value: "humorous", settings, penalty: null });
    const paid = { reference: 0, margins: [] };
    const modpo = await train({ kind: "modpo", value: "humorous", weight: 1, margins: [], settings, paid });
    same(modpo.artefacts["adapter"], dpo.artefacts["adapter"]);
    expect(modpo.summary.curve).toEqual(dpo.summary.curve);

    // A margin model with weight 0 changes nothing but the bill.
    const { offer } = await offerOf("soup");
    const policy = offer.adapters[0]?.ref ?? { task: "", name: "" };
    const idle = await train({
      kind: "modpo",
      value: "humorous",
      weight: 1,
      margins: [{ weight: 0, policy }],
      settings,
      paid: { reference: 0, margins: [0] },
    });
    same(idle.artefacts["adapter"], dpo.artefacts["adapter"]);
    expect(idle.summary.ledger.find(({ kind }) => kind === "margin")?.flops).toBeGreaterThan(0);
  });

  test("trains one policy a preference on its largest weight's pairs; its vertices are the margin models", async () => {
    const { offer, context } = await offerOf("modpo");
    expect(offer.mixes).toBeNull();
    expect(context.asked.filter(({ task }) => task.kind === "dpo")).toHaveLength(3);
    const policies = context.asked.flatMap(({ task }) => (task.kind === "modpo" ? [task] : []));
    const byWeight = policies.map(({ value, weight, margins }) => ({ value, weight, others: margins.length }));
    expect(byWeight).toHaveLength(3);
    expect(byWeight).toContainEqual({ value: "helpful", weight: 0.5, others: 1 });
    expect(byWeight).toContainEqual({ value: "harmless", weight: 0.5, others: 1 });
    expect(byWeight).toContainEqual({ value: "helpful", weight: THIRD, others: 2 });
    const marginModels = context.asked.filter(({ task }) => task.kind === "dpo").map(({ key }) => key);
    expect(offer.adapters.slice(0, 3).map(({ ref }) => ref.task)).toEqual(marginModels);
    expect(new Set(offer.adapters.map(({ ref }) => ref.task)).size).toBe(LATTICE.length);
    for (const { budgetFlops } of context.asked) expect(budgetFlops).toBeCloseTo((60 * stepFlops) / 6, 3);
  });

  test("pays a reference or margin pass once, whichever of its policies needs it", async () => {
    const { context } = await offerOf("modpo");
    const bill = (kind: string) =>
      context.asked.map(({ output }) => output.summary.ledger.find((entry) => entry.kind === kind)?.tokens ?? 0);
    // All 30 pairs of a value: nobody can pay for more reference tokens than there are.
    const tokens = VALUES.reduce(
      (sum, value) => sum + (env.pairs[value] ?? []).reduce((n, p) => n + pairLength(p), 0),
      0,
    );
    const reference = bill("reference").reduce((sum, n) => sum + n, 0);
    expect(reference).toBeGreaterThan(0);
    expect(reference).toBeLessThanOrEqual(tokens);
    // helpful under harmless and humorous; harmless under humorous.
    expect(bill("margin").reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(tokens);
  });
});

describe("budget", () => {
  test.each(METHODS.map(({ id }) => id).filter((id) => !id.startsWith("morlhf")))(
    "%s spends no more than its budget, and nearly all of it",
    async (id) => {
      const { context } = await offerOf(id);
      expect(context.purse.spentFlops).toBeLessThanOrEqual(60 * stepFlops);
      expect(context.purse.spentFlops).toBeGreaterThan(0.8 * 60 * stepFlops);
    },
  );

  test("per policy, each trained policy has the same budget", async () => {
    const { context } = await offerOf("modpo", CKA, "policy");
    expect(context.asked.map(({ budgetFlops }) => budgetFlops)).toEqual(LATTICE.map(() => 12 * stepFlops));
  });

  test("a method cannot overspend, whatever it asks for", async () => {
    const budget: MethodBudget = { per: "method", flops: 10 * stepFlops };
    const task: Task = { kind: "dpo", value: "helpful", settings: PREFERENCE, penalty: null };
    const attempts: Record<string, (context: InProcess) => Promise<unknown>> = {
      "more than it has": (context) => context.train(task, budget.flops * 1.01),
      "all of it, twice, at once": (context) =>
        Promise.all([context.train(task, budget.flops), context.train(task, budget.flops)]),
      "all of it, then more": async (context) => {
        await context.train(task, budget.flops);
        for (let i = 0; i < 20; i++) await context.train(task, 5 * stepFlops);
      },
      NaN: (context) => context.train(task, Number.NaN),
      "a negative sum": (context) => context.train(task, -1),
      "an endless sum": (context) => context.train(task, Number.POSITIVE_INFINITY),
    };
    for (const [what, attempt] of Object.entries(attempts)) {
      const greedy: Method = {
        id: "greedy",
        title: "greedy",
        ranked: true,
        run: (context) => attempt(context as InProcess).then(() => ({ adapters: [], candidates: [], mixes: null })),
      };
      const context = inProcess(env, { settings: settingsWith(CKA), lattice: LATTICE, budget, memo });
      await expect(greedy.run(context), what).rejects.toThrow(BudgetExceeded);
      expect(context.purse.spentFlops, what).toBeLessThanOrEqual(budget.flops);
    }
  });

  test("a purse refuses what a task spent beyond its reservation, and what is settled twice", () => {
    const purse = new Purse({ per: "method", flops: 100 }, 3);
    const settle = purse.reserve(60);
    expect(() => purse.reserve(50)).toThrow(BudgetExceeded);
    settle(20);
    expect(() => settle(20)).toThrow(BudgetExceeded);
    const rest = purse.reserve(80);
    expect(() => rest(81)).toThrow(BudgetExceeded);
  });

  test("per policy, a purse holds one budget a preference: neither more policies nor one that takes two shares", () => {
    const purse = new Purse({ per: "policy", flops: 100 }, 3);
    expect(() => purse.reserve(101)).toThrow(BudgetExceeded);
    for (let i = 0; i < 3; i++) purse.reserve(100)(100);
    expect(() => purse.reserve(1)).toThrow(BudgetExceeded);
    const shared = new Purse({ per: "policy", flops: 100 }, 3);
    // A reward model first, and the policies share what it left.
    shared.reserve(60)(60);
    for (let i = 0; i < 3; i++) shared.reserve(80)(80);
    expect(shared.spentFlops).toBe(300);
  });

  test("n shares of a budget can all be reserved, though they may miss its sum by rounding", () => {
    for (const n of [3, 7, 11, 66]) {
      const purse = new Purse({ per: "method", flops: 1e15 / 3 }, 3);
      for (let i = 0; i < n; i++) purse.reserve(1e15 / 3 / n)(1e15 / 3 / n);
    }
  });
});

test("the registry has each id once, and names what there is when asked for something else", () => {
  expect(new Set(METHODS.map(({ id }) => id)).size).toBe(METHODS.length);
  expect(() => methodById("mwa")).toThrow(/soup, .*mva/);
});

/** Mean linear CKA of two adapters over their modules, by the penalty's definition. */
async function overlap(a: TensorMap | undefined, b: TensorMap | undefined): Promise<number> {
  const { cka } = await import("../../src/metrics/index.js");
  const [x, y] = [hostRows(a ?? {}), hostRows(b ?? {})];
  const modules = Object.keys(x).flatMap((key) => (key.endsWith(".lora_A") ? [key.slice(0, -".lora_A".length)] : []));
  const options = { kernel: { kind: "linear" }, estimator: "biased" } as const;
  return modules.reduce((sum, m) => sum + cka(deltaOf(x, m), deltaOf(y, m), options), 0) / modules.length;
}
