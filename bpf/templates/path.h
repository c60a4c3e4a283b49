/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Paths, as the task's container sees them: from the root that is mounted there, through mounts. Three depths of
 * effort: path_tail() reads only the last component and path_head() the first, which rule out every rule for most
 * files; path_read() writes the whole path into scratch memory.
 *
 * A path has no value (PATH_MISSING) for pipes, sockets and other files that live on no visible mount.
 * A path that leads out of the task's root is named from the top of its mount tree. Names are those at
 * the time of the walk: a rename that runs at the same moment may give a mixture of old and new.
 */
#ifndef POLICYC_PATH_H
#define POLICYC_PATH_H

#include "dentry.h"
#include "generation.h"
#include "scratch.h"

enum path_status {
	PATH_MISSING = 0,
	PATH_PRESENT = 1,
	/* It has a name, but one that does not fit into PATH_BYTES. */
	PATH_UNRESOLVED = 2,
	/* A text that the program could not read. Everything from PATH_UNRESOLVED on is not whole. */
	PATH_UNREADABLE = 3,
};

#ifndef POLICYC_TEST_RUN
/* A path that can be read: where it ends, and the root that it is seen from. */
struct path_value {
	struct dentry *dentry;
	struct vfsmount *mnt;
	/* NULL for a path that was not opened. */
	struct file *file;
	/* The root of a container, see path_root(); 0: names go up to the top. */
	u64 root_dentry;
	u64 root_mnt;
	/* 0 when the kernel gave no file at all (an anonymous mapping). */
	u64 present;
	/* What path_head() has learned of a mount on a directory of the root: that one's name, if it is short. */
	u64 below_name;
	/* Its bytes; 0: nothing is known. */
	u64 below_length;
};
#endif

/* The first 8 bytes of the first component and the last 8 of the last one, little-endian. */
struct path_ends {
	enum path_status status;
	/* 0 bytes fill up a short first component; what follows its NUL is undefined. */
	u64 head;
	/* The last byte of the path is the most significant one; 0 bytes fill up a short last component. */
	u64 tail;
	/* Whether `tail` was read. */
	bool has_tail;
	/* Whether `head` was found; if not, any first component is possible. */
	bool has_head;
};

/* A word of a path's end that rules name; the compiler has put each where its hash finds it. */
struct end_slot {
	/* The bytes that count. */
	u64 mask;
	u64 word;
	u64 class;
};

/* What path_read() found. `offset` is into scratch->path; on PATH_UNRESOLVED the front is missing. */
struct path_text {
	enum path_status status;
	u64 offset;
	u64 length;
};

#ifdef POLICYC_TEST_RUN
#include "test_run_path.h"
#else
#define NAME_BYTES 255

static __always_inline u32 inline_name_offset(void)
{
	if (bpf_core_field_exists(struct dentry, d_iname))
		return bpf_core_field_offset(struct dentry, d_iname);
	return bpf_core_field_offset(struct dentry___shortname, d_shortname);
}

/*
 * Reads a dentry with the first `text_bytes` (a constant) of an inline name: at one go where it lies as it used to.
 * `view` need have room for no more than those.
 */
static __always_inline void read_dentry(u64 dentry, struct dentry_view *view, const u32 text_bytes)
{
	const u32 parent = bpf_core_field_offset(struct dentry, d_parent);
	const u32 name = bpf_core_field_offset(struct dentry, d_name);
	const u32 text = inline_name_offset();
	const u32 before_text = __builtin_offsetof(struct dentry_view, text);

	if (name == parent + sizeof(u64) && text == parent + before_text) {
		bpf_probe_read_kernel(view, before_text + text_bytes, (void *)(dentry + parent));
	} else {
		bpf_probe_read_kernel(&view->parent, sizeof(u64), (void *)(dentry + parent));
		bpf_probe_read_kernel(&view->hash, sizeof(struct qstr), (void *)(dentry + name));
		bpf_probe_read_kernel(view->text, text_bytes, (void *)(dentry + text));
	}
}

/* `mnt` is the address of the struct vfsmount inside the struct mount. */
static __always_inline u64 mount_of(u64 mnt)
{
	return mnt - bpf_core_field_offset(struct mount, mnt);
}

