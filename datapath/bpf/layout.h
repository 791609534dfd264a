/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What the kernel part and src/abi.rs both lay out in memory. Both sides assert the sizes at the foot of this
 * file; a change that keeps a size must raise LAYOUT_VERSION, so that an older pinned map is not adopted.
 */
#ifndef PEERGATE_LAYOUT_H
#define PEERGATE_LAYOUT_H

#include <linux/types.h>

#define LAYOUT_VERSION 8

/* What a verdict does. 4 and 5 are kept for limit and degrade. */
enum action {
	ACTION_PASS = 0,
	ACTION_ALERT = 1,
	ACTION_DROP = 2,
	ACTION_REJECT = 3,
	ACTION_WATCH = 6, /* undecided still: keeps what the flow was taken for, for the next program */
	ACTION_LISTEN = 7, /* passes, and shows the head of every packet: of calls, whose quality is in their headers */
};

enum mode {
	MODE_BRIDGE = 0, /* the Linux bridge forwards what we let through */
	MODE_WIRE = 1,   /* we send to the other port ourselves */
};

/* Both directions of a flow have one key: `low` is the end with the smaller (address, port). */
struct flow_key {
	__u8 low_addr[16]; /* IPv4 as ::ffff:a.b.c.d */
	__u8 high_addr[16];
	__be16 low_port; /* 0 where the protocol has no ports that we read */
	__be16 high_port;
	__u8 proto;
	__u8 pad[3];
};

struct endpoint_key {
	__u8 addr[16];
	__be16 port;
	__u8 proto;
	__u8 pad;
};

struct verdict {
	__u8 action;
	__u8 reason; /* user space's own code, never read here */
	__u16 app;   /* user space's own number, never read here */
	__u32 generation;
	__u64 decided; /* all times here are of CLOCK_MONOTONIC; those in flows are exact to some ms */
	__u64 expires;
	__u64 groups; /* of an endpoint: bit g set = holds towards peers in group g; of a flow: what it was taken for,
			 in user space's numbers, never read here */
};

struct prefix_key {
	__u32 length; /* in bits, IPv4 prefixes as 96 + n */
	__u8 addr[16];
};

/* At most 64 groups: a group is a class of addresses that the policy treats alike. 0 = in none. */
#define GROUP_COUNT 64

/* One direction of a flow. Packets and bytes are added atomically, since two CPUs may serve it. */
struct direction {
	__u64 packets; /* as on the wire: a super-packet counts its segments */
	__u64 bytes;
	__u64 last;
	__be32 syn;    /* sequence number of the SYN that opened it, 0 where none was seen */
	__u16 group;   /* of the end that it comes from */
	__u8 entered;  /* by which port it comes in first, plus 1; 0 before its first packet */
	__u8 pad;
};

/* In a table's entry 88 bytes precede it, of its key and the kernel's own: with them it is four cache lines of 64 bytes.
 * What every packet of a decided flow reads is next to the key; what it writes is in one line for each direction, for
 * the two are served by two CPUs more often than not, which would wait for each other's line at every packet. */
struct flow {
	__u64 passes_until; /* until then its verdict need not be looked up: it lets pass; 0 if that is not known */
	__u32 standing;     /* under what it was looked up: see verdict.h */
	__u8 established;   /* a TCP segment without SYN was seen */
	__u8 turn;          /* how many connections have begun here */
	__u8 knock_side;
	__u8 knock_ports; /* by which ports it came, a bit each */
	__u64 knocked; /* when a SYN came that nobody has answered yet, 0 if none waits */
	__u64 began;   /* when the SYN came that opened it, 0 if none was seen: older verdicts are not for it. As every SYN's
			  time here it is odd, and its low 16 bits are not those of the one before */
	__u64 first;

	struct direction low; /* from the low end to the high one */
	__u64 released;   /* when hold last let an undecided packet through */
	__u32 generation; /* of the policy that `whole` and `records` were counted under */
	__u32 epoch;      /* of endpoints and groups when they were last looked up */
	__u32 dropped;
	__u16 whole;
	__u16 records;
	__u64 refused; /* when a dropped packet was last shown to user space for refusal */

	struct direction high;
	__u64 knock_shown; /* when a SYN that waits was last shown to user space */
	__be32 knock;      /* sequence number of the one that waits for an answer */
	__u32 knock_packets;
	__u32 knock_bytes;
	__u8 pad[12];
};

