// Prints the "overrides" of biome.json that enforce the folder order: a folder imports only from those before it.
// After a change of ORDER run: node scripts/lint/folders.mjs --write
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const ORDER = [
  "metrics",
  "engine",
  "lm",
  "data",
  "rewards",
  "methods",
  "bench",
  "report",
  "leaderboard",
  "ui",
  "cli",
];

/** Import specifiers that `folder` may not use, as patterns of Biome's noRestrictedImports. */
function restricted(folder) {
  const later = ORDER.slice(ORDER.indexOf(folder) + 1);
  const climb = ["../", "../../", "../../../"];
  const group = later.flatMap((name) => climb.map((up) => `${up}${name}/**`));
  const patterns = [
    {
      group: ["mva-bench", "mva-bench/**"],
      message: "Inside the package, import the module itself by its relative path.",
    },
  ];
  if (group.length > 0) {
    patterns.unshift({
      group,
      message: `${folder} imports only from ${ORDER.slice(0, ORDER.indexOf(folder)).join(", ") || "itself"} (folder order: docs/architecture.md).`,
    });
  }
  if (folder === "metrics") {
    patterns.unshift({
      group: ["**", "!./**", "!../metrics/**"],
      message: "metrics imports nothing from outside its folder.",
    });
  }
  return patterns;
}

export function overrides() {
  return ORDER.map((folder) => ({
    includes: [`src/${folder}/**`],
    linter: {
      rules: {
        style: { noRestrictedImports: { level: "error", options: { patterns: restricted(folder) } } },
      },
    },
  }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = fileURLToPath(new URL("../../biome.json", import.meta.url));
  const config = JSON.parse(readFileSync(path, "utf8"));
  config.overrides = overrides();
  if (process.argv.includes("--write")) writeFileSync(path, `${JSON.stringify(config, null, 2)}\n`);
  else console.log(JSON.stringify(config.overrides, null, 2));
}