static __always_inline void read_mount(u64 mount, struct mount_view *view)
{
	const u32 parent = bpf_core_field_offset(struct mount, mnt_parent);
	const u32 mountpoint = bpf_core_field_offset(struct mount, mnt_mountpoint);

	if (mountpoint == parent + sizeof(u64)) {
		bpf_probe_read_kernel(view, sizeof(*view), (void *)(mount + parent));
	} else {
		bpf_probe_read_kernel(&view->parent, sizeof(u64), (void *)(mount + parent));
		bpf_probe_read_kernel(&view->mountpoint, sizeof(u64), (void *)(mount + mountpoint));
	}
}

/* The dentry that a mount shows at its top. */
static __always_inline u64 mount_root(u64 mnt)
{
	u64 root = 0;

	bpf_probe_read_kernel(&root, sizeof(root), (void *)(mnt + bpf_core_field_offset(struct vfsmount, mnt_root)));
	return root;
}

/* Whether a mount that has no parent is the top of a namespace, not one of the kernel's own. */
static __always_inline bool mount_is_visible(u64 mount)
{
	u64 namespace = 0;

	bpf_probe_read_kernel(&namespace, sizeof(namespace),
			      (void *)(mount + bpf_core_field_offset(struct mount, mnt_ns)));
	/* NULL when detached; an error pointer when internal to the kernel. */
	return namespace != 0 && namespace < (u64)-4095;
}

/* The inode of a dentry; 0: it is a name without a file. */
static __always_inline u64 inode_of(u64 dentry)
{
	u64 inode = 0;

	bpf_probe_read_kernel(&inode, sizeof(inode), (void *)(dentry + bpf_core_field_offset(struct dentry, d_inode)));
	return inode;
}

/* Whether the user of the task owns the file; of a name that is about to be made, its directory. */
static __always_inline u32 path_owned(const struct path_value *value)
{
	u64 dentry = (u64)value->dentry;
	u32 owner = 0;

	if (!value->present)
		return 0;

	u64 inode = inode_of(dentry);

	if (!inode) {
		bpf_probe_read_kernel(&dentry, sizeof(dentry),
				      (void *)(dentry + bpf_core_field_offset(struct dentry, d_parent)));
		inode = inode_of(dentry);
	}
	if (bpf_probe_read_kernel(&owner, sizeof(owner), (void *)(inode + bpf_core_field_offset(struct inode, i_uid))))
		return 0;
	return owner == (u32)bpf_get_current_uid_gid();
}

static __always_inline void path_of(struct path_value *value, struct dentry *dentry, struct vfsmount *mnt)
{
	value->present = 1;
	value->dentry = dentry;
	value->mnt = mnt;
	value->below_length = 0;
}

/* FMODE_NOACCOUNT of include/linux/fs.h: only files that a file system opens below another one's file have it. */
#define FILE_NOT_ACCOUNTED (1U << 29)

/*
 * Whether an overlay has opened the file for its own. Up to 6.6 it goes by the same path, and security hooks are reached
 * for it once more: what the process does has been decided and reported at the overlay's file.
 */
static __always_inline bool file_is_backing(const struct file *file)
{
	return file->f_mode & FILE_NOT_ACCOUNTED;
}

static __always_inline void path_of_file(struct path_value *value, struct file *file)
{
	path_of(value, file->f_path.dentry, file->f_path.mnt);
	value->file = file;
}

/*
 * For a file that the kernel may not have given, once it is known that it has: clang would ask anew whether it is NULL
 * wherever `present` is looked at, and the verifier follow both answers.
 */
static __always_inline void path_found(struct path_value *value)
{
	u64 present = 1;

	asm volatile("" : "+r"(present));
	value->present = present;
}

/*
 * Finds the root that the task sees; a path is read from there. A root that is a mount of its own is a container's. A
 * chroot into a plain directory changes no names: `chroot /etc` must not make /shadow of /etc/shadow. Then the walk
 * goes on to the top.
 */
static __always_inline void path_root(struct path_value *value, const enum generation generation)
{
	value->root_dentry = 0;
	value->root_mnt = 0;
	if (generation >= GENERATION_6_1) {
		struct task_struct *task = bpf_get_current_task_btf();
		struct fs_struct *fs = task->fs;
		struct vfsmount *root_mnt = fs->root.mnt;
		struct dentry *root_dentry = fs->root.dentry;

		if (root_dentry == root_mnt->mnt_root) {
			value->root_dentry = (u64)root_dentry;
			value->root_mnt = (u64)root_mnt;
		}
	} else {
		struct task_struct *task = (void *)bpf_get_current_task();
		struct path root = {};
		struct fs_struct *fs = BPF_CORE_READ(task, fs);

		bpf_core_read(&root, sizeof(root), &fs->root);
		if (root.dentry == BPF_CORE_READ(root.mnt, mnt_root)) {
			value->root_dentry = (u64)root.dentry;
			value->root_mnt = (u64)root.mnt;
		}
	}
}

