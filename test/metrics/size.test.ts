import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { skipVisibly } from "../skip.js";

const index = fileURLToPath(new URL("../../src/metrics/index.ts", import.meta.url));

/** What a bundle of these names takes; everything else must fall away. */
async function bundled(names: string): Promise<{ bytes: number; imports: readonly string[] } | undefined> {
  // comes with the test runner
  const { rolldown } = await import("rolldown").catch(() => ({ rolldown: undefined }));
  if (rolldown === undefined) return undefined;
  const entry = "\0entry";
  const bundle = await rolldown({
    input: entry,
    resolve: { extensionAlias: { ".js": [".ts"] } },
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === entry ? id : null),
        load: (id) => (id === entry ? `export ${names} from ${JSON.stringify(index)};` : null),
      },
    ],
  });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  return { bytes: gzipSync(output[0].code, { level: 9 }).length, imports: output[0].imports };
}

describe("size of the module, minified and gzipped", () => {
  test.for([
    // the goal is 15,000 for all of it: see docs/performance.md
    ["*", 19_200],
    ["{ hypervolume }", 5950],
    ["{ nondominated, attainmentSurface, paretoRanks }", 2900],
    ["{ hypervolume, hypervolumeContributions, nondominated, igdPlus, epsilonAdditive, r2, sparsity, coverage }", 8150],
    ["{ hsic, cka, hsicPermutationTest }", 3300],
    ["{ lowRankCka, lowRankHsic, subspaceOverlap, effectiveRank, interference }", 3500],
    ["{ bootstrapHypervolume, uncertaintyOf, pairedDifference }", 7800],
    ["{ wilsonInterval, holm, pairedPermutationTest }", 1450],
  ] as const)("%s: at most %d bytes, without imports", async ([names, most], context) => {
    const found = await bundled(names);
    if (found === undefined) return skipVisibly(context, "the test runner brings no rolldown");
    expect(found.imports).toEqual([]);
    expect(found.bytes).toBeLessThanOrEqual(most);
  });
});
