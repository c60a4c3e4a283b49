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
	/* Bytes of a packet. */
	u32 length;
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
	value->length = 0;
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

/* Reads the socket behind a struct socket; without one `value` stays as it is. */
static __always_inline void sock_of(struct sock_value *value, struct socket *socket)
{
	struct sock *sk = socket->sk;

	if (sk)
		sock_read(value, sk);
}

/*
 * Family of `address`, a kernel copy of the caller's sockaddr of `length` bytes, and the address itself as
 * 16 bytes; AF_UNSPEC when it is no internet address.
 */
static __always_inline u16 sockaddr_read(const void *address, int length, u16 *port, u64 *bytes)
{
	u16 family = 0;

	if (length < 2)
		return AF_UNSPEC;
	bpf_probe_read_kernel(&family, sizeof(family), address);
	if (family == AF_INET && length >= 16) {
		struct sockaddr_in in = {};

		bpf_probe_read_kernel(&in, 8, address);
		*port = bpf_ntohs(in.sin_port);
		bytes[0] = 0;
		bytes[1] = MAPPED_V4(in.sin_addr.s_addr);
		return AF_INET;
	}
	if (family == AF_INET6 && length >= 24) {
		struct sockaddr_in6 in6 = {};

		bpf_probe_read_kernel(&in6, 24, address);
		*port = bpf_ntohs(in6.sin6_port);
		bytes[0] = half(&in6.sin6_addr, 0);
		bytes[1] = half(&in6.sin6_addr, 2);
		return AF_INET6;
	}
	return AF_UNSPEC;
}

/*
 * Puts a destination into `value`. Wildcards are replaced as the kernel does when it connects: 0.0.0.0 by
 * the bound source address or 127.0.0.1, :: by ::1 (or its IPv4 form on an IPv4-bound socket). An IPv6
 * socket refuses an IPv4 sockaddr for connections; SMC and MPTCP sockets keep their own family.
 */
static __always_inline void sock_set_destination(struct sock_value *value, u16 family, u16 port, const u64 *bytes)
{
	value->family = family;
	value->dport = port;
	value->daddr[0] = bytes[0];
	value->daddr[1] = bytes[1];
	if (family == AF_INET && bytes[1] == MAPPED_V4(0))
		value->daddr[1] = value->saddr[1] == MAPPED_V4(0) || value->saddr[1] == 0 ?
					  MAPPED_V4(bpf_htonl(0x7f000001)) :
					  value->saddr[1];
	if (family == AF_INET6 && bytes[0] == 0 && bytes[1] == 0)
		value->daddr[1] = value->saddr[0] == 0 && (u32)value->saddr[1] == bpf_htonl(0xffff) ?
					  MAPPED_V4(bpf_htonl(0x7f000001)) :
					  (u64)bpf_htonl(1) << 32;
}

/* The socket as it would be once connected to `address`. Another kind of address ends no connection. */
static __always_inline void sock_to(struct sock_value *value, struct socket *socket, const void *address,
				    int length)
{
	u64 bytes[2] = {};
	u16 port = 0;
	u16 family = sockaddr_read(address, length, &port, bytes);

	sock_of(value, socket);
	if (family == AF_UNSPEC)
		value->family = AF_UNSPEC;
	else
		sock_set_destination(value, family, port, bytes);
}

/* AF_UNSPEC in an address for an IPv4 socket: bind and send take it for AF_INET. */
static __always_inline u16 sockaddr_read_loosely(const struct sock_value *value, const void *address, int length,
						 u16 *port, u64 *bytes)
{
	u16 family = sockaddr_read(address, length, port, bytes);
	u16 written = 0;

	if (family == AF_UNSPEC && value->family == AF_INET && length >= 16) {
		struct sockaddr_in in = {};

		bpf_probe_read_kernel(&written, sizeof(written), address);
		if (written != AF_UNSPEC)
			return AF_UNSPEC;
		bpf_probe_read_kernel(&in, 8, address);
		*port = bpf_ntohs(in.sin_port);
		bytes[1] = MAPPED_V4(in.sin_addr.s_addr);
		return AF_INET;
	}
	return family;
}

/* The socket as it would be once bound to `address`. */
static __always_inline void sock_at(struct sock_value *value, struct socket *socket, const void *address,
				    int length)
{
	u64 bytes[2] = {};
	u16 port = 0;

	sock_of(value, socket);

	u16 family = sockaddr_read_loosely(value, address, length, &port, bytes);

	if (family != AF_UNSPEC) {
		value->sport = port;
		value->saddr[0] = bytes[0];
		value->saddr[1] = bytes[1];
	}
}

/* The socket with the destination of one message: the message's own, or else the one it is connected to. */
static __always_inline void sock_sending(struct sock_value *value, struct socket *socket, struct msghdr *message)
{
	u64 bytes[2] = {};
	u16 port = 0;
	u16 family = AF_UNSPEC;
	void *name = message->msg_name;

	sock_of(value, socket);
	if (name)
		family = sockaddr_read_loosely(value, name, message->msg_namelen, &port, bytes);
	if (family != AF_UNSPEC)
		sock_set_destination(value, family, port, bytes);
}

/*
 * The socket as it would be once connected to `address`. False when this is no stream connection to an
 * internet address, so that no rule about TCP connections is about it.
 */
static __always_inline bool sock_connecting(struct sock_value *value, struct socket *socket,
					    const void *address, int length)
{
	struct sock *sk = socket->sk;
	u64 bytes[2] = {};
	u16 port = 0;

	if (!sk)
		return false;
	/* MPTCP and SMC sockets end in TCP connections as well. */
	if (socket->type != SOCK_STREAM || sk->sk_protocol == IPPROTO_SCTP)
		return false;

	u16 family = sockaddr_read(address, length, &port, bytes);

	if (family == AF_UNSPEC)
		return false;
	sock_read(value, sk);
	sock_set_destination(value, family, port, bytes);
	return true;
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
	captured->length = value->length;
	captured->cookie = value->cookie;
}

#endif
