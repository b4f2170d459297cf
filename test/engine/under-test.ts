/**
 * The engine that the contract is run on: `cpu`, or what MVA_TEST_ENGINE names (`engines.test.ts` runs the contract once
 * more, in a process of its own, for every other engine that is present).
 */
import type { Engine, EngineId } from "../../src/engine/index.js";
import { ENGINE_IDS, openEngine } from "../../src/engine/index.js";

const asked = process.env.MVA_TEST_ENGINE ?? "cpu";

export const engineId: EngineId =
  ENGINE_IDS.find((id) => id === asked) ??
  (() => {
    throw new Error(`MVA_TEST_ENGINE is "${asked}"; engines are ${ENGINE_IDS.join(", ")}`);
  })();

/** Shapes tried for each op: a software driver compiles a shader for each. */
export const opRuns = engineId === "webgpu" ? 1 : 8;

export function openUnderTest(): Promise<Engine> {
  return openEngine(engineId, {
    threads: 2,
    log: process.env.MVA_TEST_ENGINE_LOG === "everything" ? "everything" : "errors",
  });
}
