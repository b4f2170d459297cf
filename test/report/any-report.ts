/** Runs of any shape, and any text beside them, for properties of what is rendered. */
import { fc } from "@fast-check/vitest";
import type { RunSummary } from "../../src/bench/summary.js";
import type { Evidence } from "../../src/report/evidence.js";
import { evidenceFixture } from "./evidence-fixture.js";
import { estimate, summaryFixture } from "./summary-fixture.js";

/** Runs of any shape: any strings for names, any finite or missing numbers. */
export const hostileText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom(
    "\u001b[2J\u001b[H",
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "|a|b|",
    "`````",
    "\u202egnp.exe",
    "日本語 テスト",
    "a".repeat(200),
  ),
);
const anyEstimate = fc.oneof(
  fc.constant(null),
  fc.tuple(fc.double({ noNaN: true }), fc.double({ noNaN: true, min: 0, max: 1e6 })).map(([v, h]) => estimate(v, h)),
);
export const anySummary: fc.Arbitrary<RunSummary> = fc
  .record({
    names: fc.uniqueArray(hostileText, { minLength: 1, maxLength: 4 }),
    titles: fc.array(hostileText, { minLength: 6, maxLength: 6 }),
    hypervolumes: fc.array(anyEstimate, { minLength: 6, maxLength: 6 }),
    mean: fc.double(),
    message: hostileText,
    leader: fc.constantFrom(null, "alpha", "nobody"),
  })
  .map(({ names, titles, hypervolumes, mean, message, leader }) => {
    const base = summaryFixture();
    return summaryFixture({
      leader,
      run: { ...base.run, title: message, command: ["mva-bench", message] },
      values: names.map((name, k) => ({ name, center: 0, scale: 1, reference: 0, accuracy: null, ruler: k > 0 })),
      methods: base.methods.map((method, at) => ({
        ...method,
        title: titles[at] ?? "",
        hypervolume: hypervolumes[at] ?? null,
        mean: [mean],
        best: [],
        candidates: method.candidates.map((candidate) => ({
          ...candidate,
          name: message,
          means: names.map(() => mean),
        })),
      })),
      failures: [{ method: "alpha", seed: 1, message }],
    });
  });

/** Any text in replies, tasks of trainings, suites and environments. */
export const anyEvidence: fc.Arbitrary<Evidence> = fc.tuple(hostileText, hostileText).map(([first, second]) => {
  const { curves, record } = evidenceFixture();
  return {
    ...evidenceFixture({ prompt: first, reply: second }),
    curves: curves.map((curve) => ({ ...curve, method: first, task: second })),
    record: { ...record, suite: first, lock: second, environment: [[first, second]] },
    missing: [first],
  } as Evidence;
});
