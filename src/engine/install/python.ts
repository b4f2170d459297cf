/** The active Python environment, asked without importing anything from it. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Env } from "./store.js";

/** Runs a script in the first Python that answers with something: the environment's own, then the path's. */
export function askPython(script: string, env: Env, args: readonly string[] = []): string | undefined {
  const environments = [env.VIRTUAL_ENV, env.CONDA_PREFIX].flatMap((folder) =>
    folder === undefined || folder === "" ? [] : [join(folder, "bin", "python")],
  );
  for (const python of [...environments, "python3", "python"]) {
    const { status, stdout } = spawnSync(python, ["-c", script, ...args], { encoding: "utf8", env: { ...env } });
    const answer = status === 0 ? stdout.trim() : "";
    if (answer !== "") return answer;
  }
  return undefined;
}

const PACKAGE = `
import importlib.util, sys
sys.path = [p for p in sys.path if p]
spec = importlib.util.find_spec(sys.argv[1])
print(list(spec.submodule_search_locations)[0] if spec and spec.submodule_search_locations else "")`;

/** The folder of a package that the active environment's Python would import. */
export function pythonPackage(name: string, env: Env): string | undefined {
  return askPython(PACKAGE, env, [name]);
}

const SITE = `
import site, sysconfig
print("\\n".join(dict.fromkeys([sysconfig.get_path("purelib"), *site.getsitepackages()])))`;

/** The folders that the active environment's packages lie in. */
export function activeSitePackages(env: Env): string[] {
  return askPython(SITE, env)?.split("\n") ?? [];
}
