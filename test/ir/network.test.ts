import { describe, expect, it } from "vitest";
import { hasHostBits, minimalNetworks, networksFor, parseNetwork } from "../../src/ir/lower/network.ts";

function canonical(text: string): string | undefined {
  const parsed = parseNetwork(text);
  const [network] = parsed === undefined ? [] : networksFor(parsed, text);
  return network && `${Buffer.from(network.address).toString("hex")}/${network.prefixLength}`;
}

describe("parseNetwork", () => {
  it.each([
    ["10.0.0.0/8", "00000000000000000000ffff0a000000/104"],
    ["::ffff:10.1.2.3", "00000000000000000000ffff0a010203/128"],
    ["0.0.0.0/0", "00000000000000000000ffff00000000/96"],
    ["::1", "00000000000000000000000000000001/128"],
    ["2001:db8::/32", "20010db8000000000000000000000000/32"],
    ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008/128"],
  ])("reads %s", (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });

  it.each([
    "",
    "10.0.0",
    "010.0.0.1",
    "256.0.0.1",
    "1.2.3.4/33",
    "::1/129",
    "1::2::3",
    ":::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7::8",
    "::1.2.3.4:5",
    "fe80::1%eth0",
  ])("refuses %s", (text) => {
    expect(parseNetwork(text)).toBeUndefined();
  });

  it("tells bits after the prefix", () => {
    const [clean, dirty] = [parseNetwork("10.0.0.0/8"), parseNetwork("10.0.0.1/8")];
    expect([clean && hasHostBits(clean), dirty && hasHostBits(dirty)]).toEqual([false, true]);
  });
});

describe("networksFor", () => {
  const contains = (text: string, address: string): boolean => {
    const [parsed, inner] = [parseNetwork(text), parseNetwork(address)];
    if (parsed === undefined || inner === undefined) {
      return false;
    }
    const single = networksFor(inner, address);
    const networks = networksFor(parsed, text);
    return minimalNetworks([...networks, ...single]).length === networks.length;
  };
  it("keeps IPv4 out of networks of IPv6", () => {
    expect(contains("::/0", "2001:db8::1")).toBe(true);
    expect(contains("::/0", "::1")).toBe(true);
    expect(contains("::/0", "10.0.0.1")).toBe(false);
    expect(contains("0.0.0.0/0", "10.0.0.1")).toBe(true);
  });
});
