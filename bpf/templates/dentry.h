/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What hooks of names need to know of a directory entry. */
#ifndef POLICYC_DENTRY_H
#define POLICYC_DENTRY_H

#include "kernel_types.h"

/*
 * Type and permissions of what a name stands for; 0 for a name that is about to be made. From 6.5 on the
 * verifier takes d_inode for a pointer that is never NULL, and following it without a look stops the
 * kernel (seen on 6.12): read it as a number.
 */
static __always_inline u32 dentry_mode(struct dentry *dentry)
{
	u64 inode = 0;
	u16 mode = 0;

	bpf_probe_read_kernel(&inode, sizeof(inode), &dentry->d_inode);
	if (inode)
		bpf_probe_read_kernel(&mode, sizeof(mode),
				      (void *)(inode + bpf_core_field_offset(struct inode, i_mode)));
	return mode;
}

/* The type of a file out of its mode. */
static __always_inline u32 file_type(u32 mode)
{
	return mode & 0170000;
}

#endif
