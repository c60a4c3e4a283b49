/** Spellings that people bring along from other tools, and the fields that they mean, likeliest first. */
const aliases: ReadonlyMap<string, readonly string[]> = new Map([
  ["path", ["file.path"]],
  ["file", ["file.path"]],
  ["file.name", ["file.path"]],
  ["filename", ["file.path"]],
  ["fd.name", ["file.path"]],
  ["dest.ip", ["dest.addr"]],
  ["dest.address", ["dest.addr"]],
  ["destination.addr", ["dest.addr"]],
  ["daddr", ["dest.addr"]],
  ["dst.addr", ["dest.addr"]],
  ["dst.port", ["dest.port"]],
  ["dport", ["dest.port"]],
  ["destination.port", ["dest.port"]],
  ["src.addr", ["local.addr"]],
  ["src.port", ["local.port"]],
  ["source.addr", ["local.addr"]],
  ["source.port", ["local.port"]],
  ["process.name", ["process.exe"]],
  ["process.path", ["process.exe"]],
  ["process.binary", ["process.exe"]],
  ["process.executable", ["process.exe"]],
  ["proc.name", ["process.exe"]],
  ["proc.exepath", ["process.exe"]],
  ["process.cmdline", ["process.args"]],
  ["process.arguments", ["process.args"]],
  ["process.argv", ["process.args"]],
  ["proc.cmdline", ["process.args"]],
  ["process.user", ["process.uid"]],
  ["user.uid", ["process.uid"]],
  ["process.parent.exe", ["parent.exe"]],
  ["parent.name", ["parent.exe"]],
  ["proc.pname", ["parent.exe"]],
]);

/** The field that a spelling of another tool means, of those that exist here. */
export function fieldMeant(spelling: string, known: readonly string[]): string | undefined {
  return aliases.get(spelling)?.find((name) => known.includes(name));
}
