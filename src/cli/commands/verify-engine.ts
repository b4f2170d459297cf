/** `doctor --verify-engine`: the same seed on two engines. */
import { requireEngine } from "../../bench/environment.js";
import {
  EQUAL_TEXTS,
  LOSS_TOLERANCE,
  type Training,
  VERIFICATION,
  type VerificationScale,
  verifyEngine,
} from "../../bench/verify-engine.js";
import { openEngine } from "../../engine/index.js";
import { type ExitCode, exitCodes } from "../exit-codes.js";
import { interruptible } from "../interrupt.js";
import { type Io, writeJson } from "../io.js";
import { engineId } from "./engine.js";

const NAMES: Record<Training, string> = {
  sft: "SFT",
  dpo: "DPO",
  mva: "MVA (second vector, dw-cka)",
  ppo: "PPO on fixed replies",
};

export interface VerifyFlags {
  readonly json?: boolean;
  readonly verifyScale?: VerificationScale;
}

/** The engine `cpu` is the other side; for `cpu` itself it is the oracle. */
export async function verify(name: string, options: VerifyFlags, io: Io): Promise<ExitCode> {
  const id = engineId(name);
  const { software } = await requireEngine(id);
  const scale = options.verifyScale ?? (software === undefined ? "suite" : "small");
  if (software !== undefined && options.verifyScale === undefined) {
    io.stderr.write(`${id} is a driver in software here (${software}): on a smaller decoder (--verify-scale suite)\n`);
  }
  const reference = await openEngine(id === "cpu" ? "tfjs-cpu" : "cpu", { threads: 1 });
  const engine = await openEngine(id, { threads: 1 });
  const verdict = await interruptible(
    io,
    () => io.stderr.write("Stopped: nothing was kept.\n"),
    (signal) =>
      verifyEngine(engine, reference, {
        ...VERIFICATION[scale],
        signal,
        onPart: (part) => io.stderr.write(`${part} …\n`),
      }),
  );
  engine.dispose();
  reference.dispose();
  if (options.json === true) writeJson(io, { engine: id, reference: reference.id, scale, ...verdict });
  else {
    const { losses, greedy, agrees } = verdict;
    const mark = (fine: boolean) => (fine ? "agrees " : "DIFFERS");
    const lines = losses.map(({ training, steps, worst, step }) => {
      const where = worst === 0 ? "" : `, at step ${step}`;
      return `${mark(worst <= LOSS_TOLERANCE)}  ${NAMES[training]}: losses of ${steps} steps within ${worst.toExponential(1)}${where}`;
    });
    const share = greedy.equal >= EQUAL_TEXTS * greedy.prompts;
    lines.push(`${mark(share)}  greedy replies: ${greedy.equal} of ${greedy.prompts} prompts equal`);
    lines.push(
      `${id} and ${reference.id} ${agrees ? "agree" : "disagree"} (losses within ${LOSS_TOLERANCE}, ${100 * EQUAL_TEXTS} % of replies)`,
    );
    io.stdout.write(`${lines.join("\n")}\n`);
  }
  return verdict.agrees ? exitCodes.fine : exitCodes.failed;
}
