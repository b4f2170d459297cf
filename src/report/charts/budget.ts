/** The budget ledger: what each method spent, by kind, against what it had planned. */
import { sanitise } from "../../bench/files/sanitise.js";
import type { RunSummary } from "../../bench/summary.js";
import type { Figure } from "../model.js";
import { flops } from "../numbers.js";
import type { BarChart } from "./chart.js";

/** FLOPs of one kind that a picture has a place for. */
const MOST = 1e30;

export function budgetFigure(summary: RunSummary): Figure | null {
  const paid = summary.ledger.filter(
    ({ planned, spent }) => planned > 0 && planned < MOST && spent >= 0 && spent < MOST,
  );
  const kinds = [...new Set(paid.map(({ kind }) => kind))];
  const rows = summary.methods.flatMap((method): BarChart["rows"] => {
    const own = paid.filter((entry) => entry.method === method.id);
    if (own.length === 0) return [];
    const amounts = kinds.map((kind) => own.filter((e) => e.kind === kind).reduce((sum, e) => sum + e.spent, 0));
    const planned = own.reduce((sum, entry) => sum + entry.planned, 0);
    const parts = kinds.flatMap((kind, k) => {
      const amount = amounts[k] ?? 0;
      return amount > 0 ? [`${sanitise(kind)} ${flops(amount)}`] : [];
    });
    const spent = amounts.reduce((sum, amount) => sum + amount, 0);
    return [
      {
        label: sanitise(method.title),
        amounts,
        planned,
        detail: [sanitise(method.title), ...parts, `spent ${flops(spent)} of ${flops(planned)} planned`].join("\n"),
      },
    ];
  });
  if (rows.length === 0) return null;
  const seeds = summary.run.seeds.length === 1 ? "" : `, all ${summary.run.seeds.length} seeds together`;
  return {
    name: "budget",
    title: "Budget by method and kind",
    caption: `Charged floating-point operations by kind${seeds}; the tick marks what was planned.`,
    chart: { kind: "bars", axis: "FLOP", parts: kinds.map((kind) => sanitise(kind)), rows },
  };
}
