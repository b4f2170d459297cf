/** What a user of a GPU does, on the Vulkan driver in software where there is one: nothing here looks at a clock. */
import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { softwareDriver } from "../engine/software-driver.js";
import { skipVisibly } from "../skip.js";
import { binary } from "./command.js";

function mvaBench(args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [binary, ...args], { env: { ...process.env, ...softwareDriver } });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
}

test("the first 50 steps of SFT, DPO, MVA and PPO on webgpu have the losses of cpu, and greedy replies are the same", {
  timeout: 600_000,
}, async (context) => {
  const { code, stdout, stderr } = await mvaBench([
    "doctor",
    "--verify-engine",
    "webgpu",
    "--verify-scale",
    "small",
    "--json",
  ]);
  if (code === 2 && /No supported adapters|WebGPU adapter/.test(stderr)) {
    skipVisibly(context, "webgpu: no adapter, and no Vulkan driver in software (Debian: chromium)");
  }
  expect(code, stderr).toBe(0);
  const { losses, greedy, agrees } = JSON.parse(stdout) as {
    losses: { training: string; steps: number; worst: number }[];
    greedy: { prompts: number; equal: number };
    agrees: boolean;
  };
  expect(losses.map(({ training, steps }) => [training, steps])).toEqual(
    ["sft", "dpo", "mva", "ppo"].map((training) => [training, 50]),
  );
  for (const { training, worst } of losses) expect(worst, training).toBeLessThanOrEqual(1e-3);
  expect(greedy.equal).toBeGreaterThanOrEqual(0.99 * greedy.prompts);
  expect([greedy.prompts, agrees]).toEqual([100, true]);
});
