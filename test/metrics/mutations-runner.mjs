// One Vitest that stays up for mutations.mjs: told which files changed and which tests to run, answers with the first failure.
import { createVitest } from "vitest/node";

const vitest = await createVitest("test", {
  watch: false,
  bail: 1,
  reporters: [{}],
  isolate: false,
  fileParallelism: false,
});
await vitest.standalone?.();
process.on("message", async ({ tests, changed, names }) => {
  if (names === undefined) vitest.resetGlobalTestNamePattern();
  else vitest.setGlobalTestNamePattern(new RegExp(names));
  for (const file of changed) vitest.invalidateFile(file);
  const project = vitest.getRootProject();
  const result = await vitest.runTestSpecifications(
    tests.map((file) => project.createSpecification(file)),
    false,
  );
  let failure = result.unhandledErrors.length > 0 ? "(fails to run)" : null;
  for (const file of result.testModules) {
    if (file.state() === "failed" && failure === null) failure = "(fails to run)";
    for (const test of file.children.allTests("failed")) {
      failure = test.fullName;
      break;
    }
  }
  process.send({ failure });
});
process.send({ ready: true });
