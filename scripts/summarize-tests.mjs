// Prints `N passed, N failed` from a report of the test runner and exits non-zero unless all is well.
// usage: node scripts/summarize-tests.mjs REPORT.json STATUS_OF_MAKE
import { existsSync, readFileSync } from "node:fs";

const [reportPath = "", makeStatus = "1"] = process.argv.slice(2);
const report = existsSync(reportPath)
  ? JSON.parse(readFileSync(reportPath, "utf8"))
  : { numPassedTests: 0, numFailedTests: 0, numFailedTestSuites: 0 };

const passed = report.numPassedTests;
// A file that could not even be loaded, or a failed check before the tests, counts as a failure too.
const failed =
  report.numFailedTests > 0 ? report.numFailedTests : report.success === true && makeStatus === "0" ? 0 : 1;
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
