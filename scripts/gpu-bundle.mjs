// Packs what a GPU machine without internet needs into one archive: this Node.js, the built package with its production
// dependencies for Linux x64, the Vulkan loader, the benchmark, and one command that checks and measures everything.
//
//   npm run build && node scripts/gpu-bundle.mjs [--out mva-bench-gpu.tar.xz] [--vulkan-loader libvulkan.so.1] [--compress xz|gz]
//                                               [--dist dist]
//
// There: tar xJf mva-bench-gpu.tar.xz && mva-bench-gpu/check results      (docs/gpu/README.md)
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const MOST_BYTES = 60e6;
const X11 = [
  "libX11.so.6",
  "libXext.so.6",
  "libxcb.so.1",
  "libXau.so.6",
  "libXdmcp.so.6",
  "libbsd.so.0",
  "libmd.so.0",
  "libEGL.so.1",
  "libGLdispatch.so.0",
];
const root = fileURLToPath(new URL("..", import.meta.url));
const fail = (line, code = 1) => {
  process.stderr.write(`gpu-bundle: ${line}\n`);
  process.exit(code);
};
const options = flags();
if (!["xz", "gz", undefined].includes(options.compress))
  fail(`--compress takes xz or gz, not "${options.compress}"`, 2);
const named = options["vulkan-loader"];
if (named !== undefined && !existsSync(named)) fail(`--vulkan-loader: there is no ${named}`, 2);
if (process.platform !== "linux" || process.arch !== "x64") fail("packs for Linux x64, and runs there only");
const dist = resolve(options.dist);
if (!existsSync(join(dist, "cli/main.js"))) fail(`${dist} is missing: npm run build first`);

const work = mkdtempSync(join(tmpdir(), "mva-bench-gpu-"));
// However this ends: a failure exits at once.
process.on("exit", () => rmSync(work, { recursive: true, force: true }));
const stage = join(work, "mva-bench-gpu");
packApplication();
packRuntime();
writeCommands();
const out = resolve(options.out);
const compress = options.compress ?? (out.endsWith(".gz") ? "gz" : "xz");
const { status, stderr } = spawnSync(
  "tar",
  ["-C", work, "--owner=0", "--group=0", "--sort=name", compress === "xz" ? "-cJf" : "-czf", out, "mva-bench-gpu"],
  { encoding: "utf8", env: { ...process.env, GZIP: "-9", XZ_OPT: "-6" } },
);
if (status !== 0) fail(`tar failed: ${stderr.trim().split("\n")[0]}`);
const { size } = statSync(out);
process.stdout.write(`${out}: ${(size / 1e6).toFixed(1)} MB\n`);
if (size > MOST_BYTES) fail(`the archive is over ${MOST_BYTES / 1e6} MB: --compress xz makes it smaller`);

function flags() {
  try {
    return parseArgs({
      options: {
        out: { type: "string", default: "mva-bench-gpu.tar.xz" },
        "vulkan-loader": { type: "string" },
        compress: { type: "string" },
        dist: { type: "string", default: join(root, "dist") },
      },
    }).values;
  } catch (error) {
    return fail(String(error.message).split("\n")[0], 2);
  }
}

function packApplication() {
  const app = join(stage, "app");
  cpSync(dist, join(app, "dist"), { recursive: true, filter: (file) => !file.endsWith(".d.ts") });
  for (const path of [
    "datasets",
    "benchmarks/suites",
    "benchmarks/perf",
    "benchmarks/peers",
    "package.json",
    "LICENSE",
  ]) {
    cpSync(join(root, path), join(app, path), { recursive: true, filter: (file) => !file.endsWith(".d.ts") });
  }
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === "" || entry.dev || entry.optional || entry.devOptional) continue;
    cpSync(join(root, path), join(app, path), { recursive: true, filter: (file) => runs(path, file) });
  }
}

