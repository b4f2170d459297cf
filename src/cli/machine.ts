/** The machine, in the words that a run's record and `doctor` use. */
import { availableParallelism, cpus, totalmem } from "node:os";

export interface Machine {
  readonly platform: string;
  readonly processor: string;
  readonly threads: number;
  readonly memoryGiB: number;
}

export function thisMachine(): Machine {
  return {
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model.trim() ?? "unknown processor",
    threads: availableParallelism(),
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
  };
}

export function machineText({ platform, processor, threads, memoryGiB }: Machine): string {
  return `${processor}, ${threads} threads, ${memoryGiB} GiB, ${platform}`;
}
