/** Where two documents of figures differ, beyond what another order of additions may do to a sum. */

/** Paths of the leaves that are not equal; numbers may differ by a billionth. */
export function differingLeaves(a: unknown, b: unknown, path = ""): string[] {
  if (Object.is(a, b)) return [];
  if (typeof a === "number" && typeof b === "number") {
    return Math.abs(a - b) <= 1e-9 * Math.max(1e-3, Math.abs(a), Math.abs(b)) ? [] : [`${path} (${a}, not ${b})`];
  }
  if (a !== null && b !== null && typeof a === "object" && typeof b === "object") {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...keys].flatMap((key) => {
      const [x, y]: unknown[] = [Reflect.get(a, key), Reflect.get(b, key)];
      return differingLeaves(x, y, path === "" ? key : `${path}.${nameOf(x) ?? nameOf(y) ?? key}`);
    });
  }
  return [`${path} (${JSON.stringify(a)}, not ${JSON.stringify(b)})`];
}

/** Entries of lists are known by their id. */
function nameOf(entry: unknown): string | undefined {
  const id: unknown = entry !== null && typeof entry === "object" ? Reflect.get(entry, "id") : undefined;
  return typeof id === "string" ? id : undefined;
}
