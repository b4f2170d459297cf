/** What goes wrong on a device and not in a program: memory that is not there, a device that has gone. */
import { EngineError } from "../engine.js";
import type { Target } from "./graph.js";

/** The run that it ends can be resumed; its exit code says so. */
export class DeviceError extends EngineError {
  readonly exitCode = 70;

  constructor(
    message: string,
    readonly kind: "memory" | "lost",
  ) {
    super(message);
  }
}

const MEMORY =
  /out of (device |host )?memory|\boom\b|bad_alloc|failed to allocate|allocation failed|cudamalloc|larger than.*(max|limit)|exceeds.*(buffer|limit)/i;
const LOST =
  /device (was |is |has been )?lost|lost device|device_lost|cuda error.*(unknown|launch failure|unspecified)|gpu.*(reset|hung)/i;

/** One line for what ONNX Runtime says in many; undefined where it is about something else. */
export function deviceError(program: string, target: Target, error: unknown): DeviceError | undefined {
  const text = String(error instanceof Error ? error.message : error);
  const [said = ""] = text.split("\n").filter((line) => MEMORY.test(line) || LOST.test(line));
  const quoted = said.trim().slice(-200);
  if (LOST.test(text)) {
    return new DeviceError(
      `${program}: the device of the engine "${target}" was lost (${quoted}); look at the driver's log, then go on with mva-bench run --resume`,
      "lost",
    );
  }
  if (!MEMORY.test(text)) return undefined;
  const less = target === "cpu" ? "fewer --threads" : "close what else uses the card";
  return new DeviceError(
    `${program}: no memory left on the engine "${target}" (${quoted}); ${less}, or lower batchPairs, rolloutReplies or the lengths in the suite, or take --engine cpu`,
    "memory",
  );
}
