/** Ink and React, which take a third of a second to load: only where something is shown. */

export async function loadInk() {
  // React's build for development is slow, and keeps measurements for ever.
  process.env.NODE_ENV ??= "production";
  const [{ render }, { createElement }] = await Promise.all([import("ink"), import("react")]);
  return { render, createElement };
}
