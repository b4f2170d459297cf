/**
 * The contract on every engine that is present beside `cpu`, each in a process of its own: a native driver that aborts
 * must not take the test run with it, and some engines need an environment that is read when a process starts.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { EngineId, EngineProbe } from "../../src/engine/index.js";
import { ENGINE_IDS, probeEngines } from "../../src/engine/index.js";
import { skipVisibly } from "../skip.js";
import { softwareDriver } from "./software-driver.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const insideContract = process.env.MVA_TEST_ENGINE !== undefined;

function environment(id: EngineId): NodeJS.ProcessEnv {
  const env = { ...process.env, MVA_TEST_ENGINE: id };
  return id === "webgpu" ? { ...env, ...softwareDriver } : env;
}

function runVitest(id: EngineId, log: string, file: string): Promise<{ status: number | null; text: string }> {
  const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [vitest, "run", file, "--reporter=verbose", "--no-color"], {
      cwd: root,
      env: { ...environment(id), MVA_TEST_ENGINE_LOG: log },
    });
    let text = "";
    const take = (chunk: string) => {
      text += chunk;
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    child.on("close", (status) => resolve({ status, text }));
  });
}

/** Whether an engine runs in its environment; `probeEngines` sees this process's only. */
async function probe(id: EngineId): Promise<EngineProbe | undefined> {
  const before = { ...process.env };
  Object.assign(process.env, environment(id));
  try {
    return (await probeEngines()).find((probe) => probe.id === id);
  } finally {
    for (const key of Object.keys(process.env)) if (!(key in before)) delete process.env[key];
    Object.assign(process.env, before);
  }
}

/** What ONNX Runtime's log says of where nodes were placed: the number by provider. */
function placements(log: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [, provider = "", count] of log.matchAll(/placed on \[(\w+)\]\. Number of nodes: (\d+)/g)) {
    counts[provider] = (counts[provider] ?? 0) + Number(count);
  }
  return counts;
}

test.runIf(!insideContract)(
  "every engine is probed: available, or why not and what to do, in one line each",
  async () => {
    const probes = await probeEngines();
    expect(probes.map(({ id }) => id)).toEqual([...ENGINE_IDS]);
    for (const probe of probes) {
      if (probe.available) {
        // What a run's record would else lack: the TensorFlow that computes is no dependency of this package.
        if (probe.id.startsWith("tfjs-node")) {
          expect(probe.versions).toMatchObject({ tensorflow: expect.stringMatching(/^\d+\.\d+/) });
        }
        for (const version of Object.values(probe.versions)) expect(probe.description).toContain(version);
        continue;
      }
      expect(probe.reason).toMatch(/^.+$/);
      expect(probe.remedy).toMatch(/^.+$/);
    }
    expect(probes.filter(({ available }) => available).map(({ id }) => id)).toEqual(
      expect.arrayContaining(["cpu", "tfjs-cpu"]),
    );
  },
);

for (const id of ENGINE_IDS) {
  if (id === "cpu" || id === "tfjs-cpu" || insideContract) continue;
  test(`the contract holds on ${id}, and no node of training or decoding leaves its device`, {
    timeout: 900_000,
  }, async (ctx) => {
    const found = await probe(id);
    if (found?.available !== true) skipVisibly(ctx, `${id}: ${found?.reason}`);
    const [ops, series, trainSteps, device, trainings] = await Promise.all([
      runVitest(id, "errors", "test/engine/ops.test.ts"),
      runVitest(id, "errors", "test/engine/series.test.ts"),
      runVitest(id, "everything", "test/engine/train-steps.test.ts"),
      runVitest(id, "everything", "test/engine/device.test.ts"),
      runVitest(id, "everything", "test/engine/trainings.test.ts"),
    ]);
    for (const { status, text } of [ops, series, trainSteps, device, trainings]) {
      const failures = text.split("\n").filter((line) => /×|FAIL|AssertionError/.test(line));
      expect({ status, failures }).toEqual({ status: 0, failures: [] });
    }
    if (id !== "webgpu") return;
    for (const { text } of [trainSteps, device, trainings]) {
      const { WebGpuExecutionProvider, ...elsewhere } = placements(text);
      expect(WebGpuExecutionProvider).toBeGreaterThan(300);
      expect(elsewhere).toEqual({});
    }
  });
}
