/** What goes wrong on a device and not in a program: memory that is not there, a device that has gone. */
import { totalmem } from "node:os";
import { EngineError, type EngineId, hasOwnMemory } from "./engine.js";
import { graphicsCards } from "./graphics-card.js";

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

// Dawn, ONNX Runtime, CUDA and TensorFlow, each in its own words. Dawn tells the lack of memory to its log only: what fails is the
// first use of the buffer that it could not make.
const MEMORY =
  /invalid buffer.*previous error|allocation size too large|exceeds the supported maximum|out of (device |host )?memory|out_of_memory|resource_?exhausted|\boom\b|bad_alloc|failed to allocate|allocation failed|cudamalloc|larger than.*(max|limit)|exceeds.*(buffer|limit)/i;
const LOST =
  /device\]? (was |is |has been )?lost|lost device|device_lost|cuda error.*(unknown|launch failure|unspecified)|cuda_error_(launch_failed|unknown|ecc_uncorrectable|illegal_address)|gpu.*(reset|hung)/i;

/**
 * One line for what a library says in many; undefined where it is about something else.
 * @param memory whose memory it is
 */
export function deviceError(
  program: string,
  engine: EngineId,
  error: unknown,
  memory = memoryOf,
): DeviceError | undefined {
  const text = String(error instanceof Error ? error.message : error);
  const [said = ""] = text.split("\n").filter((line) => MEMORY.test(line) || LOST.test(line));
  const quoted = said.trim().slice(-200);
  if (LOST.test(text)) {
    return new DeviceError(
      `${program}: the device of the engine "${engine}" was lost (${quoted}); look at the driver's log, then go on with mva-bench run --resume`,
      "lost",
    );
  }
  if (!MEMORY.test(text)) return undefined;
  const less = hasOwnMemory(engine) ? "close what else uses the card" : "fewer --threads";
  const other = engine === "cpu" ? "" : ", or take --engine cpu";
  return new DeviceError(
    `${program}: no memory left on the engine "${engine}"${memory(engine)} (${quoted}); ${less}, or lower batchPairs, rolloutReplies or the lengths in the suite${other}`,
    "memory",
  );
}

/** What there is, as far as the system tells: the cards by name, or the machine's memory. */
function memoryOf(engine: EngineId): string {
  if (!hasOwnMemory(engine)) return `, ${(totalmem() / 2 ** 30).toFixed(1)} GiB in all`;
  const cards = graphicsCards();
  return cards === null ? "" : `, ${cards}`;
}
