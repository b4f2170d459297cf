// Runs the GPU bundle's `check` as a whole in an empty root folder: the C library, a shell, eight small programs, and nothing
// else but the driver that is named. For hosts without a card: a Vulkan driver in software, tiny shapes, a tiny suite. As root.
//
//   node scripts/try-gpu-bundle.mjs mva-bench-gpu.tar.xz [--driver ICD.json] [--engine webgpu] [--sizes tiny] [--results DIR]
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parse, stringify } from "yaml";

const PROGRAMS = ["sh", "uname", "cat", "grep", "mkdir", "cp", "rm", "dirname"];
const C_LIBRARY = ["/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64"];
const { values: options, positionals } = flags();
const [archive] = positionals;
if (archive === undefined || !existsSync(archive)) {
  process.stderr.write("try-gpu-bundle: name the archive that gpu-bundle.mjs made\n");
  process.exit(2);
}

const root = mkdtempSync(join(tmpdir(), "mva-bench-root-"));
try {
  for (const folder of ["dev", "tmp", "etc"]) mkdirSync(join(root, folder));
  writeFileSync(join(root, "dev/null"), "");
  for (const name of PROGRAMS) {
    const path = pathOf(name);
    lay(path, join("/bin", name));
    layLibraries(path);
  }
  // The C library comes in these files; the C++ runtime is the bundle's.
  for (const name of ["libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1"]) {
    const path = C_LIBRARY.map((folder) => join(folder, name)).find((candidate) => existsSync(candidate));
    if (path !== undefined) lay(path);
  }
  layLibraries(process.execPath, (library) => /^ld-linux/.test(library));
  const env = { PATH: "/bin" };
  if (options.driver !== "none") {
    const description = JSON.parse(readFileSync(options.driver, "utf8"));
    const library = resolve(dirname(options.driver), description.ICD.library_path);
    lay(options.driver);
    lay(library);
    layLibraries(library);
    env.VK_ICD_FILENAMES = options.driver;
  }
  writeFileSync(join(root, "suite.yaml"), stringify(tinySuite()));
  must("tar", ["-C", root, "-xf", archive]);
  const args = [root, "/bin/sh", "/mva-bench-gpu/check", "/results", options.engine, "/suite.yaml", options.sizes];
  const { status, stdout, stderr } = spawnSync("/usr/sbin/chroot", args, { env, encoding: "utf8" });
  process.stdout.write(stdout ?? "");
  process.stderr.write(stderr ?? "");
  for (const name of readdirSync(join(root, "results")).sort()) {
    const text = readFileSync(join(root, "results", name), "utf8");
    process.stdout.write(`${name}: ${text.length} bytes\n`);
  }
  if (options.results !== undefined) cpSync(join(root, "results"), options.results, { recursive: true });
  process.exitCode = status ?? 1;
} finally {
  rmSync(root, { recursive: true, force: true });
}

/** Every kind of training once, on a policy that a driver in software gets through. */
function tinySuite() {
  const suite = parse(readFileSync(fileURLToPath(new URL("../benchmarks/suites/smoke.yaml", import.meta.url)), "utf8"));
  const [helpful, harmless] = suite.values;
  const { base, settings, data, evaluation } = suite;
  return {
    ...suite,
    suite: "tiny",
    data: { ...data, maxPairsPerValue: 32, maxPromptTokens: 60, maxReplyTokens: 90 },
    values: [helpful, harmless],
    base: {
      ...base,
      vocabSize: 400,
      hiddenSize: 16,
      layers: 1,
      heads: 2,
      kvHeads: 1,
      intermediateSize: 32,
      sft: { ...base.sft, maxSteps: 4, batchPairs: 8 },
    },
    methods: ["soup", "mva"],
    questions: [],
    settings: { ...settings, preference: { ...settings.preference, batchPairs: 8 } },
    budget: { flops: 2e8, per: "method" },
    candidates: { lattice: "vertices-edges-centre", explore: 0 },
    evaluation: { ...evaluation, testPrompts: 4, validationPrompts: 4, maxNewTokens: 8 },
  };
}

/** Copies a file to its own place under the root, or another. */
function lay(path, to = path) {
  const target = join(root, to);
  if (existsSync(target)) return;
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(realpathSync(path), target);
}

function layLibraries(path, wanted = () => true) {
  const { stdout } = spawnSync("ldd", [realpathSync(path)], { encoding: "utf8" });
  for (const [, library] of stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)) if (wanted(basename(library))) lay(library);
}

function pathOf(program) {
  const found = ["/usr/bin", "/bin"].map((folder) => join(folder, program)).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${program} is not here`);
  return found;
}

function must(program, args) {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
}

function flags() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        driver: { type: "string", default: "/usr/lib/chromium/vk_swiftshader_icd.json" },
        engine: { type: "string", default: "webgpu" },
        sizes: { type: "string", default: "tiny" },
        results: { type: "string" },
      },
    });
  } catch (error) {
    process.stderr.write(`try-gpu-bundle: ${String(error.message).split("\n")[0]}\n`);
    return process.exit(2);
  }
}
