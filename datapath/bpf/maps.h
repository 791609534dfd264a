/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The maps. The loader pins all but `blank`, so that they outlive it, and sets the sizes of the tables. What user space
 * writes and what the kernel writes never share an entry: a read-modify-write of a flow from user space would undo the
 * kernel's counting.
 */
#ifndef PEERGATE_MAPS_H
#define PEERGATE_MAPS_H

#include "layout.h"
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define TABLE_SIZE 131072

/* flow key -> what was decided about it; user space writes */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, TABLE_SIZE);
	__type(key, struct flow_key);
	__type(value, struct verdict);
} verdicts SEC(".maps");

/* address, port, protocol -> what was learned about that endpoint; user space writes */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, TABLE_SIZE);
	__type(key, struct endpoint_key);
	__type(value, struct verdict);
} endpoints SEC(".maps");

/* prefix -> group id below 64; user space writes */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct prefix_key);
	__type(value, __u32);
} groups SEC(".maps");

/* flow key -> counters; the kernel writes */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, TABLE_SIZE);
	__type(key, struct flow_key);
	__type(value, struct flow);
} flows SEC(".maps");

struct fragment_key {
	__u8 src[16];
	__u8 dst[16];
	__u32 id;
	__u8 proto;
	__u8 pad[3];
};

struct ports {
	__be16 src;
	__be16 dst;
};

/* addresses, id, protocol of a fragmented packet -> the ports that only its first fragment has; the kernel writes */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct fragment_key);
	__type(value, struct ports);
} frags SEC(".maps");

/* 0 -> how to work; user space writes */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct conf);
} settings SEC(".maps");

/* 0 -> when user space was last alive, in bpf_ktime_get_ns(); user space writes */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} heartbeat SEC(".maps");

/* 0 -> what each CPU counts, and its clock; the kernel writes. One entry, which every packet looks up once or twice. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cpu);
} cpus SEC(".maps");

/* struct sample and bytes -> user space; the kernel writes */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} events SEC(".maps");

/* 0 -> an empty flow to insert, too large for the stack; nobody writes */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct flow);
} blank SEC(".maps");

static __always_inline struct cpu *this_cpu(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&cpus, &zero);
}

static __always_inline void count(enum stat reason)
{
	struct cpu *cpu = this_cpu();

	if (cpu)
		cpu->counted[reason]++;
}

/* The time, exact to some ms. The kernel's coarse clock moves with its jiffies, which can be read without a call. */
static __always_inline __u64 coarse_time(void)
{
	struct cpu *cpu = this_cpu();
	__u64 jiffy = bpf_jiffies64();

	if (!cpu)
		return bpf_ktime_get_coarse_ns();
	if (cpu->jiffy != jiffy) {
		cpu->now = bpf_ktime_get_coarse_ns();
		cpu->jiffy = jiffy;
	}
	return cpu->now;
}

/* Whether less than `span` has gone by since then. Another CPU's `then` may be a little later than our `now`. */
static __always_inline int is_within(__u64 span, __u64 then, __u64 now)
{
	return (__s64)(now - then) < (__s64)span;
}

#endif