/* Type and permissions of what a path leads to. */
static __always_inline u32 path_mode(const struct path_value *value)
{
	if (!value->present)
		return 0;
	return value->file ? value->file->f_inode->i_mode : dentry_mode(value->dentry);
}

/* What it is: S_IF*. */
static __always_inline u32 path_type(const struct path_value *value)
{
	return file_type(path_mode(value));
}

/* The flags that a file was opened with. */
static __always_inline u32 path_flags(const struct path_value *value)
{
	return value->present && value->file ? value->file->f_flags : 0;
}

/* Eight bytes of a name, number `word` (a constant), inside a dentry that can be loaded from. */
static __always_inline u64 inline_name_word(const struct dentry *dentry, const u32 word)
{
	u64 offset, bytes;

	/*
	 * Two loads, which clang must not join: the branch is gone once the program is loaded, a sum would not be.
	 * Nor may it put the offset into the load: libbpf wants that to be as wide as the whole name.
	 */
	if (bpf_core_field_exists(struct dentry, d_iname)) {
		offset = bpf_core_field_offset(struct dentry, d_iname);
		asm volatile("" : "+r"(offset));
		bytes = *(u64 *)((void *)dentry + offset + word * 8);
		asm volatile("" : "+r"(bytes));
	} else {
		offset = bpf_core_field_offset(struct dentry___shortname, d_shortname);
		asm volatile("" : "+r"(offset));
		bytes = *(u64 *)((void *)dentry + offset + word * 8);
		asm volatile("" : "+r"(bytes));
	}
	return bytes;
}

/* The first 8 bytes of a name that lies at `name`; what follows its NUL is undefined. */
static __always_inline u64 name_head(u64 name)
{
	u64 head = 0;

	bpf_probe_read_kernel(&head, sizeof(head), (void *)name);
	return head;
}

/*
 * The last 8 bytes of a dentry's name, last byte first; the bytes before a shorter name are 0. Decided by the number
 * of the last word and not by the length, of which the verifier then learns nothing.
 */
static __always_inline u64 name_tail(const struct dentry *dentry, u32 length)
{
	u64 last = ((u64)length - 1) >> 3;
	u64 unused_bits = -(u64)length * 8 & 63;
	u64 word, before;

	if (last == 0) {
		before = 0;
		word = inline_name_word(dentry, 0);
	} else if (last == 1) {
		before = inline_name_word(dentry, 0);
		word = inline_name_word(dentry, 1);
	} else if (last == 2) {
		before = inline_name_word(dentry, 1);
		word = inline_name_word(dentry, 2);
	} else {
		return name_head((u64)dentry->d_name.name + length - sizeof(u64));
	}
	return word << unused_bits | before >> 1 >> (63 - unused_bits);
}

/* Components of one file system that path_head() walks before it gives up on the first one. */
#define HEAD_DEPTH 32
/* Components above a mount that it walks. */
#define HEAD_DEPTH_ABOVE 6
/* Mounts that it crosses. */
#define HEAD_MOUNTS 3

/* Reads the last component. Only plain loads, so this comes first. */
static __always_inline void path_tail(const struct path_value *value, struct path_ends *ends)
{
	ends->status = PATH_MISSING;
	ends->has_tail = false;
	if (!value->present)
		return;
	ends->status = PATH_PRESENT;

	struct dentry *dentry = value->dentry;

	/* What a mount shows at its top is named by the place that it is mounted on. */
	if (dentry == value->mnt->mnt_root)
		return;
	ends->has_tail = true;
	ends->tail = name_tail(dentry, dentry->d_name.len);
}

/* The first component of what lies on the root's own file system, by plain loads. */
static __always_inline void head_inside(const struct path_value *value, struct path_ends *ends)
{
	struct dentry *top = value->dentry;
	u64 mnt_root = (u64)value->mnt->mnt_root;

	ends->head = 0;
	ends->has_head = true;
	if ((u64)top == mnt_root)
		return;
	for (int depth = 0;; depth++) {
		struct dentry *parent = top->d_parent;

		if ((u64)parent == mnt_root)
			break;
		if (parent == top) {
			ends->status = PATH_MISSING;
			return;
		}
		if (depth == HEAD_DEPTH) {
			ends->has_head = false;
			return;
		}
		top = parent;
	}
	ends->head = top->d_name.len <= INLINE_NAME_BYTES ? inline_name_word(top, 0) :
							    name_head((u64)top->d_name.name);
}

