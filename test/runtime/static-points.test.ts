import { describe, expect, it } from "vitest";
import { rowOf } from "../../runtime/static-points.ts";

/** The fields of an argument of a row, in the order of `struct static_argument`. */
function argument(operands: string, number = 0): readonly (bigint | number)[] {
  const row = rowOf(operands.split(" "), [number]);
  if (typeof row === "string") {
    throw new Error(row);
  }
  const at = 16 * number;
  return [
    row.readBigUInt64LE(at),
    ...[8, 10].map((place) => row.readUInt16LE(at + place)),
    ...[12, 13, 14, 15].map((place) => row.readUInt8(at + place)),
  ];
}

const NONE = 0xffff;
// Places in struct pt_regs of x86-64.
const [BX, R8, AX, SI, SP, BP] = [40, 72, 80, 104, 152, 32];

describe("an operand of a static point", () => {
  it.each([
    ["-4@$-7", [2n ** 64n - 7n, NONE, NONE, 0, 4, 1, 0]],
    ["8@$0x10", [16n, NONE, NONE, 0, 8, 0, 0]],
    ["8@%rax", [0n, AX, NONE, 0, 8, 0, 0]],
    ["-4@%r8d", [0n, R8, NONE, 0, 4, 1, 0]],
    ["1@%sil", [0n, SI, NONE, 0, 1, 0, 0]],
    ["2@%bx", [0n, BX, NONE, 0, 2, 0, 0]],
    ["-4@-20(%rbp)", [2n ** 64n - 20n, BP, NONE, 0, 4, 1, 1]],
    ["8@(%rsp)", [0n, SP, NONE, 0, 8, 0, 1]],
    ["4@8(%rax,%rbx,8)", [8n, AX, BX, 3, 4, 0, 1]],
    ["4@0x404040(,%rbx,4)", [0x404040n, NONE, BX, 2, 4, 0, 1]],
  ])("%s is read", (operand, expected) => {
    expect(argument(operand)).toEqual(expected);
  });

  it("is found by its number", () => {
    expect(argument("8@%rax -4@$3", 1)).toEqual([3n, NONE, NONE, 0, 4, 1, 0]);
  });

  it.each([
    "8f@%xmm0", // a floating-point number
    "16@%rax",
    "1@%ah", // bits 8 to 15
    "8@%xmm0",
    "-4@counter(%rip)", // a symbol
    "%rax", // no size
    "4@(%rax,%rbx,3)",
    "4@",
    "4@$",
    "4@%fs:8",
  ])("%s is refused where a policy asks for it", (operand) => {
    expect(rowOf([operand], [0])).toContain("can't be read");
    expect(rowOf([operand, "8@%rax"], [1])).toBeInstanceOf(Buffer);
  });

  it("is refused where there are not so many", () => {
    expect(rowOf(["8@%rax"], [1])).toContain("has 1 arguments");
  });
});
