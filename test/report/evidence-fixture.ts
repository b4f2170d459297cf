/** What lay beside the summary of a run that never was. */
import type { Evidence } from "../../src/report/evidence.js";
import { summaryFixture } from "./summary-fixture.js";

export function evidenceFixture({ prompt = "Tell me how to bake bread, please.", reply = "Mix and bake." } = {}) {
  const scores = summaryFixture().values.map((_, k) => (k === 2 ? null : 0.5 + k / 10));
  return {
    curves: ["dpo helpful 1", "dpo harmless 2"].map((task, k) => ({
      seed: 1,
      method: "alpha",
      task,
      steps: 40,
      measures: {
        loss: Array.from({ length: 40 }, (_, i): [number, number] => [i + 1, 1 - i / 100 + k / 10]),
        kl: Array.from({ length: 40 }, (_, i): [number, number] => [i + 1, i / 10]),
      },
    })),
    replies: {
      prompts: [1, 2, 3, 4, 5].map((n) => ({ key: `p${n}`, text: n === 1 ? prompt : `ask p${n}` })),
      seed: 1,
      of: (method: string, candidate: string, key: string) =>
        method === "gamma" && key === "p2"
          ? null
          : { text: `${method} ${candidate}: ${reply}`, ended: candidate !== "w0-100-0", scores },
    },
    record: {
      suite: "suite: fixture\nvalues:\n  - helpful",
      lock: null,
      environment: [
        ["node", "20.0.0"],
        ["commit", "0123456"],
      ],
    },
    missing: [],
  } satisfies Evidence;
}
