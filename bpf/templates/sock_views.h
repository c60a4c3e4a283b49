/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What leads to a socket's two ends besides a struct sock: sockets of files, packets, addresses. Known by address. */
#ifndef POLICYC_SOCK_VIEWS_H
#define POLICYC_SOCK_VIEWS_H

#include "sock.h"
#include "text.h"

#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd
#define NO_HEADER 0xffff
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_DCCP 33
#define IPPROTO_UDPLITE 136
#define FRAGMENT_OFFSET 0x1fff

/* Reads a struct sock whose address alone is known. */
static __always_inline void sock_of_pointer(struct sock_value *value, u64 address)
{
	struct sock *sk = (void *)address;

	if (!sk)
		return;
	value->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	value->type = BPF_CORE_READ(sk, sk_type);
	value->protocol = BPF_CORE_READ(sk, sk_protocol);
	value->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	value->sport = BPF_CORE_READ(sk, __sk_common.skc_num);
	value->dport = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	value->mark = BPF_CORE_READ(sk, sk_mark);
	value->priority = BPF_CORE_READ(sk, sk_priority);
	value->cookie = address;
	if (value->family == AF_INET6) {
		bpf_core_read(value->saddr, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(value->daddr, 16, &sk->__sk_common.skc_v6_daddr);
	} else {
		value->saddr[1] = MAPPED_V4(BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
		value->daddr[1] = MAPPED_V4(BPF_CORE_READ(sk, __sk_common.skc_daddr));
	}
}

/* Of a struct socket. */
static __always_inline void sock_of_socket(struct sock_value *value, u64 socket)
{
	if (socket)
		sock_of_pointer(value, (u64)BPF_CORE_READ((struct socket *)socket, sk));
}

static __always_inline bool has_ports(u16 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_DCCP ||
	       protocol == IPPROTO_SCTP || protocol == IPPROTO_UDPLITE;
}

/* Of a struct sk_buff: what its headers say. Without an IP header it has no family. */
static __always_inline void sock_of_packet(struct sock_value *value, u64 address)
{
	struct sk_buff *packet = (void *)address;

	if (!packet)
		return;

	u64 head = (u64)BPF_CORE_READ(packet, head);
	u16 kind = bpf_ntohs(BPF_CORE_READ(packet, protocol));
	u16 network = BPF_CORE_READ(packet, network_header);
	u64 header = head + network;
	u64 ports = 0;
	u32 words = 0;

	value->mark = BPF_CORE_READ(packet, mark);
	value->priority = BPF_CORE_READ(packet, priority);
	value->length = BPF_CORE_READ(packet, len);
	if (network == 0 || network == NO_HEADER)
		return;
	bpf_probe_read_kernel(&words, sizeof(words), (void *)header);

	u32 version = (words >> 4) & 15;

	if ((kind == ETH_P_IP || kind == 0) && version == 4) {
		u8 protocol = 0;
		u16 fragment = 0;
		u32 ends[2] = {};

		bpf_probe_read_kernel(&protocol, 1, (void *)(header + 9));
		bpf_probe_read_kernel(&fragment, 2, (void *)(header + 6));
		bpf_probe_read_kernel(ends, 8, (void *)(header + 12));
		value->family = AF_INET;
		value->protocol = protocol;
		value->saddr[1] = MAPPED_V4(ends[0]);
		value->daddr[1] = MAPPED_V4(ends[1]);
		if (!(bpf_ntohs(fragment) & FRAGMENT_OFFSET))
			ports = header + (words & 15) * 4;
	} else if ((kind == ETH_P_IPV6 || kind == 0) && version == 6) {
		u8 protocol = 0;

		bpf_probe_read_kernel(&protocol, 1, (void *)(header + 6));
		bpf_probe_read_kernel(value->saddr, 16, (void *)(header + 8));
		bpf_probe_read_kernel(value->daddr, 16, (void *)(header + 24));
		value->family = AF_INET6;
		value->protocol = protocol;
		ports = header + 40;
	}
	if (!ports || !has_ports(value->protocol))
		return;

	u16 pair[2] = {};

	bpf_probe_read_kernel(pair, sizeof(pair), (void *)ports);
	value->sport = bpf_ntohs(pair[0]);
	value->dport = bpf_ntohs(pair[1]);
}

static __always_inline void address_fetch(void *to, u32 bytes, u64 from)
{
	if (is_kernel_address(from))
		bpf_probe_read_kernel(to, bytes, (void *)from);
	else
		bpf_probe_read_user(to, bytes, (void *)from);
}

/* Of a struct sockaddr, in memory of the kernel or of the process: one end, as the source. */
static __always_inline void sock_of_address(struct sock_value *value, u64 address)
{
	u16 head[2] = {};

	if (!address)
		return;
	address_fetch(head, sizeof(head), address);
	value->family = head[0];
	if (head[0] == AF_INET) {
		u32 host = 0;

		address_fetch(&host, sizeof(host), address + 4);
		value->sport = bpf_ntohs(head[1]);
		value->saddr[1] = MAPPED_V4(host);
	} else if (head[0] == AF_INET6) {
		value->sport = bpf_ntohs(head[1]);
		address_fetch(value->saddr, 16, address + 8);
	}
}

#endif
