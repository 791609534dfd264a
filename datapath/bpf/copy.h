/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Copies for user space: the first packets of an undecided flow whole, later ones as records of time, size, side and
 * how a datagram begins, and the heads of packets that a reject verdict dropped, because a reset needs their exact
 * sequence numbers.
 * A full ring costs the packet nothing: it is counted, and the flow keeps its claim to be shown later.
 */
#ifndef PEERGATE_COPY_H
#define PEERGATE_COPY_H

#include "parse.h"

/* Rooms in the ring. Small: voice, DNS, bare TCP. Frame: one Ethernet frame with two tags. Super: three QUIC
 * Initials or a ClientHello with post-quantum keys that arrive as one super-packet. */
#define ROOM_SMALL 256
#define ROOM_FRAME 1536
#define ROOM_SUPER 4096
/* Ethernet, two tags, IPv6 or IPv4 with options, TCP: all that a refusal quotes. */
#define ROOM_HEAD 128

/* Of a datagram: whether such bytes are random tells a header from cipher text. */
#define ROOM_RECORD 8

/* Two shown packets of one refused flow are this far apart at least, and two SYNs that ask for another connection:
 * retransmissions come slower anyway. */
#define SHOW_INTERVAL 50000000ULL

#define MACS 12
#define TAG 4

static __always_inline void describe(struct sample *sample, struct __sk_buff *skb, const struct packet *pkt,
				     const struct flow *flow, __u8 port)
{
	sample->time = bpf_ktime_get_ns();
	sample->wire_len = skb->len + (skb->vlan_present ? TAG : 0);
	sample->captured = 0;
	sample->key = pkt->key;
	sample->payload = pkt->payload;
	sample->segments = skb->gso_segs ? skb->gso_segs : 1;
	sample->segment_size = skb->gso_segs > 1 ? skb->gso_size : 0;
	sample->group[0] = flow->low.group;
	sample->group[1] = flow->high.group;
	sample->port = port;
	sample->side = pkt->side;
	sample->tcp_flags = pkt->tcp_flags;
	sample->connection = pkt->opening ? flow->knocked : flow->began;
	sample->wanted = pkt->opening;
}

/* Copies `len` bytes from `from` to `to`; gives 0 or an error. The clamp is for the verifier. */
static __always_inline int load_up_to(struct __sk_buff *skb, __u32 from, void *to, __u64 len, const __u32 room)
{
	if (len > room)
		len = room;
	if (len < 1)
		return -1;
	return bpf_skb_load_bytes(skb, from, to, len);
}

/* The bytes behind the header, with the outer tag put back between the addresses and the type. */
static __always_inline __u32 fill(struct __sk_buff *skb, __u8 *bytes, const __u32 room)
{
	__u32 len = skb->len;
	__be16 tag[2];

	if (!skb->vlan_present) {
		if (len > room)
			len = room;
		return load_up_to(skb, 0, bytes, len, room) ? 0 : len;
	}
	if (len > room - TAG)
		len = room - TAG;
	if (len <= MACS || bpf_skb_load_bytes(skb, 0, bytes, MACS))
		return 0;
	tag[0] = skb->vlan_proto;
	tag[1] = bpf_htons(skb->vlan_tci);
	__builtin_memcpy(bytes + MACS, tag, TAG);
	return load_up_to(skb, MACS, bytes + MACS + TAG, len - MACS, room - MACS - TAG) ? 0 : len + TAG;
}

static __always_inline int emit(struct __sk_buff *skb, const struct packet *pkt, const struct flow *flow, __u8 port,
				__u8 kind, const __u32 room)
{
	struct sample *sample = bpf_ringbuf_reserve(&events, sizeof(*sample) + room, 0);

	if (!sample) {
		count(STAT_RING_FULL);
		return 0;
	}
	describe(sample, skb, pkt, flow, port);
	sample->kind = kind;
	sample->captured = fill(skb, (__u8 *)(sample + 1), room);
	bpf_ringbuf_submit(sample, 0);
	return 1;
}

static __always_inline int emit_whole(struct __sk_buff *skb, const struct packet *pkt, const struct flow *flow,
				      __u8 port)
{
	if (skb->len <= ROOM_SMALL - TAG)
		return emit(skb, pkt, flow, port, SAMPLE_WHOLE, ROOM_SMALL);
	if (skb->len <= ROOM_FRAME - TAG)
		return emit(skb, pkt, flow, port, SAMPLE_WHOLE, ROOM_FRAME);
	return emit(skb, pkt, flow, port, SAMPLE_WHOLE, ROOM_SUPER);
}

static __always_inline int emit_record(struct __sk_buff *skb, const struct packet *pkt, const struct flow *flow,
				       __u8 port)
{
	struct sample *sample = bpf_ringbuf_reserve(&events, sizeof(*sample) + ROOM_RECORD, 0);

	if (!sample) {
		count(STAT_RING_FULL);
		return 0;
	}
	describe(sample, skb, pkt, flow, port);
	sample->kind = SAMPLE_RECORD;
	if (pkt->datagram && pkt->payload >= ROOM_RECORD &&
	    !bpf_skb_load_bytes(skb, pkt->datagram, sample + 1, ROOM_RECORD))
		sample->captured = ROOM_RECORD;
	bpf_ringbuf_submit(sample, 0);
	return 1;
}

/* Whoever asks for another connection on open ports is shown for the sake of hosts that are asked in vain: what begins is
 * told by its answer. */
static __always_inline void show_knock(struct __sk_buff *skb, const struct packet *pkt, struct flow *flow, __u8 port,
				       __u64 now)
{
	if (flow->knock_shown && is_within(SHOW_INTERVAL, flow->knock_shown, now))
		return;
	flow->knock_shown = now;
	if (emit_whole(skb, pkt, flow, port))
		count(STAT_COPIED_WHOLE);
}

static __always_inline void copy(struct __sk_buff *skb, const struct packet *pkt, struct flow *flow,
				 const struct conf *conf, __u8 port, __u64 now)
{
	if (flow->generation != conf->generation) {
		flow->generation = conf->generation;
		flow->whole = flow->records = 0;
	}
	if (pkt->opening) {
		show_knock(skb, pkt, flow, port, now);
	} else if (flow->whole < conf->whole_limit) {
		if (emit_whole(skb, pkt, flow, port)) {
			flow->whole++;
			count(STAT_COPIED_WHOLE);
		}
	} else if (flow->records < conf->record_limit) {
		if (emit_record(skb, pkt, flow, port)) {
			flow->records++;
			count(STAT_COPIED_RECORD);
		}
	}
}

static __always_inline void show_refused(struct __sk_buff *skb, const struct packet *pkt, struct flow *flow, __u8 port,
					 __u64 now)
{
	if (flow->refused && is_within(SHOW_INTERVAL, flow->refused, now))
		return;
	flow->refused = now;
	if (emit(skb, pkt, flow, port, SAMPLE_REFUSED, ROOM_HEAD))
		count(STAT_COPIED_REFUSED);
}

#endif
