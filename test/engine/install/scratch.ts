/** A temporary folder with files in it, removed when the test ends. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

export function scratch(files: Readonly<Record<string, string | Buffer>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "mva-bench-install-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    if (typeof content === "string" && content.startsWith("#!")) chmodSync(path, 0o755);
  }
  return folder;
}

/** What a TensorFlow package's folder holds, as far as is looked at. */
export function tensorflowFiles(prefix: string, buildInfo = "[('is_cuda_build', False)]"): Record<string, string> {
  return {
    [`${prefix}libtensorflow_cc.so.2`]: "",
    [`${prefix}libtensorflow_framework.so.2`]: "",
    [`${prefix}include/tensorflow/c/c_api.h`]: "",
    [`${prefix}python/platform/build_info.py`]: `build_info = collections.OrderedDict(${buildInfo})`,
  };
}

export const CUDA_BUILD = "[('cuda_version', '12.5.1'), ('cudnn_version', '9'), ('is_cuda_build', True)]";
