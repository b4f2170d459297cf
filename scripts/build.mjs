// Compiles src/ to dist/. Lifecycle scripts do not run in this project (see .npmrc), so every npm script that needs
// dist/ calls this file first.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
rmSync(`${root}/dist`, { recursive: true, force: true });
const tsc = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));
const result = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
if (result.status !== 0) process.exit(result.status ?? 1);
const bin = `${root}/dist/cli/main.js`;
if (existsSync(bin)) chmodSync(bin, 0o755);
