/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Parts of kernel objects that arguments point to: each function takes the argument as it was passed and reads one
 * part, when it is asked for. What can't be read is 0.
 */
#ifndef POLICYC_OBJECTS_H
#define POLICYC_OBJECTS_H

#include "dentry.h"
#include "text.h"

/* Reads `member` of the `type` at `address`. */
#define PART(type, address, ...) BPF_CORE_READ((type *)(address), ##__VA_ARGS__)
/* Where `member` of the `type` at `address` lies; 0 in no object. */
#define PART_AT(type, address, member) ((address) ? (u64)(address) + bpf_core_field_offset(type, member) : 0)

/* Numbers that stand for themselves. */
static __always_inline u64 own_value(u64 value)
{
	return value;
}

/* ---- struct cred ---- */

#define CRED_ID(name, member)                                      \
	static __always_inline u64 cred_##name(u64 cred)           \
	{                                                          \
		return PART(struct cred, cred, member.val);        \
	}

CRED_ID(uid, uid)
CRED_ID(gid, gid)
CRED_ID(euid, euid)
CRED_ID(egid, egid)
CRED_ID(suid, suid)
CRED_ID(sgid, sgid)
CRED_ID(fsuid, fsuid)
CRED_ID(fsgid, fsgid)

static __always_inline u64 cred_securebits(u64 cred)
{
	return PART(struct cred, cred, securebits);
}

/* A set of capabilities: 8 bytes on every kernel, by changing names. */
static __always_inline u64 capabilities_at(u64 set)
{
	u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (void *)set);
	return value;
}

static __always_inline u64 cred_effective(u64 cred)
{
	return capabilities_at(PART_AT(struct cred, cred, cap_effective));
}

static __always_inline u64 cred_permitted(u64 cred)
{
	return capabilities_at(PART_AT(struct cred, cred, cap_permitted));
}

static __always_inline u64 cred_inheritable(u64 cred)
{
	return capabilities_at(PART_AT(struct cred, cred, cap_inheritable));
}

/* ---- struct user_namespace ---- */

static __always_inline u64 user_ns_level(u64 namespace)
{
	return PART(struct user_namespace, namespace, level);
}

static __always_inline u64 user_ns_owner(u64 namespace)
{
	return PART(struct user_namespace, namespace, owner.val);
}

static __always_inline u64 user_ns_group(u64 namespace)
{
	return PART(struct user_namespace, namespace, group.val);
}

static __always_inline u64 user_ns_inum(u64 namespace)
{
	return PART(struct user_namespace, namespace, ns.inum);
}

static __always_inline u64 cred_user_ns(u64 cred)
{
	return (u64)PART(struct cred, cred, user_ns);
}

static __always_inline u64 cred_user_ns_level(u64 cred)
{
	return user_ns_level(cred_user_ns(cred));
}

static __always_inline u64 cred_user_ns_owner(u64 cred)
{
	return user_ns_owner(cred_user_ns(cred));
}

static __always_inline u64 cred_user_ns_group(u64 cred)
{
	return user_ns_group(cred_user_ns(cred));
}

static __always_inline u64 cred_user_ns_inum(u64 cred)
{
	return user_ns_inum(cred_user_ns(cred));
}

/* ---- modules ---- */

static __always_inline u64 module_name(u64 module)
{
	return PART_AT(struct module, module, name);
}

static __always_inline u64 module_taints(u64 module)
{
	return PART(struct module, module, taints);
}

static __always_inline u64 module_signed(u64 module)
{
	return bpf_core_field_exists(struct module, sig_ok) ? PART(struct module, module, sig_ok) : 0;
}

static __always_inline u64 load_info_name(u64 info)
{
	return (u64)PART(struct load_info, info, name);
}

static __always_inline u64 load_info_signed(u64 info)
{
	return bpf_core_field_exists(struct load_info, sig_ok) ? PART(struct load_info, info, sig_ok) : 0;
}

/* ---- BPF ---- */

static __always_inline u64 bpf_attr_type(u64 attr)
{
	u32 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (void *)(attr + __builtin_offsetof(union bpf_attr, prog_type)));
	return value;
}

static __always_inline u64 bpf_attr_instructions(u64 attr)
{
	u32 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (void *)(attr + __builtin_offsetof(union bpf_attr, insn_cnt)));
	return value;
}

static __always_inline u64 bpf_attr_name(u64 attr)
{
	return attr ? attr + __builtin_offsetof(union bpf_attr, prog_name) : 0;
}

