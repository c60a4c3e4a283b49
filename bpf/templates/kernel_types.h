/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The kernel types that programs read, with only the members that they read. CO-RE relocates every
 * access to the running kernel's layout, so no vmlinux.h (5 MB) has to be parsed to compile a policy.
 */
#ifndef POLICYC_KERNEL_TYPES_H
#define POLICYC_KERNEL_TYPES_H

#include <linux/types.h>
#include <linux/bpf.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;
typedef _Bool bool;
typedef unsigned short umode_t;
#define true 1
#define false 0
#define NULL ((void *)0)

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_endian.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* Registers of x86-64, as they were saved. */
struct pt_regs {
	unsigned long r15;
	unsigned long r14;
	unsigned long r13;
	unsigned long r12;
	unsigned long bp;
	unsigned long bx;
	unsigned long r11;
	unsigned long r10;
	unsigned long r9;
	unsigned long r8;
	unsigned long ax;
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
	unsigned long ip;
	unsigned long cs;
	unsigned long flags;
	unsigned long sp;
	unsigned long ss;
};

struct qstr {
	u32 hash;
	u32 len;
	const unsigned char *name;
};

struct super_block {
	unsigned long s_flags;
	unsigned long s_magic;
};

typedef struct {
	unsigned int val;
} kuid_t;

struct inode {
	unsigned short i_mode;
	kuid_t i_uid;
	unsigned long i_ino;
	struct super_block *i_sb;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	unsigned char d_iname[40];
};

/* d_iname's name and type from 6.14 on. */
struct dentry___shortname {
	struct {
		unsigned char string[40];
	} d_shortname;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mnt_namespace;

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct mnt_namespace *mnt_ns;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	unsigned int f_flags;
	unsigned int f_mode;
};

struct fs_struct {
	struct path root;
	struct path pwd;
};

struct ns_common {
	unsigned int inum;
};

struct pid_namespace {
	unsigned int level;
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct mnt_namespace {
	struct ns_common ns;
};

struct uts_namespace {
	struct ns_common ns;
};

struct ipc_namespace {
	struct ns_common ns;
};

struct time_namespace {
	struct ns_common ns;
};

struct cgroup_namespace {
	struct ns_common ns;
};

struct net {
	struct ns_common ns;
};

struct nsproxy {
	struct uts_namespace *uts_ns;
	struct ipc_namespace *ipc_ns;
	struct mnt_namespace *mnt_ns;
	struct pid_namespace *pid_ns_for_children;
	struct net *net_ns;
	struct time_namespace *time_ns;
	struct time_namespace *time_ns_for_children;
	struct cgroup_namespace *cgroup_ns;
};

struct mm_struct {
	unsigned long arg_start;
	unsigned long arg_end;
	unsigned long env_start;
	unsigned long env_end;
	struct file *exe_file;
};

/* struct kernel_cap_struct { __u32 cap[2]; } until 6.3, struct { u64 val; } after: 8 bytes both. */
typedef struct {
	u64 val;
} kernel_cap_t;

typedef struct {
	unsigned int val;
} kgid_t;

struct user_namespace {
	int level;
	kuid_t owner;
	kgid_t group;
	struct ns_common ns;
};

struct cred {
	kuid_t uid;
	kgid_t gid;
	kuid_t suid;
	kgid_t sgid;
	kuid_t euid;
	kgid_t egid;
	kuid_t fsuid;
	kgid_t fsgid;
	unsigned int securebits;
	kernel_cap_t cap_inheritable;
	kernel_cap_t cap_permitted;
	kernel_cap_t cap_effective;
	struct user_namespace *user_ns;
};

struct tty_driver {
	int major;
	int minor_start;
};

struct tty_struct {
	struct tty_driver *driver;
	int index;
};

struct signal_struct {
	/* Threads of a process that have not begun to end. */
	struct {
		int counter;
	} live;
	/* The controlling terminal. */
	struct tty_struct *tty;
};

struct vm_area_struct {
	unsigned long vm_flags;
	struct file *vm_file;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct kernfs_node {
	const char *name;
	u64 id;
};

struct cgroup;

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct cgroup_root {
	int hierarchy_id;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct thread_info {
	u32 status;
};

struct task_struct {
	struct thread_info thread_info;
	void *stack;
	int pid;
	int tgid;
	int exit_code;
	unsigned int flags;
	u64 start_boottime;
	struct task_struct *group_leader;
	struct signal_struct *signal;
	struct task_struct *real_parent;
	struct mm_struct *mm;
	char comm[16];
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct pid *thread_pid;
	const struct cred *real_cred;
	const struct cred *cred;
	struct css_set *cgroups;
	kuid_t loginuid;
};

/* Before 5.11 the field was named real_start_time on some kernels; 5.5 introduced start_boottime. */

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

/* What a program that is run once for each task is given; after the last there is no task. */
struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct linux_binprm {
	struct file *file;
	const char *filename;
	/* Another text than `filename` where an interpreter runs in the file's place. */
	const char *interp;
};

struct filename {
	const char *name;
};

struct in6_addr {
	union {
		u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	u16 sk_type;
	u16 sk_protocol;
	u32 sk_mark;
	u32 sk_priority;
};

struct sk_buff {
	unsigned int len;
	__be16 protocol;
	u16 transport_header;
	u16 network_header;
	u32 mark;
	u32 priority;
	unsigned char *head;
};

struct socket {
	short type;
	struct sock *sk;
};

struct sockaddr {
	unsigned short sa_family;
	char sa_data[14];
};

struct sockaddr_in {
	unsigned short sin_family;
	__be16 sin_port;
	struct {
		__be32 s_addr;
	} sin_addr;
};

struct sockaddr_in6 {
	unsigned short sin6_family;
	__be16 sin6_port;
	__be32 sin6_flowinfo;
	struct in6_addr sin6_addr;
};

struct iov_iter {
	unsigned long count;
};

struct kiocb {
	struct file *ki_filp;
};

struct module {
	char name[56];
	unsigned long taints;
	bool sig_ok;
};

struct load_info {
	const char *name;
	bool sig_ok;
};

struct bpf_prog_aux {
	char name[16];
};

struct bpf_prog {
	enum bpf_prog_type type;
	u32 len;
	struct bpf_prog_aux *aux;
};

struct bpf_map {
	enum bpf_map_type map_type;
	u32 key_size;
	u32 value_size;
	u32 max_entries;
	char name[16];
};

struct perf_event_attr {
	u32 type;
	u64 config;
	u64 config1;
	u64 config2;
};

struct perf_event {
	struct perf_event_attr attr;
};

struct net_device {
	char name[16];
};

struct msghdr {
	void *msg_name;
	int msg_namelen;
	unsigned int msg_flags;
};

#pragma clang attribute pop

#endif