/* The usual case of a mount that is not the root: it is mounted on a directory of the root. */
static __always_inline bool head_below_root(struct path_value *value, u64 *head)
{
	u64 memory[__builtin_offsetof(struct dentry_view, text[1]) / sizeof(u64)];
	struct dentry_view *view = (void *)memory;
	struct mount_view above;

	read_mount(mount_of((u64)value->mnt), &above);
	if (above.parent != mount_of(value->root_mnt) || above.mountpoint == value->root_dentry)
		return false;
	read_dentry(above.mountpoint, view, sizeof(view->text[0]));
	if (view->parent != value->root_dentry || view->length > INLINE_NAME_BYTES)
		return false;
	*head = view->text[0];
	value->below_name = view->text[0];
	value->below_length = view->length;
	return true;
}

/*
 * Reads the first component, where it is near; the root must have been found. Costs one read for each mount crossed and
 * one for each component above a mount: their dentries are known by address only.
 */
static __always_inline void path_head(struct path_value *value, struct path_ends *ends)
{
	ends->status = PATH_MISSING;
	ends->has_head = false;
	if (!value->present)
		return;
	ends->status = PATH_PRESENT;

	u64 head = 0;
	u64 at_mnt = (u64)value->mnt;

	if (at_mnt != value->root_mnt && head_below_root(value, &head)) {
		ends->has_head = true;
		ends->head = head;
		return;
	}
	for (int mounts = 0; at_mnt != value->root_mnt; mounts++) {
		struct mount_view above;

		if (mounts == HEAD_MOUNTS)
			return;
		read_mount(mount_of(at_mnt), &above);
		if (above.parent == mount_of(at_mnt)) {
			if (mount_is_visible(above.parent))
				break;
			ends->status = PATH_MISSING;
			return;
		}
		at_mnt = above.parent + bpf_core_field_offset(struct mount, mnt);

		u64 at = above.mountpoint;
		u64 mnt_root = at_mnt == value->root_mnt ? value->root_dentry : mount_root(at_mnt);

		for (int depth = 0; at != mnt_root; depth++) {
			/* No room for more of the name: the stack is short. */
			u64 memory[__builtin_offsetof(struct dentry_view, text[1]) / sizeof(u64)];
			struct dentry_view *view = (void *)memory;

			if (depth == HEAD_DEPTH_ABOVE)
				return;
			read_dentry(at, view, sizeof(view->text[0]));
			if (view->parent == at) {
				ends->status = PATH_MISSING;
				return;
			}
			head = view->length <= INLINE_NAME_BYTES ? view->text[0] : name_head(view->name);
			at = view->parent;
		}
	}
	if (head == 0) {
		/* No mount has a name: the file's own file system begins at the root. */
		head_inside(value, ends);
		return;
	}
	ends->has_head = true;
	ends->head = head;
}

/* Components and mounts that path_read() walks: each takes at least two bytes of PATH_BYTES. */
#define PATH_STEPS (PATH_BYTES / 2 + 64)
#define PATH_STEPS_AT_ONCE 16

/* Writes a name; what follows it in memory stays. */
static __always_inline void write_name(u8 *to, const struct dentry_view *view, u32 length)
{
	u64 *words = (void *)to;

	if (length - 1 >= INLINE_NAME_BYTES) {
		bpf_probe_read_kernel(to, length, (void *)view->name);
		return;
	}

	/* Whole words, then the bytes that the last of them has overwritten. */
	u64 last = ((u64)length - 1) >> 3;
	u64 *end = (void *)to + length;
	u64 following = *end;

	words[0] = view->text[0];
	if (last >= 1)
		words[1] = view->text[1];
	if (last >= 2)
		words[2] = view->text[2];
	if (last >= 3)
		words[3] = view->text[3];
	*end = following;
}

/* In the place of a root's mount: the walk ends at the top of the file system, wherever that is mounted. */
#define TOP_OF_FILE_SYSTEM (~0ULL)