static __always_inline u64 bpf_prog_type_of(u64 prog)
{
	return PART(struct bpf_prog, prog, type);
}

static __always_inline u64 bpf_prog_instructions(u64 prog)
{
	return PART(struct bpf_prog, prog, len);
}

static __always_inline u64 bpf_prog_name(u64 prog)
{
	return PART_AT(struct bpf_prog_aux, PART(struct bpf_prog, prog, aux), name);
}

static __always_inline u64 bpf_map_type_of(u64 map)
{
	return PART(struct bpf_map, map, map_type);
}

static __always_inline u64 bpf_map_key_size(u64 map)
{
	return PART(struct bpf_map, map, key_size);
}

static __always_inline u64 bpf_map_value_size(u64 map)
{
	return PART(struct bpf_map, map, value_size);
}

static __always_inline u64 bpf_map_max_entries(u64 map)
{
	return PART(struct bpf_map, map, max_entries);
}

static __always_inline u64 bpf_map_name(u64 map)
{
	return PART_AT(struct bpf_map, map, name);
}

/* ---- struct perf_event ---- */

#define FIRST_DYNAMIC_PERF_TYPE 6

static __always_inline u64 perf_event_type(u64 event)
{
	return PART(struct perf_event, event, attr.type);
}

static __always_inline u64 perf_event_config(u64 event)
{
	return PART(struct perf_event, event, attr.config);
}

/* The kernel function of a kprobe, whose type of event has a number that is given out at boot. */
static __always_inline u64 perf_event_function(u64 event)
{
	return perf_event_type(event) >= FIRST_DYNAMIC_PERF_TYPE ? PART(struct perf_event, event, attr.config1) : 0;
}

static __always_inline u64 perf_event_offset(u64 event)
{
	return PART(struct perf_event, event, attr.config2);
}

/* ---- struct iov_iter ---- */

/* Bytes that are still to be moved. */
static __always_inline u64 iov_iter_count(u64 iter)
{
	return PART(struct iov_iter, iter, count);
}

/* ---- struct net_device ---- */

static __always_inline u64 net_device_name(u64 device)
{
	return PART_AT(struct net_device, device, name);
}

/* ---- system calls ---- */

#define IA32_SYSTEM_CALL 0x80000000ULL

static __always_inline u64 system_call_abi(u64 id)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, thread_info.status) & 2 ? 1 : 0;
}

/* The number, with the highest of its 32 bits for system calls of 32-bit programs. */
static __always_inline u64 system_call_of_abi(u64 id)
{
	return (u32)id | (system_call_abi(id) ? IA32_SYSTEM_CALL : 0);
}

/* ---- files ---- */

static __always_inline u64 binprm_file(u64 binprm)
{
	return (u64)PART(struct linux_binprm, binprm, file);
}

static __always_inline u64 kiocb_file(u64 kiocb)
{
	return (u64)PART(struct kiocb, kiocb, ki_filp);
}

/* The open file that a number stands for in the process; 0 when there is none. */
static __always_inline u64 fd_file(u64 number)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	u64 file = 0;

	if ((u32)number >= BPF_CORE_READ(table, max_fds))
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), (void *)((u64)BPF_CORE_READ(table, fd) + (u64)(u32)number * 8));
	return file;
}

static __always_inline u64 file_mode(u64 file)
{
	return PART(struct file, file, f_inode, i_mode);
}

static __always_inline u64 file_flags(u64 file)
{
	return PART(struct file, file, f_flags);
}

