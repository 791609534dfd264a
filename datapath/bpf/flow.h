/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The flow table: finds or makes a packet's flow and counts the packet, decided or not.
 */
#ifndef PEERGATE_FLOW_H
#define PEERGATE_FLOW_H

#include "parse.h"

#define MILLISECOND 1000000ULL

/* A direction that is silent at its port for so long may have moved to the other. */
#define MOVED (1000 * MILLISECOND)

/* Upper bounds in bytes of a packet on the wire. Voice is in the second class. */
static __always_inline __u32 size_class(__u32 bytes)
{
	if (bytes < 100)
		return 0;
	if (bytes < 250)
		return 1;
	if (bytes < 500)
		return 2;
	if (bytes < 900)
		return 3;
	return bytes < 1300 ? 4 : 5;
}

/* Upper bounds of the time since the last packet of the same direction. Voice paces at 10 to 60 ms. */
static __always_inline __u32 gap_class(__u64 gap)
{
	if (gap < MILLISECOND)
		return 0;
	if (gap < 8 * MILLISECOND)
		return 1;
	if (gap < 26 * MILLISECOND)
		return 2;
	if (gap < 66 * MILLISECOND)
		return 3;
	return gap < 250 * MILLISECOND ? 4 : 5;
}

static __always_inline int is_bare_syn(const struct packet *pkt)
{
	return (pkt->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;
}

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

/* A bare SYN behind other segments is a new connection with old ports: it is judged afresh. */
static __always_inline void begin_on_syn(struct flow *flow, const struct packet *pkt)
{
	if (!(pkt->tcp_flags & TCP_SYN)) {
		if (pkt->key.proto == IPPROTO_TCP && !flow->established)
			flow->established = 1;
		return;
	}
	if (!is_bare_syn(pkt) || (flow->began && !flow->established))
		return;
	flow->established = 0;
	flow->began = bpf_ktime_get_ns();
	flow->whole = flow->records = 0;
}

static __always_inline void count_packet(struct flow *flow, struct __sk_buff *skb, __u32 side, __u64 now)
{
	__u32 segments = skb->gso_segs ? skb->gso_segs : 1;
	/* All but the first segment repeat headers that the super-packet has once: 66 is Ethernet, IPv4, TCP, timestamps. */
	__u32 bytes = skb->len + (segments - 1) * 66;
	__u32 size = size_class(segments > 1 ? skb->gso_size + 66 : skb->len);

	__sync_fetch_and_add(&flow->packets[side], segments);
	__sync_fetch_and_add(&flow->bytes[side], bytes);
	flow->sizes[side][size] += segments;
	if (flow->last[side])
		flow->gaps[side][gap_class(now - flow->last[side])]++;
	flow->last[side] = now;
}

/* Between two hosts behind one port whose router is behind the other, packets pass twice. The second time they are
 * not counted and not shown: each would look like two. */
static __always_inline int is_second_pass(struct flow *flow, __u32 side, __u8 port, __u64 now)
{
	__u8 *entered = &flow->entered[side];

	if (*entered == port + 1)
		return 0;
	if (*entered && now - flow->last[side] < MOVED)
		return 1;
	*entered = port + 1;
	return 0;
}

static __always_inline struct flow *track(struct __sk_buff *skb, struct packet *pkt, __u8 port, __u64 now)
{
	struct flow *flow = bpf_map_lookup_elem(&flows, &pkt->key);

	if (!flow)
		flow = insert_flow(&pkt->key, now);
	if (!flow)
		return 0;
	pkt->again = is_second_pass(flow, pkt->side & 1, port, now);
	if (pkt->again)
		return flow;
	begin_on_syn(flow, pkt);
	count_packet(flow, skb, pkt->side & 1, now);
	return flow;
}

#endif