/* One component or one mount upwards; true ends the walk. */
static __always_inline bool path_step(struct scratch *scratch)
{
	struct path_walk *walk = &scratch->walk;
	u64 dentry = walk->dentry;
	u64 mnt = walk->mnt;
	struct dentry_view *view = &walk->view;

	if (dentry == walk->root_dentry && mnt == walk->root_mnt) {
		walk->status = PATH_PRESENT;
		return true;
	}
	if (dentry == walk->mnt_root) {
		struct mount_view *above = &walk->above;
		u64 mount = mount_of(mnt);

		read_mount(mount, above);
		if (above->parent == mount || above->parent == 0) {
			walk->status = mount_is_visible(mount) ? PATH_PRESENT : PATH_MISSING;
			return true;
		}
		mnt = above->parent + bpf_core_field_offset(struct mount, mnt);
		walk->dentry = above->mountpoint;
		walk->mnt = mnt;
		walk->mnt_root = mnt == walk->root_mnt ? walk->root_dentry : mount_root(mnt);
		return false;
	}
	read_dentry(dentry, view, sizeof(view->text));
	if (view->parent == dentry || view->parent == 0) {
		/* A root that no mount shows: a pipe, or a file system's detached part. */
		walk->status = walk->root_mnt == TOP_OF_FILE_SYSTEM ? PATH_PRESENT : PATH_MISSING;
		return true;
	}
	u32 length = view->length & NAME_BYTES;
	u32 offset = walk->offset;

	if (offset < length + 1 || offset > PATH_BYTES) {
		walk->status = PATH_UNRESOLVED;
		return true;
	}
	offset = (offset - length - 1) & (PATH_BYTES - 1);
	scratch->path[offset] = '/';
	write_name(&scratch->path[offset] + 1, view, length);
	walk->offset = offset;
	walk->dentry = view->parent;
	return false;
}

/*
 * The walk's state lies in memory and its parts are global functions, so that the verifier sees each part
 * once, and every step of it in the same state: kernels without bpf_loop follow loops step by step.
 */
__noinline int path_steps(u32 level)
{
	struct scratch *memory = bpf_map_lookup_elem(&scratch, &level);

	if (!memory)
		return 1;
#pragma clang loop unroll(disable)
	for (u32 step = 0; step < PATH_STEPS_AT_ONCE; step++)
		if (path_step(memory))
			return 1;
	return 0;
}

__noinline int path_walk_up(u32 level)
{
#pragma clang loop unroll(disable)
	for (u32 steps = 0; steps < PATH_STEPS; steps += PATH_STEPS_AT_ONCE)
		if (path_steps(level))
			return 1;
	return 0;
}

/* Ends a walk: what it has found of the path. */
static __always_inline void path_finish(struct scratch *scratch, struct path_text *text, u32 status, u64 offset)
{
	text->status = status;
	if (status == PATH_PRESENT && offset == PATH_BYTES) {
		offset = PATH_BYTES - 1;
		scratch->path[PATH_BYTES - 1] = '/';
	}
	if (status == PATH_UNRESOLVED)
		count(COUNTER_UNRESOLVED);
	text->offset = status == PATH_MISSING ? PATH_BYTES : offset;
	text->length = PATH_BYTES - text->offset;
}

/* Walks from where scratch->walk stands to its root. */
static __always_inline void path_walk_rest(struct scratch *scratch, struct path_text *text)
{
	struct path_walk *walk = &scratch->walk;

	walk->status = PATH_UNRESOLVED;
	path_walk_up(scratch->level);
	path_finish(scratch, text, walk->status, walk->offset);
}

static __always_inline void path_walk_whole(struct scratch *scratch, struct path_text *text)
{
	scratch->walk.offset = PATH_BYTES;
	scratch->after_path[0] = 0;
	path_walk_rest(scratch, text);
}

/* Writes a name that lies in the dentry itself; what follows it in memory stays. */
static __always_inline void write_inline_name(u8 *to, const struct dentry *dentry, u64 length)
{
	u64 *words = (void *)to;
	u64 *end = (void *)to + length;
	u64 following = *end;

	words[0] = inline_name_word(dentry, 0);
	if (length > 8)
		words[1] = inline_name_word(dentry, 1);
	if (length > 16)
		words[2] = inline_name_word(dentry, 2);
	if (length > 24)
		words[3] = inline_name_word(dentry, 3);
	*end = following;
}

/* Components that are written by plain loads, each of at most INLINE_NAME_BYTES bytes. */
#define NEAR_DEPTH 8