#define FILE_PARTS(what)                                                   \
	static __always_inline u64 what##_mode(u64 value)                  \
	{                                                                  \
		return file_mode(what##_file(value));                      \
	}                                                                  \
	static __always_inline u64 what##_type(u64 value)                  \
	{                                                                  \
		return file_type(file_mode(what##_file(value)));           \
	}                                                                  \
	static __always_inline u64 what##_flags(u64 value)                 \
	{                                                                  \
		return file_flags(what##_file(value));                     \
	}

FILE_PARTS(binprm)
FILE_PARTS(kiocb)
FILE_PARTS(fd)

static __always_inline u64 dentry_mode_of(u64 dentry)
{
	return PART(struct dentry, dentry, d_inode, i_mode);
}

static __always_inline u64 dentry_type_of(u64 dentry)
{
	return file_type(dentry_mode_of(dentry));
}

#ifdef POLICYC_TEST_RUN
#define file_path_read(file, scratch, text) string_read(file, scratch, text)
#define dentry_path_read(dentry, scratch, text) string_read(dentry, scratch, text)
#else
/* Walks from a directory entry to the root of the task, or where `mnt` is 0 to the top of its file system. */
static __always_inline void walk_from(u64 dentry, u64 mnt, struct scratch *scratch, struct path_text *text)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct path_walk *walk = &scratch->walk;
	struct path root = {};

	walk->dentry = dentry;
	walk->mnt = mnt;
	walk->mnt_root = 0;
	walk->root_dentry = 0;
	walk->root_mnt = TOP_OF_FILE_SYSTEM;
	if (mnt) {
		struct fs_struct *fs = BPF_CORE_READ(task, fs);

		bpf_core_read(&root, sizeof(root), &fs->root);

		bool contained = root.dentry == BPF_CORE_READ(root.mnt, mnt_root);

		walk->mnt_root = mount_root(mnt);
		walk->root_dentry = contained ? (u64)root.dentry : 0;
		walk->root_mnt = contained ? (u64)root.mnt : 0;
	}
	path_walk_whole(scratch, text);
}

static __always_inline void file_path_read(u64 file, struct scratch *scratch, struct path_text *text)
{
	text->status = PATH_MISSING;
	text->offset = PATH_BYTES;
	text->length = 0;
	if (file)
		walk_from((u64)PART(struct file, file, f_path.dentry), (u64)PART(struct file, file, f_path.mnt),
			  scratch, text);
}

/* A directory entry alone does not tell where its file system is mounted. */
static __always_inline void dentry_path_read(u64 dentry, struct scratch *scratch, struct path_text *text)
{
	text->status = PATH_MISSING;
	text->offset = PATH_BYTES;
	text->length = 0;
	if (dentry)
		walk_from(dentry, 0, scratch, text);
}
#endif

/* ---- struct sockaddr_un ---- */

#define SOCKADDR_UN_PATH 108

static __always_inline u64 sockaddr_family(u64 address)
{
	u16 family = 0;

	if (is_kernel_address(address))
		bpf_probe_read_kernel(&family, sizeof(family), (void *)address);
	else
		bpf_probe_read_user(&family, sizeof(family), (void *)address);
	return family;
}

/* Copies the name of a UNIX socket; `@` stands for the NUL before an abstract one. Up to the next NUL. */
static __always_inline u64 sockaddr_un_fetch(u8 *to, u64 address, u32 *status)
{
	u64 path = address + sizeof(u16);
	u8 first = 0;
	s64 bytes;

	*status = PATH_MISSING;
	if (!address)
		return 0;
	if (sockaddr_family(address) != 1)
		return 0;
	if (is_kernel_address(address)) {
		bpf_probe_read_kernel(&first, sizeof(first), (void *)path);
		bytes = bpf_probe_read_kernel_str(to + 1, SOCKADDR_UN_PATH, (void *)path + 1);
	} else {
		bpf_probe_read_user(&first, sizeof(first), (void *)path);
		bytes = bpf_probe_read_user_str(to + 1, SOCKADDR_UN_PATH, (void *)path + 1);
	}
	if (bytes <= 0) {
		*status = PATH_UNREADABLE;
		return 0;
	}
	*status = PATH_PRESENT;
	to[0] = first ? first : '@';
	/* A socket without a name: nothing stands behind its first NUL. */
	return first == 0 && bytes == 1 ? 0 : bounded(bytes, SOCKADDR_UN_PATH);
}

#ifdef POLICYC_TEST_RUN
#define sockaddr_un_read(address, scratch, text) string_read(address, scratch, text)
#else
static __always_inline void sockaddr_un_read(u64 address, struct scratch *scratch, struct path_text *text)
{
	u32 status;
	u64 length = sockaddr_un_fetch(scratch->record, address, &status);

	text_hold(scratch, text, length, status);
}
#endif

static __always_inline u64 sockaddr_un_capture(struct scratch *scratch, u64 at, u64 address)
{
	u64 start = text_start(at);
	u32 status;
	u64 length = sockaddr_un_fetch(&scratch->record[start + sizeof(struct captured_text)], address, &status);

	return text_end(scratch, start, length, status, length);
}

/* Puts a number of an object into the record at `at`; gives back where the next part goes. */
static __always_inline u64 number_capture(struct scratch *scratch, u64 at, u64 value)
{
	*(u64 *)&scratch->record[bounded(at, RECORD_BYTES - sizeof(u64))] = value;
	return at + sizeof(u64);
}

#endif
