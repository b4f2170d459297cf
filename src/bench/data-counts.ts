/** How many pairs a run's data gave, by value and split, and what was left out on the way: nothing is dropped in silence. */
import { z } from "zod";
import type { DropCounts } from "../data/index.js";
import { splits } from "../data/split.js";
import type { PreparedData } from "./prepare.js";

const count = z.number().int().nonnegative();

export const dataCountsSchema = z.object({
  /** By value, then split: pairs that were short enough. */
  pairs: z.record(z.string(), z.record(z.enum(splits), count)),
  /** Rows left out, by reason; `over-long`: more tokens than the suite takes. */
  leftOut: z.record(z.string(), count),
});

export type DataCounts = z.infer<typeof dataCountsSchema>;

export function countsOf({ pairs, overLong }: PreparedData, dropped: DropCounts): DataCounts {
  const values = Object.keys(pairs.train);
  const bySplit = (value: string) => splits.map((split) => [split, pairs[split][value]?.length ?? 0] as const);
  const reasons = { ...dropped, "over-long": dropped["over-long"] + overLong };
  return {
    pairs: Object.fromEntries(
      values.map((value) => [value, Object.fromEntries(bySplit(value))]),
    ) as DataCounts["pairs"],
    leftOut: Object.fromEntries(Object.entries(reasons).filter(([, rows]) => rows > 0)),
  };
}

/** "helpful 812 train, 401 scorer, 160 validation, 230 test; …; left out: 14 prefix mismatch, 903 over-long" */
export function countsText({ pairs, leftOut }: DataCounts): string {
  const values = Object.entries(pairs).map(
    ([value, counts]) => `${value} ${splits.map((split) => `${counts[split]} ${split}`).join(", ")}`,
  );
  const reasons = Object.entries(leftOut).map(([reason, rows]) => `${rows} ${reason}`);
  return [...values, reasons.length === 0 ? "no row left out" : `left out: ${reasons.join(", ")}`].join("; ");
}
