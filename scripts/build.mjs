// Compiles src/ to dist/. Lifecycle scripts do not run in this project (see .npmrc), so every npm script that needs
// dist/ calls this file first. The new dist/ is made beside the old one and put in its place when it is whole: a
// command that runs meanwhile never sees half of it.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, renameSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const [dist, fresh, old] = [`${root}dist`, `${root}dist.new-${process.pid}`, `${root}dist.old-${process.pid}`];
const tsc = `${root}node_modules/typescript/bin/tsc`;
const result = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", fresh], {
  cwd: root,
  stdio: "inherit",
});
try {
  if (existsSync(`${fresh}/cli/main.js`)) {
    chmodSync(`${fresh}/cli/main.js`, 0o755);
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(fresh, dist);
  }
} finally {
  for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true });
}
process.exit(result.status ?? 1);
