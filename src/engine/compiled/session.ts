/** ONNX Runtime sessions, opened the same way everywhere. */
import "../no-telemetry.js";
import * as ort from "onnxruntime-node";
import type { Target } from "./graph.js";
import type { ConstantStorage } from "./graph-proto.js";

export interface SessionSettings {
  readonly target: Target;
  /** Threads of one operator. Operators run one after the other. */
  readonly threads: number;
  /** ONNX Runtime's own log, on stderr: errors only, or everything (which lists where each node is placed). */
  readonly log: "errors" | "everything";
  readonly memory: MemoryUse;
  /** Default "float32". */
  readonly constants?: ConstantStorage;
  /** Idle threads of an operator. Default "spin". */
  readonly idle?: "spin" | "sleep";
}

/**
 * Where an executable's intermediate tensors live between runs, on the CPU. "lean": they are given back after every run,
 * and all executables share the process' heap. "arena": each executable keeps an arena of its own at the size of its peak,
 * 1–6 % faster. Ten shapes of a decoder's train step with 0.8 M parameters took 0.4 GiB lean and 1.8 GiB with arenas.
 */
export type MemoryUse = "lean" | "arena";

/** Which side of a product is transposed, and how, is decided when it is recorded (`kernels/product.ts`). */
const LEFT_OUT = ["MatmulTransposeFusion"];
/** These would make 32-bit constants of 16-bit ones when the session is opened, or keep one copy for the whole run. */
export const UNFOLDED = [
  "ConstantFolding",
  "FuseFp16InitializerToFp32NodeTransformer",
  "CommonSubexpressionElimination",
];

export async function createSession(
  model: Uint8Array,
  { target, threads, log, memory, constants = "float32", idle = "spin" }: SessionSettings,
  outputsOnDevice: readonly string[] = [],
): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(model, {
    executionProviders: [target],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    // A memory pattern without an arena would map and unmap its whole block in every run.
    enableCpuMemArena: memory === "arena",
    enableMemPattern: memory === "arena",
    graphOptimizationLevel: "all",
    extra: {
      optimization: {
        disable_specified_optimizers: [...LEFT_OUT, ...(constants === "float16" ? UNFOLDED : [])].join(";"),
      },
      session: { intra_op: { allow_spinning: idle === "spin" ? "1" : "0" } },
    },
    logSeverityLevel: log === "everything" ? 0 : 3,
    ...(outputsOnDevice.length === 0
      ? {}
      : { preferredOutputLocation: Object.fromEntries(outputsOnDevice.map((name) => [name, "gpu-buffer" as const])) }),
  });
}
