import fc from "fast-check";
import { expect, test } from "vitest";
import { changedPolicy, expectFindings } from "./changed-policy.ts";

test("a policy changed at random gives findings or a policy, never an exception", async () => {
  let withFindings = 0;
  await fc.assert(
    fc.asyncProperty(changedPolicy, async (text) => {
      withFindings += (await expectFindings(text)) > 0 ? 1 : 0;
    }),
    { numRuns: 1500 },
  );
  expect(withFindings).toBeGreaterThan(500);
});
