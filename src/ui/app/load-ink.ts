/** Ink and React, which take a third of a second to load: only where something is shown. */

export async function loadInk() {
  const { env } = process;
  // React's build for development is slow, and keeps measurements for ever.
  env.NODE_ENV ??= "production";
  // Ink moves nothing where CI is set, even to nothing. Whether to is decided here before (`capability.ts`), so that ink,
  // which looks once as it loads, is told that this is none.
  const before = [env.CI, env.CONTINUOUS_INTEGRATION] as const;
  [env.CI, env.CONTINUOUS_INTEGRATION] = ["false", "false"];
  try {
    const [{ render }, { createElement }] = await Promise.all([import("ink"), import("react")]);
    return { render, createElement };
  } finally {
    restore("CI", before[0]);
    restore("CONTINUOUS_INTEGRATION", before[1]);
  }
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
