/** A sound `.policy` text of about `lines` lines. */
export function largePolicy(lines: number): string {
  const policies = Array.from({ length: Math.max(1, Math.round(lines / 61)) }, (_, index) =>
    onePolicy(index),
  );
  return `define from_sshd = process.exe == "/usr/sbin/sshd"\n\n${policies.join("\n")}`;
}

function onePolicy(index: number): string {
  const blocks = Array.from({ length: 8 }, (_, block) => oneBlock(index, block));
  return `policy "p${index}" {
  applies to containers where pod.namespace == "default" and pod.labels["app"] == "web"
  let shells = ["/bin/sh", "/bin/bash"]

${blocks.join("\n")}
}
`;
}

function oneBlock(policy: number, block: number): string {
  return `  on kprobe security_file_permission(f: file, mask: int) return (ret: int) {
    # sshd reads keys
    allow when from_sshd and mask has any [MAY_READ, MAY_WRITE]
    kill, alert when f.path starts with ["/etc", "/srv/${policy}/${block}"] and not process.exe in shells
    deny EACCES, alert "touched" when mask in 1..4 or (ret < 0 and f.path exists)
    otherwise silent
  }
`;
}
