/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What rules compare of a socket, and how the guards of a connection learn where it will go. */
#ifndef POLICYC_SOCK_H
#define POLICYC_SOCK_H

#include "event.h"

#define AF_UNSPEC 0
#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define IPPROTO_SCTP 132
#define MSG_FASTOPEN 0x20000000

/* A socket's two ends; addresses as 16 bytes, IPv4 as ::ffff:a.b.c.d, both halves big-endian in memory. */
struct sock_value {
	u16 family;
	u16 type;
	u16 protocol;
	u16 state;
	/* Host byte order. */
	u16 sport;
	u16 dport;
	u32 mark;
	u32 priority;
	u32 reserved0;
	u64 saddr[2];
	u64 daddr[2];
	u64 cookie;
};

#define MAPPED_V4(address) ((u64)bpf_htonl(0xffff) | (u64)(address) << 32)

static __always_inline bool sock_has_addresses(const struct sock_value *value)
{
	return value->family == AF_INET || value->family == AF_INET6;
}

static __always_inline u64 half(const struct in6_addr *address, const u32 first)
{
	return (u64)address->in6_u.u6_addr32[first] | (u64)address->in6_u.u6_addr32[first + 1] << 32;
}

/* Reads a struct sock that the kernel handed to the program. */
static __always_inline void sock_read(struct sock_value *value, struct sock *sk)
{
	value->family = sk->__sk_common.skc_family;
	value->type = sk->sk_type;
	value->protocol = sk->sk_protocol;
	value->state = sk->__sk_common.skc_state;
	value->sport = sk->__sk_common.skc_num;
	value->dport = bpf_ntohs(sk->__sk_common.skc_dport);
	value->mark = sk->sk_mark;
	value->priority = sk->sk_priority;
	value->reserved0 = 0;
	value->cookie = (u64)sk;
	if (value->family == AF_INET6) {
		value->saddr[0] = half(&sk->__sk_common.skc_v6_rcv_saddr, 0);
		value->saddr[1] = half(&sk->__sk_common.skc_v6_rcv_saddr, 2);
		value->daddr[0] = half(&sk->__sk_common.skc_v6_daddr, 0);
		value->daddr[1] = half(&sk->__sk_common.skc_v6_daddr, 2);
	} else {
		value->saddr[0] = 0;
		value->saddr[1] = MAPPED_V4(sk->__sk_common.skc_rcv_saddr);
		value->daddr[0] = 0;
		value->daddr[1] = MAPPED_V4(sk->__sk_common.skc_daddr);
	}
}

/*
 * The socket as it would be once connected to `address`, a kernel copy of the caller's sockaddr of
 * `length` bytes. False when this is no stream connection to an internet address, so that no rule about
 * TCP connections is about it. Wildcard destinations are replaced as the kernel does when it connects:
 * 0.0.0.0 by the bound source address or 127.0.0.1, :: by ::1 (or its IPv4 form on an IPv4-bound socket).
 */
static __always_inline bool sock_connecting(struct sock_value *value, struct socket *socket,
					    const void *address, int length)
{
	struct sock *sk = socket->sk;
	u16 family = 0;

	if (!sk)
		return false;
	/* MPTCP and SMC sockets end in TCP connections as well. */
	if (socket->type != SOCK_STREAM || sk->sk_protocol == IPPROTO_SCTP || length < 2)
		return false;
	bpf_probe_read_kernel(&family, sizeof(family), address);
	sock_read(value, sk);
	if (family == AF_INET && length >= 16) {
		struct sockaddr_in in = {};

		bpf_probe_read_kernel(&in, 8, address);
		value->dport = bpf_ntohs(in.sin_port);
		value->daddr[0] = 0;
		value->daddr[1] = MAPPED_V4(in.sin_addr.s_addr);
		if (in.sin_addr.s_addr == 0)
			value->daddr[1] = value->saddr[1] == MAPPED_V4(0) || value->saddr[1] == 0 ?
						  MAPPED_V4(bpf_htonl(0x7f000001)) :
						  value->saddr[1];
		/* An IPv6 socket refuses an IPv4 sockaddr; SMC and MPTCP sockets keep their own family. */
		value->family = AF_INET;
		return true;
	}
	if (family == AF_INET6 && length >= 24) {
		struct sockaddr_in6 in6 = {};

		bpf_probe_read_kernel(&in6, 24, address);
		value->dport = bpf_ntohs(in6.sin6_port);
		value->daddr[0] = half(&in6.sin6_addr, 0);
		value->daddr[1] = half(&in6.sin6_addr, 2);
		if (value->daddr[0] == 0 && value->daddr[1] == 0)
			value->daddr[1] = value->saddr[0] == 0 && (u32)value->saddr[1] == bpf_htonl(0xffff) ?
						  MAPPED_V4(bpf_htonl(0x7f000001)) :
						  (u64)bpf_htonl(1) << 32;
		value->family = AF_INET6;
		return true;
	}
	return false;
}

/* Key of a trie of networks. */
struct network_key {
	u32 bits;
	u32 address[4];
};

static __always_inline void network_key(struct network_key *key, const u64 *address)
{
	key->address[0] = address[0];
	key->address[1] = address[0] >> 32;
	key->address[2] = address[1];
	key->address[3] = address[1] >> 32;
}

/* Puts the socket into a record. */
static __always_inline void sock_capture(struct captured_sock *captured, const struct sock_value *value)
{
	captured->family = value->family;
	captured->type = value->type;
	captured->protocol = value->protocol;
	captured->state = value->state;
	captured->mark = value->mark;
	captured->priority = value->priority;
	__builtin_memcpy(captured->saddr, value->saddr, 16);
	__builtin_memcpy(captured->daddr, value->daddr, 16);
	captured->sport = value->sport;
	captured->dport = value->dport;
	captured->reserved0 = 0;
	captured->cookie = value->cookie;
}

#endif
