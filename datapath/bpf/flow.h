/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The flow table: finds or makes a packet's flow and counts the packet, decided or not.
 */
#ifndef PEERGATE_FLOW_H
#define PEERGATE_FLOW_H

#include "opening.h"

#define MILLISECOND 1000000ULL

/* A direction that is silent at its port for so long may have moved to the other. */
#define MOVED (1000 * MILLISECOND)

static __always_inline struct flow *insert_flow(const struct flow_key *key, __u64 now)
{
	__u32 zero = 0;
	struct flow *empty = bpf_map_lookup_elem(&blank, &zero);
	struct flow *flow;

	if (!empty)
		return 0;
	/* Another CPU may have been first: then its entry is the one. */
	bpf_map_update_elem(&flows, key, empty, BPF_NOEXIST);
	flow = bpf_map_lookup_elem(&flows, key);
	if (flow && !flow->first)
		flow->first = now;
	return flow;
}

static __always_inline void count_packet(struct direction *way, struct __sk_buff *skb, __u64 now)
{
	__u32 segments = skb->gso_segs ? skb->gso_segs : 1;

	__sync_fetch_and_add(&way->packets, segments);
	/* All but the first segment repeat headers that the super-packet has once: 66 is Ethernet, IPv4, TCP, timestamps. */
	__sync_fetch_and_add(&way->bytes, skb->len + (segments - 1) * 66);
	way->last = now;
}

/* Between two hosts behind one port whose router is behind the other, packets pass twice. The second time they are
 * not counted and not shown: each would look like two. */
static __always_inline int is_second_pass(struct direction *way, __u8 port, int waiting, __u64 now)
{
	if (way->entered == port + 1)
		return 0;
	if (way->entered && (waiting || is_within(MOVED, way->last, now)))
		return 1;
	way->entered = port + 1;
	return 0;
}

static __always_inline void track(struct __sk_buff *skb, struct packet *pkt, struct flow *flow, const struct conf *conf,
				  __u8 port, __u64 now)
{
	__u32 side = pkt->side & 1;
	struct direction *way = direction(flow, side);
	int waiting = is_waiting(flow, conf, now);

	pkt->again = is_second_pass(way, port, waiting, now);
	if (pkt->again)
		return follow_again(flow, pkt, side, port, waiting);
	if (pkt->tcp_flags & (TCP_SYN | TCP_RST))
		follow_opening(skb, flow, pkt, side, port, waiting);
	else if (!flow->established)
		flow->established = 1;
	count_packet(way, skb, now);
}

#endif
