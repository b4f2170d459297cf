/** PyTorch's eager and compiled train step of the same decoder on the same card, through `peers/gpu_step.py`. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What the peer measured, or why it did not. */
export async function openPeer(python, config, { batch, time }, rounds) {
  const script = fileURLToPath(new URL("../peers/gpu_step.py", import.meta.url));
  const { status, stdout, stderr } = spawnSync(python, [script, JSON.stringify({ config, batch, time, rounds })], {
    encoding: "utf8",
  });
  if (status !== 0) return { absent: stderr.trim().split("\n").at(-1) ?? "" };
  return JSON.parse(stdout);
}
