/** Whether markup is well-formed, by the plainest reading of it. */
import { expect } from "vitest";

const TAG = /<(\/?)([a-zA-Z0-9]+)((?:\s+[\w:-]+="[^"<]*")*\s*\/?)>/g;

/** Every tag that opens is closed in its turn, and no bracket is left over. Void elements of HTML are known. */
export function wellFormed(markup: string): void {
  const open: string[] = [];
  const body = markup
    .replace(/<!doctype html>/, "")
    .replace(/<style>[\s\S]*?<\/style>/, "")
    // A browser ends a script at the first closing tag, whatever stands before it.
    .replace(/<script[^>]*>[\s\S]*?<\/script>/g, "");
  for (const [, close, name = "", rest = ""] of body.matchAll(TAG)) {
    if (name === "meta" || rest.endsWith("/")) continue;
    if (close === "/") expect(open.pop()).toBe(name);
    else open.push(name);
  }
  expect(open).toEqual([]);
  expect(body.replace(TAG, "")).not.toMatch(/[<>]/);
}
