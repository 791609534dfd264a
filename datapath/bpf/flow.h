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

static __always_inline void count_packet(struct flow *flow, struct __sk_buff *skb, __u32 side, __u64 now)
{
	__u32 segments = skb->gso_segs ? skb->gso_segs : 1;
	/* All but the first segment repeat headers that the super-packet has once: 66 is Ethernet, IPv4, TCP, timestamps. */

	__sync_fetch_and_add(&flow->packets[side], segments);
	__sync_fetch_and_add(&flow->bytes[side], skb->len + (segments - 1) * 66);
	flow->last[side] = now;
}

/* Between two hosts behind one port whose router is behind the other, packets pass twice. The second time they are
 * not counted and not shown: each would look like two. */
static __always_inline int is_second_pass(struct flow *flow, __u32 side, __u8 port, int waiting, __u64 now)
{
	__u8 *entered = &flow->entered[side];

	if (*entered == port + 1)
		return 0;
	if (*entered && (waiting || now - flow->last[side] < MOVED))
		return 1;
	*entered = port + 1;
	return 0;
}

static __always_inline struct flow *track(struct __sk_buff *skb, struct packet *pkt, const struct conf *conf, __u8 port,
					  __u64 now)
{
	struct flow *flow = bpf_map_lookup_elem(&flows, &pkt->key);
	__u32 side = pkt->side & 1;
	int waiting;

	if (!flow)
		flow = insert_flow(&pkt->key, now);
	if (!flow)
		return 0;
	waiting = is_waiting(flow, conf, now);
	pkt->again = is_second_pass(flow, side, port, waiting, now);
	if (pkt->again) {
		follow_again(flow, pkt, side, port, waiting);
		return flow;
	}
	if (pkt->tcp_flags & (TCP_SYN | TCP_RST))
		follow_opening(skb, flow, pkt, side, port, waiting);
	else if (!flow->established)
		flow->established = 1;
	count_packet(flow, skb, side, now);
	return flow;
}

#endif
