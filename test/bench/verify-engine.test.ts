import fc from "fast-check";
import { expect, test } from "vitest";
import { verifyEngine, worstStep } from "../../src/bench/verify-engine.js";
import type { Engine } from "../../src/engine/index.js";
import { float32, openEngine } from "../../src/engine/index.js";

const few = { scale: "small", steps: 1, prompts: 2, newTokens: 3, signal: new AbortController().signal } as const;

/** An engine whose losses are off by a share from some run on. */
function offBy(engine: Engine, share: number): Engine {
  return {
    ...engine,
    async compile(name, program, signature, hints) {
      const executable = await engine.compile(name, program, signature, hints);
      return {
        ...executable,
        async run(inputs, state) {
          const outputs = await executable.run(inputs, state);
          const { loss } = outputs;
          return loss === undefined ? outputs : { ...outputs, loss: float32([], [(loss.data[0] ?? 0) * (1 + share)]) };
        },
      };
    },
  };
}

test("an engine whose losses are off by more than the tolerance is found out, itself it agrees with", {
  timeout: 120_000,
}, async () => {
  const cpu = await openEngine("cpu", { threads: 1 });
  const wrong = await verifyEngine(offBy(cpu, 2e-3), cpu, few);
  expect(wrong.losses.map(({ training, steps }) => [training, steps])).toEqual([
    ["sft", 1],
    ["dpo", 1],
    ["mva", 1],
    ["ppo", 1],
  ]);
  for (const { worst } of wrong.losses) expect(worst).toBeCloseTo(2e-3, 4);
  expect(wrong.greedy).toEqual({ prompts: 2, equal: 2 });
  expect(wrong.agrees).toBe(false);
  const same = await verifyEngine(cpu, cpu, few);
  expect(same).toMatchObject({ agrees: true, losses: [{ worst: 0 }, { worst: 0 }, { worst: 0 }, { worst: 0 }] });
});

test("the worst step is the one that was disturbed", () => {
  const curve = fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(curve, fc.nat(), fc.double({ min: 0.01, max: 1, noNaN: true }), (expected, at, share) => {
      const step = at % expected.length;
      const got = expected.map((loss, i) => (i === step ? loss * (1 + share) : loss));
      const found = worstStep(got, expected);
      expect(found.step).toBe(step + 1);
      const mean = expected.reduce((sum, loss) => sum + loss, 0) / expected.length;
      expect(found.worst).toBeCloseTo(((expected[step] ?? 0) * share) / Math.max(expected[step] ?? 0, mean), 6);
    }),
  );
  expect(worstStep([1, Number.NaN], [1, 1])).toEqual({ worst: Number.POSITIVE_INFINITY, step: 2 });
  expect(worstStep([1], [1, 1]).worst).toBe(Number.POSITIVE_INFINITY);
});