/** Whether a file of a package is run: no types, maps or sources, no libraries of other systems, one form of TensorFlow.js. */
function runs(package_, file) {
  const name = file.slice(join(root, package_).length);
  if (name.startsWith("/node_modules")) return false;
  if (/\.(map|d\.[cm]?ts|md|html|tsbuildinfo)$/.test(name)) return false;
  if (package_.endsWith("/onnxruntime-node") && name.startsWith("/bin/napi")) {
    return /^\/bin\/napi-v\d+(\/linux(\/x64(\/.*)?)?)?$/.test(name);
  }
  if (package_.startsWith("node_modules/@tensorflow/") && !statSync(file).isDirectory()) {
    return name === "/package.json" || /^\/dist\/tf[\w-]*\.node\.js$/.test(name);
  }
  return true;
}

function packRuntime() {
  mkdirSync(join(stage, "bin"), { recursive: true });
  copyFileSync(process.execPath, join(stage, "bin/node"));
  const own = join(stage, "lib");
  mkdirSync(own);
  const loader = named ?? system("libvulkan.so.1");
  if (loader === undefined) fail("no libvulkan.so.1 here: install libvulkan1, or name it with --vulkan-loader");
  copyFileSync(loader, join(own, "libvulkan.so.1"));
  // For images so slim that they lack the C++ runtime, or what NVIDIA's driver links for a screen that nobody has (its Vulkan part
  // does not load without libXext); the machine's own are preferred.
  packLibraries("lib-fallback", ["libstdc++.so.6", "libgcc_s.so.1"]);
  packLibraries("lib-x11", X11);
  // The same driver by its part that needs no screen at all, where the description of the other one is not mounted.
  writeFileSync(
    join(stage, "nvidia_headless_icd.json"),
    `${JSON.stringify({ file_format_version: "1.0.0", ICD: { library_path: "libEGL_nvidia.so.0", api_version: "1.3.0" } })}\n`,
  );
}

function packLibraries(folder, names) {
  mkdirSync(join(stage, folder));
  for (const name of names) {
    const path = system(name);
    if (path !== undefined) copyFileSync(path, join(stage, folder, name));
  }
}

function system(name) {
  const folders = ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/lib64", "/usr/lib"];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

function writeCommands() {
  const environment = `here=$(cd "$(dirname "$0")" && pwd)
folders="/lib/x86_64-linux-gnu /usr/lib/x86_64-linux-gnu /usr/lib64 /lib64 /usr/lib"
has() {
  for folder in $folders; do [ -e "$folder/$1" ] && return 0; done
  return 1
}
fallback=
has libstdc++.so.6 && has libgcc_s.so.1 || fallback=":$here/lib-fallback"
has libX11.so.6 && has libXext.so.6 || fallback="$fallback:$here/lib-x11"
# Behind the machine's own libraries: a loader that belongs to the driver comes first.
export LD_LIBRARY_PATH="\${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/lib$fallback"
# Where the driver is mounted and not installed (containers), its description is not where the loader looks.
if [ -z "\${VK_DRIVER_FILES:-}\${VK_ICD_FILENAMES:-}" ]; then
  for icd in /etc/vulkan/icd.d/nvidia_icd.json /usr/share/vulkan/icd.d/nvidia_icd.json /usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json; do
    [ -e "$icd" ] && export VK_DRIVER_FILES="$icd" && break
  done
  # The driver's libraries without any description of them: its part for machines without a screen.
  [ -z "\${VK_DRIVER_FILES:-}" ] && has libEGL_nvidia.so.0 && export VK_DRIVER_FILES="$here/nvidia_headless_icd.json"
fi
`;
  command(
    "mva-bench",
    `#!/bin/sh
# mva-bench with the Node.js and the libraries beside it.
${environment}exec "$here/bin/node" "$here/app/dist/cli/main.js" "$@"
`,
  );
  const check = readFileSync(join(root, "scripts/gpu-bundle-check.sh"), "utf8");
  command("check", `#!/bin/sh\n${environment}${check}`);
}

function command(name, text) {
  const path = join(stage, name);
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}