struct conf {
	__u32 layout;
	__u32 ifindex[2];
	__u32 generation;
	__u32 epoch; /* raised by user space with every change of endpoints or groups */
	__u16 whole_limit;
	__u16 record_limit;
	__u8 mode;
	__u8 fail_closed;
	__u8 promiscuous; /* bit per port: we switched it on, so detaching switches it off; never read here */
	__u8 pad;
	__u32 changes; /* raised by user space when a verdict that let pass does not any more */
	__u64 netns; /* inode of the network namespace that ifindex belongs to; never read here */
	__u64 heartbeat_timeout;
	__u64 hold_groups;   /* bit per group */
	__u64 hold_interval; /* between two undecided packets of a held flow */
	__u64 answer_timeout; /* so long a SYN waits for its answer */
	__u64 words;         /* which numbers user space's verdicts are in; never read here */
};

enum sample_kind {
	SAMPLE_WHOLE = 1,
	SAMPLE_RECORD = 2,
	SAMPLE_REFUSED = 3, /* the head of a packet that a reject verdict dropped */
	SAMPLE_REOPENED = 4, /* another connection has begun on these ports: its SYN, and what was counted before it */
};

/* The bytes of a SAMPLE_REOPENED. */
struct reopened {
	__u64 packets[2]; /* of the connection before */
	__u64 bytes[2];
	__u64 knocked; /* when the SYN came first that began this one */
	__be32 knock;  /* its sequence number, how often it came, and with how many bytes altogether */
	__u32 knock_packets;
	__u32 knock_bytes;
	__u16 former; /* number of the connection before */
	__u8 knock_side;
	__u8 pad;
};

/* What goes up the ring, followed by `captured` bytes: of the frame with its outer VLAN tag put back, of a record those
 * that a datagram begins with. */
struct sample {
	__u64 time;
	__u32 wire_len; /* of the whole super-packet, tag included */
	__u32 captured;
	struct flow_key key;
	__u32 payload; /* bytes above the transport header, as the IP header says */
	__u16 segments;
	__u16 segment_size; /* payload of each segment of a super-packet, 0 otherwise */
	__u16 group[2];     /* of low, of high */
	__u8 kind;
	__u8 port; /* 0 or 1: where the frame came in */
	__u8 side; /* 0: low -> high */
	__u8 tcp_flags;
	__u16 connection; /* the low bits of when it began: another number than those before and after on these ports; 0 if
			     no SYN of it was seen */
	__u8 wanted;      /* a SYN that asks for that connection, while another one is open */
	__u8 pad[5];
};

enum stat {
	STAT_PASSED_BY_VERDICT,
	STAT_PASSED_UNDECIDED,
	STAT_PASSED_NOT_IP,
	STAT_PASSED_NEIGHBOUR,
	STAT_DROPPED_BY_VERDICT,
	STAT_DROPPED_BY_ENDPOINT,
	STAT_DROPPED_FAIL_CLOSED,
	STAT_DROPPED_HELD,
	STAT_DROPPED_PAUSE,
	/* The rest count besides one of those above. */
	STAT_MALFORMED,
	STAT_ORPHAN_FRAGMENT,
	STAT_STALE_VERDICT,
	STAT_COPIED_WHOLE,
	STAT_COPIED_RECORD,
	STAT_COPIED_REFUSED,
	STAT_RING_FULL,
	STAT_FLOW_TABLE_FULL,
	STAT_COUNT,
};

/* What belongs to one CPU. */
struct cpu {
	__u64 counted[STAT_COUNT]; /* packets by enum stat */
	__u64 jiffy; /* when the kernel was asked for `now` */
	__u64 now;
};

_Static_assert(sizeof(struct flow_key) == 40, "src/abi.rs: FlowKey");
_Static_assert(sizeof(struct endpoint_key) == 20, "src/abi.rs: EndpointKey");
_Static_assert(sizeof(struct verdict) == 32, "src/abi.rs: Verdict");
_Static_assert(sizeof(struct flow) == 168, "src/abi.rs: FlowEntry");
_Static_assert(sizeof(struct cpu) == 152, "src/abi.rs: CpuEntry");
_Static_assert((88 + __builtin_offsetof(struct flow, low)) % 64 == 0, "a cache line of its own");
_Static_assert((88 + __builtin_offsetof(struct flow, high)) % 64 == 0, "a cache line of its own");
_Static_assert(sizeof(struct reopened) == 56, "src/abi.rs: ReopenedEntry");
_Static_assert(sizeof(struct conf) == 80, "src/abi.rs: Conf");
_Static_assert(sizeof(struct sample) == 80, "src/abi.rs: SampleHeader");

#endif
