/** Policies made for the bench: as many as wanted, all on the hook that the file policy watches. */

const areas = ["etc", "srv", "opt", "var", "usr", "home", "boot", "root"] as const;

/**
 * The text of `count` policies. Each has nine paths of its own, as the file policy's first rule has, and names none
 * of the files that the bench reads, but for the first, which reports reads below /boot.
 */
export function manyPolicies(count: number): string {
  return Array.from({ length: count }, (_, index) => onePolicy(index)).join("\n");
}

function onePolicy(index: number): string {
  const own = areas.map((area) => `/${area}/service${index}/private`);
  const paths = [index === 0 ? "/boot" : `/mnt/service${index}`, ...own];
  return `policy "service-${index}" {
  applies to everything

  on kprobe security_file_permission(f: file, mask: int) return (ret: int) {
    alert when f.path starts with [${paths.map((path) => JSON.stringify(path)).join(", ")}] and mask == 4
  }
}
`;
}

/** A policy file of `lines` lines or a little more, for the speed of linting. */
export function longPolicyFile(lines: number): string {
  return manyPolicies(Math.ceil(lines / 8));
}