/* Writes what is near on the file's own file system by plain loads; scratch->walk stands where it ends. */
static __always_inline void path_write_near(const struct path_value *value, struct scratch *scratch)
{
	struct path_walk *walk = &scratch->walk;
	struct dentry *dentry = value->dentry;
	u64 mnt_root = walk->mnt_root;
	u64 offset = PATH_BYTES;

#pragma clang loop unroll(disable)
	for (u32 depth = 0; depth < NEAR_DEPTH && (u64)dentry != mnt_root; depth++) {
		struct dentry *parent = dentry->d_parent;
		u64 length = dentry->d_name.len;

		asm volatile("" : "+r"(length));
		if (parent == dentry || length == 0 || length > INLINE_NAME_BYTES)
			break;
		/* Never below 0, as the verifier can't see. */
		offset = bounded(offset - length - 1, PATH_BYTES - 1);
		scratch->path[offset] = '/';
		write_inline_name(&scratch->path[offset] + 1, dentry, length);
		dentry = parent;
	}
	walk->dentry = (u64)dentry;
	walk->offset = offset;
}

/* Ends a path whose mount is the root, or is mounted on a directory of the root whose name is known; whether it is. */
static __always_inline bool path_write_root(const struct path_value *value, struct scratch *scratch,
					    struct path_text *text)
{
	/* Out of memory, so that the verifier does not follow each depth to the end. */
	u64 offset = bounded(*(volatile u32 *)&scratch->walk.offset, PATH_BYTES);
	u64 length = value->below_length;

	if ((u64)value->mnt == value->root_mnt) {
		path_finish(scratch, text, PATH_PRESENT, offset);
		return true;
	}
	asm volatile("" : "+r"(length));
	if (length == 0 || length > sizeof(u64))
		return false;

	u64 at = bounded(offset - length - 1, PATH_BYTES - 1);
	u64 *end = (void *)&scratch->path[at] + 1 + length;
	u64 following = *end;

	scratch->path[at] = '/';
	*(u64 *)(&scratch->path[at] + 1) = value->below_name;
	*end = following;
	path_finish(scratch, text, PATH_PRESENT, at);
	return true;
}

/* The whole path; the root must have been found. `near` (a constant): what is near costs less, at the cost of size. */
static __always_inline void path_read(const struct path_value *value, struct scratch *scratch,
				      struct path_text *text, const bool near)
{
	struct path_walk *walk = &scratch->walk;

	text->status = PATH_MISSING;
	text->offset = PATH_BYTES;
	text->length = 0;
	if (!value->present)
		return;
	scratch->after_path[0] = 0;
	walk->mnt_root = (u64)value->mnt->mnt_root;
	walk->dentry = (u64)value->dentry;
	walk->offset = PATH_BYTES;
	if (near) {
		path_write_near(value, scratch);
		if (walk->dentry == walk->mnt_root && path_write_root(value, scratch, text))
			return;
	}
	walk->mnt = (u64)value->mnt;
	walk->root_dentry = value->root_dentry;
	walk->root_mnt = value->root_mnt;
	path_walk_rest(scratch, text);
}

#endif

/* The path as a trie key of `bytes` bytes: its beginning, with the NUL that ends it if it is shorter. */
static __always_inline struct trie_key *path_key(struct scratch *scratch, const struct path_text *text,
						 const u32 bytes)
{
	u64 offset = bounded(text->offset, PATH_BYTES);
	u64 length = bounded(text->length + 1, bytes);
	struct trie_key *key = (void *)&scratch->path[offset] - sizeof(key->bits);

	key->bits = length * 8;
	return key;
}

/* The whole path as a hash key of `bytes` bytes, filled up with 0; NULL when it is longer. */
static __always_inline u8 *path_hash_key(struct scratch *scratch, const struct path_text *text, const u32 bytes)
{
	u8 *key = scratch->reversed.bytes;
	u64 length = bounded(text->length, bytes);

	if (text->length > bytes)
		return NULL;
	__builtin_memset(key, 0, bytes);
	bpf_probe_read_kernel(key, length, &scratch->path[bounded(text->offset, PATH_BYTES)]);
	return key;
}

/* The end of the path as a trie key of `bytes` bytes, last byte first. */
static __always_inline struct trie_key *path_key_reversed(struct scratch *scratch,
							  const struct path_text *text, const u32 bytes)
{
	struct trie_key *key = &scratch->reversed;

	for (u32 i = 0; i < bytes; i++)
		key->bytes[i] = scratch->path[PATH_BYTES - 1 - i];
	key->bits = bounded(text->length, bytes) * 8;
	return key;
}

#endif
