/**
 * How many rows a call takes, found by trying: as many as its caller finds best or the engine was told, and half as many each
 * time that the device's memory does not hold them. For callers whose results do not depend on what shares a call.
 */
import { DeviceError } from "./device-error.js";
import type { Engine } from "./engine.js";

export class FittingRows {
  #most = Number.POSITIVE_INFINITY;

  /**
   * @param engine whose limit counts, and who says so in one line when rows are halved
   * @param what the rows are of, in that line
   * @param least rows that a call must have
   */
  constructor(
    readonly engine: Pick<Engine, "id" | "maxRows" | "say"> | undefined,
    readonly what: string,
    readonly least = 1,
  ) {}

  /** Rows of a call, where the caller would take so many. */
  of(wanted: number): number {
    const allowed = Math.min(wanted, this.#most, this.engine?.maxRows ?? Number.POSITIVE_INFINITY);
    return Math.max(Math.min(this.least, wanted), allowed);
  }

  /** @returns whether a call of `rows` failed for lack of memory, and there is something left to halve */
  halve(error: unknown, rows: number): boolean {
    if (!(error instanceof DeviceError) || error.kind !== "memory" || rows <= this.least) return false;
    this.#most = Math.max(this.least, Math.floor(rows / 2));
    this.engine?.say?.(
      `${this.what}: the memory of ${this.engine.id} does not hold ${rows} rows at once; going on with ${this.#most}`,
    );
    return true;
  }

  /** Calls `run` on one part after the other, of at most `wanted` items. @throws what `run` throws, but for lack of memory */
  async inParts<T>(items: readonly T[], wanted: number, run: (part: readonly T[]) => Promise<void>): Promise<void> {
    for (let from = 0; from < items.length; ) {
      const part = items.slice(from, from + this.of(wanted));
      try {
        await run(part);
      } catch (error) {
        if (this.halve(error, part.length)) continue;
        throw error;
      }
      from += part.length;
    }
  }
}
