#!/bin/sh
# Installs what policyc needs from the distribution, only what is missing. Debian or Ubuntu, amd64.
set -eu

oldest_node=20

missing=""
need_command() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
need_file() { [ -e "$1" ] || missing="$missing $2"; }

if [ "$(uname -m)" != x86_64 ]; then
  echo "policyc needs an amd64 machine: its virtual machines boot amd64 kernels" >&2
  exit 3
fi

# Any clang from 14 on will do, also one whose name carries its version.
clang=""
for name in clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14; do
  if command -v "$name" >/dev/null 2>&1; then
    clang=$name
    break
  fi
done
[ -n "$clang" ] || missing="$missing clang"

need_command qemu-system-x86_64 qemu-system-x86
need_command xz xz-utils
need_command zstd zstd
need_command dpkg-deb dpkg
need_command crun crun
if ! { [ -x /bin/busybox ] && ! ldd /bin/busybox >/dev/null 2>&1; }; then
  missing="$missing busybox-static"
fi
need_file /usr/include/bpf/bpf_helpers.h libbpf-dev
need_file /usr/include/x86_64-linux-gnu/asm/types.h linux-libc-dev
need_file /usr/lib/x86_64-linux-gnu/libc.a libc6-dev
ls /usr/lib/x86_64-linux-gnu/libbpf.so.1 >/dev/null 2>&1 || missing="$missing libbpf1"
if ! ls /usr/share/keyrings/debian-archive-keyring.* >/dev/null 2>&1; then
  missing="$missing debian-archive-keyring"
fi
need_command node nodejs
need_command npm npm

if [ -n "$missing" ]; then
  echo "installing:$missing"
  as_root=""
  [ "$(id -u)" = 0 ] || as_root=sudo
  $as_root apt-get update -q
  # shellcheck disable=SC2086 # a list of package names
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
fi

node_version=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
if [ "$node_version" -lt "$oldest_node" ]; then
  echo "Node $node_version is too old: policyc needs $oldest_node or newer." >&2
  echo "Install a newer one (Debian 13, Ubuntu 25.04 and later have it; see https://nodejs.org/en/download) and run this again." >&2
  exit 3
fi
