/** Every kind of training, and decoding: `engines.test.ts` runs this on each engine that is present, and reads where nodes were placed. */
import { expect, test } from "vitest";
import { VERIFICATION, verifyEngine } from "../../src/bench/verify-engine.js";
import { openEngine } from "../../src/engine/index.js";
import { skipVisibly } from "../skip.js";
import { engineId, openUnderTest } from "./under-test.js";

test("two steps of SFT, DPO, MVA and PPO, and greedy replies, are those of cpu", { timeout: 600_000 }, async (ctx) => {
  if (engineId === "cpu") skipVisibly(ctx, "other engines than cpu: run by engines.test.ts on each that is present");
  const verdict = await verifyEngine(await openUnderTest(), await openEngine("cpu", { threads: 1 }), {
    ...VERIFICATION.small,
    steps: 2,
    prompts: 2,
    signal: new AbortController().signal,
  });
  expect(verdict.losses.map(({ training, steps }) => [training, steps])).toEqual(
    ["sft", "dpo", "mva", "ppo"].map((training) => [training, 2]),
  );
  expect(verdict).toMatchObject({ agrees: true, greedy: { prompts: 2, equal: 2 } });
});
