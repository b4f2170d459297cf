import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  cka,
  frobeniusCosine,
  hsic,
  hypervolume,
  lowRankCka,
  lowRankHsic,
  medianBandwidth,
  type Sense,
} from "../../src/metrics/index.js";
import { sharedFolder } from "../skip.js";

type Rows = number[][];
interface Golden {
  hsic: (Record<string, number> & { X: Rows; Y: Rows; sigmaX: number; sigmaY: number })[];
  lowRank: { A1: Rows; B1: Rows; A2: Rows; B2: Rows; hsicBiased: number; cka: number; frobeniusCosine: number }[];
  hypervolume: { sense: Sense; points: Rows; reference: number[]; expected: number }[];
  indicators: (Record<string, number> & { sense: Sense; A: Rows; R: Rows })[];
}

function close(actual: number, expected: number | undefined, relative = 1e-12): void {
  if (expected === undefined) throw new Error("golden value is missing");
  expect(Math.abs(actual - expected), `${actual} against ${expected}`).toBeLessThanOrEqual(
    relative * Math.max(Math.abs(expected), 1e-3),
  );
}

describe("golden numbers", () => {
  test("hypervolume in 1 to 6 objectives", (ctx) => {
    const golden = JSON.parse(readFileSync(sharedFolder(ctx, "fixtures/golden.json"), "utf8")) as Golden;
    expect(golden.hypervolume.length).toBeGreaterThanOrEqual(6);
    for (const { points, reference, sense, expected } of golden.hypervolume) {
      close(hypervolume(points, { reference, sense }).value, expected);
    }
  });

  test("HSIC, CKA and the median heuristic", (ctx) => {
    const golden = JSON.parse(readFileSync(sharedFolder(ctx, "fixtures/golden.json"), "utf8")) as Golden;
    for (const { X, Y, sigmaX, sigmaY, ...expected } of golden.hsic) {
      const rbf = { kernel: { kind: "rbf", sigma: sigmaX }, kernelY: { kind: "rbf", sigma: sigmaY } } as const;
      close(hsic(X, Y, { estimator: "biased" }), expected.linearBiased);
      close(hsic(X, Y), expected.linearUnbiased);
      close(hsic(X, Y, { ...rbf, estimator: "biased" }), expected.rbfBiased);
      close(hsic(X, Y, rbf), expected.rbfUnbiased);
      close(cka(X, Y, { estimator: "biased" }), expected.linearCka);
      close(cka(X, Y, { ...rbf, estimator: "biased" }), expected.rbfCka);
      close(cka(X, Y), expected.debiasedLinearCka);
      close(medianBandwidth(X), expected.medianSigmaX);
      close(medianBandwidth(Y), expected.medianSigmaY);
    }
  });

  test("low-rank HSIC, CKA and Frobenius cosine", (ctx) => {
    const golden = JSON.parse(readFileSync(sharedFolder(ctx, "fixtures/golden.json"), "utf8")) as Golden;
    for (const { A1, B1, A2, B2, hsicBiased, cka: expected, frobeniusCosine: cosine } of golden.lowRank) {
      const [one, two] = [
        { A: A1, B: B1 },
        { A: A2, B: B2 },
      ];
      close(lowRankHsic(one, two, { estimator: "biased" }), hsicBiased);
      close(lowRankCka(one, two, { estimator: "biased" }), expected);
      close(frobeniusCosine(one, two), cosine);
    }
  });
});
