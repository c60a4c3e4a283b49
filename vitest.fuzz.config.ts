import { defineConfig } from "vitest/config";

/** `make fuzz`: runs until it is stopped; see test/fuzz. */
export default defineConfig({
  test: {
    include: ["test/fuzz/*.fuzz.ts"],
    disableConsoleIntercept: true,
  },
});
