// What the tests of this folder use of Vitest, without its runner: tests are collected as the file loads, and run by mutations-runner.mjs.
import { JestAsymmetricMatchers, JestChaiExpect } from "@vitest/expect";
import * as chai from "chai";
import fc from "fast-check";

chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

export { fc };
export const expect = (value, message) => chai.expect(value, message);

const collected = [];
const titles = [];

export function describe(title, body) {
  titles.push(title);
  body();
  titles.pop();
}

export function test(title, body) {
  collected.push({ name: [...titles, title].join(" > "), body });
}

/** As Vitest's: `$key` of an object, else %s, %d and %i in turn. */
function titled(title, row) {
  if (row !== null && typeof row === "object" && !Array.isArray(row))
    return title.replace(/\$(\w+)/g, (_, key) => row[key]);
  const words = [row].flat();
  return title.replace(/%[sdi]/g, () => String(words.shift()));
}

test.each = (rows) => (title, body) => {
  for (const row of rows) test(titled(title, row), () => (Array.isArray(row) ? body(...row) : body(row)));
};
test.for = (rows) => (title, body) => {
  for (const row of rows) test(titled(title, row), (context) => body(row, context));
};
test.prop = (arbitraries) => (title, body) => {
  test(title, () => fc.assert(fc.property(...arbitraries, (...input) => body(...input))));
};

/** The tests since the last call. */
export function collect() {
  return collected.splice(0);
}
