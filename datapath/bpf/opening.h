/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Which SYN begins another connection on ports that have a flow already. User space is told, and goes by that.
 * On a connection that is open a SYN alone proves nothing: the other host keeps to the numbers it knows (RFC 5961 §4).
 * So it knocks only, and what acknowledges its number begins the connection, which no older verdict is for.
 */
#ifndef PEERGATE_OPENING_H
#define PEERGATE_OPENING_H

#include "copy.h"

static __always_inline int is_blocking(__u8 action)
{
	return action == ACTION_DROP || action == ACTION_REJECT;
}

static __always_inline struct direction *direction(struct flow *flow, __u32 side)
{
	return side ? &flow->high : &flow->low;
}

/* Tells apart the connections on these ports by the low bits of when they began, of which none are 0. */
static __always_inline __u64 syn_time(const struct flow *flow)
{
	__u64 now = bpf_ktime_get_ns() | 1;

	return (__u16)now == (__u16)flow->began ? now + 2 : now;
}

/* For user space, whose flow of the connection before ends now, and that of the next begins. */
static __always_inline void show_reopened(struct __sk_buff *skb, const struct packet *pkt, const struct flow *flow,
					__u8 port)
{
	struct sample *sample = bpf_ringbuf_reserve(&events, sizeof(*sample) + sizeof(struct reopened), 0);
	struct reopened *told;

	if (!sample) {
		count(STAT_RING_FULL);
		return;
	}
	describe(sample, skb, pkt, flow, port);
	sample->kind = SAMPLE_REOPENED;
	sample->captured = sizeof(*told);
	sample->connection = flow->knocked;
	told = (struct reopened *)(sample + 1);
	told->packets[0] = flow->low.packets;
	told->packets[1] = flow->high.packets;
	told->bytes[0] = flow->low.bytes;
	told->bytes[1] = flow->high.bytes;
	told->knocked = flow->knocked;
	told->knock = flow->knock;
	told->knock_packets = flow->knock_packets;
	told->knock_bytes = flow->knock_bytes;
	told->former = flow->began;
	told->knock_side = flow->knock_side;
	told->pad = 0;
	bpf_ringbuf_submit(sample, 0);
}

/* Nothing that was decided or shown so far is of the connection that began `when`. */
static __always_inline void begin(struct flow *flow, __u64 when)
{
	flow->began = when;
	flow->turn++;
	flow->passes_until = flow->knocked = 0;
	flow->whole = flow->records = 0;
	flow->dropped = 0;
}

/* Whether a SYN waits for its answer: after a minute nobody does any more. */
static __always_inline int is_waiting(const struct flow *flow, const struct conf *conf, __u64 now)
{
	return flow->knocked && is_within(conf->answer_timeout, flow->knocked, now);
}

static __always_inline void knock(struct __sk_buff *skb, struct flow *flow, struct packet *pkt, __u32 side, __u8 port,
				  int waiting)
{
	pkt->opening = 1;
	if (!waiting || flow->knock != pkt->seq || flow->knock_side != side) {
		flow->knocked = syn_time(flow);
		flow->knock = pkt->seq;
		flow->knock_side = side;
		flow->knock_packets = flow->knock_bytes = 0;
		flow->knock_ports = 0;
	}
	flow->knock_ports |= 1 << port;
	flow->knock_packets++;
	flow->knock_bytes += skb->len;
}

/* The SYNs that knocked are counted for what they began. */
static __always_inline void answer(struct __sk_buff *skb, struct flow *flow, const struct packet *pkt, __u32 side,
				   __u8 port)
{
	struct direction *answers = direction(flow, side), *calls = direction(flow, !side);

	calls->packets -= flow->knock_packets;
	calls->bytes -= flow->knock_bytes;
	show_reopened(skb, pkt, flow, port);
	calls->packets = flow->knock_packets;
	calls->bytes = flow->knock_bytes;
	answers->packets = answers->bytes = 0;
	calls->syn = flow->knock;
	flow->first = flow->knocked;
	begin(flow, flow->knocked);
}

/* What has come in where the SYN did the caller may have made itself: an answer comes from behind the other port. Where
 * both hosts are behind one port, the SYN has come in by the other too, from their router. */
static __always_inline int is_answer(const struct flow *flow, const struct packet *pkt, __u32 side, __u8 port)
{
	return flow->knock_side != side && flow->knock_ports & 1 << !port &&
	       bpf_ntohl(pkt->ack) == bpf_ntohl(flow->knock) + 1;
}

/* The table forgets flows before verdicts when many come: then the first SYN seen is not always the first. */
static __always_inline int was_blocked(const struct flow_key *key)
{
	const struct verdict *verdict = bpf_map_lookup_elem(&verdicts, key);

	return verdict && is_blocking(verdict->action);
}

static __always_inline void hear_syn(struct __sk_buff *skb, struct flow *flow, struct packet *pkt, __u32 side,
				     __u8 port, int waiting)
{
	struct direction *way = direction(flow, side), *back = direction(flow, !side);

	if (!way->packets && !back->packets) {
		flow->established = was_blocked(&pkt->key);
		if (flow->established)
			return knock(skb, flow, pkt, side, port, waiting);
		way->syn = pkt->seq;
		return begin(flow, syn_time(flow));
	}
	if (!way->packets)
		way->syn = pkt->seq;
	if (way->syn == pkt->seq)
		return; /* sent again, or both open at the same time */
	if (back->packets || flow->established)
		return knock(skb, flow, pkt, side, port, waiting);
	/* Nobody has answered the one before. */
	way->syn = pkt->seq;
	way->packets = way->bytes = 0;
	begin(flow, syn_time(flow));
}

/* A SYN that waits has come by already. Dropped here, it would have been let through in vain. */
static __always_inline void follow_again(struct flow *flow, struct packet *pkt, __u32 side, __u8 port, int waiting)
{
	if (!waiting || (pkt->tcp_flags & (TCP_SYN | TCP_RST | TCP_ACK)) != TCP_SYN || flow->knock_side != side ||
	    flow->knock != pkt->seq)
		return;
	pkt->opening = 1;
	flow->knock_ports |= 1 << port;
}

static __always_inline void follow_opening(struct __sk_buff *skb, struct flow *flow, struct packet *pkt, __u32 side,
					   __u8 port, int waiting)
{
	__u8 flags = pkt->tcp_flags & (TCP_SYN | TCP_RST | TCP_ACK);

	if (flags == TCP_SYN)
		return hear_syn(skb, flow, pkt, side, port, waiting);
	if (flags & TCP_ACK && waiting && is_answer(flow, pkt, side, port))
		answer(skb, flow, pkt, side, port);
	if (flags & TCP_SYN)
		direction(flow, side)->syn = pkt->seq;
}

#endif
