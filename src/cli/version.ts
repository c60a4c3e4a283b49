/** The version that `policyc --version` prints; the one in package.json. */
export const version = "0.1.0";
