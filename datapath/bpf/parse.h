/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * From a frame to its flow key. At tc a super-packet may have as few as 66 bytes in its linear part, so a header is read
 * where it lies if it lies there, and copied otherwise. The outer VLAN tag is not in the data but in skb->vlan_tci;
 * further tags are in the data.
 */
#ifndef PEERGATE_PARSE_H
#define PEERGATE_PARSE_H

#include "maps.h"
#include <linux/icmpv6.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>

/* 802.1ad on top of 802.1Q is two; a third is rare and legal. */
#define VLAN_DEPTH 3
/* A provider's core rarely stacks more than three labels. */
#define LABEL_DEPTH 4
#define PPP_IPV4 0x0021
#define PPP_IPV6 0x0057
/* RFC 8200 names six extension headers; hosts accept repeats, but nobody sends this many. */
#define EXTENSION_DEPTH 8

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

enum parsed {
	PARSED_FLOW,
	PARSED_NOT_IP,
	PARSED_NEIGHBOUR, /* IPv6 neighbour discovery, which is to IPv6 what ARP is to IPv4 */
	PARSED_PAUSE,
	PARSED_ORPHAN,    /* a later fragment whose first was never seen */
	PARSED_MALFORMED,
};

/* A field more has to be cleared in plain.h too. */
struct packet {
	struct flow_key key __attribute__((aligned(8))); /* copied and compared in words */
	__u32 payload;
	__u32 datagram; /* where the payload of UDP begins, 0 if it is none */
	__u8 side; /* 0: low -> high */
	__u8 tcp_flags;
	__u8 again; /* it has come by before, through the other port */
	__u8 opening; /* a SYN that asks for another connection on ports that are in use */
	__be32 seq; /* of TCP, where it opens or ends */
	__be32 ack;
};

/* The reading position and what the IP header said, while parsing. */
struct cursor {
	__u32 offset;
	__u32 end; /* where the IP packet ends: Ethernet may pad behind it */
	__u64 src[2]; /* the address as it is in memory */
	__u64 dst[2];
	struct ports ports;
	__u32 fragment_id;
	__u16 fragment; /* offset in units of 8 bytes */
	__u8 more;      /* more fragments follow */
	__u8 proto;
};

static __always_inline int load(struct __sk_buff *skb, __u32 offset, void *to, __u32 size)
{
	return bpf_skb_load_bytes(skb, offset, to, size);
}

/* Headers are in the first bytes of a frame; this bound is what the verifier asks for. */
#define HEADERS_END 4096

/* The `size` bytes at `offset`: in the frame itself where its linear part reaches so far, else in `copy`; 0 where the
 * frame ends before. */
static __always_inline const void *view(struct __sk_buff *skb, __u32 offset, void *copy, __u32 size)
{
	void *data = (void *)(long)skb->data;
	void *data_end = (void *)(long)skb->data_end;

	if (offset < HEADERS_END && data + offset + size <= data_end)
		return data + offset;
	return bpf_skb_load_bytes(skb, offset, copy, size) ? 0 : copy;
}

/* Leaves `at->offset` behind the VLAN tags and gives the EtherType there, 0 if the frame ends before it. */
static __always_inline __be16 skip_tags(struct __sk_buff *skb, struct cursor *at)
{
	__be16 type = skb->protocol;

	at->offset = ETH_HLEN;
	for (int depth = 0; depth < VLAN_DEPTH; depth++) {
		if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD))
			break;
		if (load(skb, at->offset + 2, &type, sizeof(type)))
			return 0;
		at->offset += 4;
	}
	return type;
}

/* Behind the six bytes of PPPoE and the two of PPP (RFC 2516 §4, RFC 1661 §2). */
static __always_inline __be16 skip_pppoe(struct __sk_buff *skb, struct cursor *at)
{
	__be16 proto;

	if (load(skb, at->offset + 6, &proto, sizeof(proto)))
		return 0;
	at->offset += 8;
	if (proto == bpf_htons(PPP_IPV4))
		return bpf_htons(ETH_P_IP);
	return proto == bpf_htons(PPP_IPV6) ? bpf_htons(ETH_P_IPV6) : 0;
}

/* Labels do not say what they carry: the version of IP does, and other things keep from looking like it (RFC 4928 §3). */
static __always_inline __be16 skip_labels(struct __sk_buff *skb, struct cursor *at)
{
	__u8 label[4], version;

	for (int depth = 0; depth < LABEL_DEPTH; depth++) {
		if (load(skb, at->offset, label, sizeof(label)))
			return 0;
		at->offset += sizeof(label);
		if (!(label[2] & 1))
			continue;
		if (load(skb, at->offset, &version, sizeof(version)))
			return 0;
		if (version >> 4 == 4)
			return bpf_htons(ETH_P_IP);
		return version >> 4 == 6 ? bpf_htons(ETH_P_IPV6) : 0;
	}
	return 0;
}

/* Leaves `at->offset` at the network header and gives its EtherType; anything else where it is not IP. */
static __always_inline __be16 find_network(struct __sk_buff *skb, struct cursor *at)
{
	__be16 type = skip_tags(skb, at);

	if (type == bpf_htons(ETH_P_PPP_SES))
		return skip_pppoe(skb, at);
	if (type == bpf_htons(ETH_P_MPLS_UC))
		return skip_labels(skb, at);
	return type;
}

/* The latter half of ::ffff:a.b.c.d, as it is in memory. */
static __always_inline __u64 mapped(__be32 addr)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (__u64)addr << 32 | 0xffff0000;
#else
	return 0xffff00000000 | addr;
#endif
}

static __always_inline enum parsed parse_ipv4(struct __sk_buff *skb, struct cursor *at)
{
	struct iphdr copy;
	const struct iphdr *ip = view(skb, at->offset, &copy, sizeof(copy));

	if (!ip || ip->version != 4 || ip->ihl < 5)
		return PARSED_MALFORMED;
	at->src[1] = mapped(ip->saddr);
	at->dst[1] = mapped(ip->daddr);
	at->proto = ip->protocol;
	at->fragment_id = ip->id;
	at->fragment = bpf_ntohs(ip->frag_off) & 0x1fff;
	at->more = !!(ip->frag_off & bpf_htons(0x2000));
	/* A super-packet over 64 KiB says 0. */
	at->end = skb->gso_segs > 1 ? skb->len : at->offset + bpf_ntohs(ip->tot_len);
	at->offset += ip->ihl * 4;
	return PARSED_FLOW;
}

static __always_inline int is_extension(__u8 proto)
{
	return proto == IPPROTO_HOPOPTS || proto == IPPROTO_ROUTING || proto == IPPROTO_DSTOPTS ||
	       proto == IPPROTO_FRAGMENT || proto == IPPROTO_AH || proto == IPPROTO_MH;
}

static __always_inline enum parsed skip_extensions(struct __sk_buff *skb, struct cursor *at)
{
	for (int depth = 0; depth < EXTENSION_DEPTH; depth++) {
		struct {
			__u8 next;
			__u8 length;
			__be16 fragment;
			__be32 id;
		} header;

		if (!is_extension(at->proto))
			return PARSED_FLOW;
		if (load(skb, at->offset, &header, sizeof(header)))
			return PARSED_MALFORMED;
		if (at->proto == IPPROTO_FRAGMENT) {
			at->fragment = bpf_ntohs(header.fragment) >> 3;
			at->more = bpf_ntohs(header.fragment) & 1;
			at->fragment_id = header.id;
			at->offset += 8;
		} else if (at->proto == IPPROTO_AH) {
			at->offset += (header.length + 2) * 4;
		} else {
			at->offset += (header.length + 1) * 8;
		}
		at->proto = header.next;
		if (at->fragment)
			return PARSED_FLOW; /* what follows is not a header */
	}
	return PARSED_MALFORMED;
}

static __always_inline enum parsed parse_ipv6(struct __sk_buff *skb, struct cursor *at)
{
	struct ipv6hdr copy;
	const struct ipv6hdr *ip = view(skb, at->offset, &copy, sizeof(copy));

	if (!ip || ip->version != 6)
		return PARSED_MALFORMED;
	__builtin_memcpy(at->src, &ip->saddr, 16);
	__builtin_memcpy(at->dst, &ip->daddr, 16);
	at->proto = ip->nexthdr;
	at->offset += sizeof(*ip);
	at->end = skb->gso_segs > 1 ? skb->len : at->offset + bpf_ntohs(ip->payload_len);
	return skip_extensions(skb, at);
}

static __always_inline __u32 payload_after(const struct cursor *at, __u32 header)
{
	__u32 start = at->offset + header;

	return at->end > start ? at->end - start : 0;
}

static __always_inline enum parsed parse_transport(struct __sk_buff *skb, struct cursor *at, struct packet *pkt)
{
	struct tcphdr copy;
	const struct tcphdr *tcp;
	const struct ports *ports;
	__u8 type;

	switch (at->proto) {
	case IPPROTO_TCP:
		tcp = view(skb, at->offset, &copy, sizeof(copy));
		if (!tcp)
			return PARSED_MALFORMED;
		at->ports.src = tcp->source;
		at->ports.dst = tcp->dest;
		pkt->tcp_flags = ((const __u8 *)tcp)[13];
		pkt->seq = tcp->seq;
		pkt->ack = tcp->ack_seq;
		pkt->payload = payload_after(at, tcp->doff * 4);
		return PARSED_FLOW;
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
		ports = view(skb, at->offset, &copy, sizeof(*ports));
		if (!ports)
			return PARSED_MALFORMED;
		at->ports = *ports;
		pkt->payload = payload_after(at, at->proto == IPPROTO_UDP ? sizeof(struct udphdr) : 12);
		if (at->proto == IPPROTO_UDP)
			pkt->datagram = at->offset + sizeof(struct udphdr);
		return PARSED_FLOW;
	case IPPROTO_ICMPV6:
		if (load(skb, at->offset, &type, sizeof(type)))
			return PARSED_MALFORMED;
		/* Router and neighbour solicitation and advertisement, redirect: 133..137. */
		if (type >= 133 && type <= 137)
			return PARSED_NEIGHBOUR;
	}
	pkt->payload = payload_after(at, 0);
	return PARSED_FLOW;
}

/* Only the first fragment has ports: it leaves them for the others. */
static __always_inline enum parsed parse_fragment(struct __sk_buff *skb, struct cursor *at, struct packet *pkt)
{
	struct fragment_key key = { .id = at->fragment_id, .proto = at->proto };
	enum parsed parsed;
	struct ports *ports;

	__builtin_memcpy(key.src, at->src, 16);
	__builtin_memcpy(key.dst, at->dst, 16);
	if (at->fragment) {
		ports = bpf_map_lookup_elem(&frags, &key);
		if (!ports)
			return PARSED_ORPHAN;
		at->ports = *ports;
		pkt->payload = payload_after(at, 0);
		return PARSED_FLOW;
	}
	parsed = parse_transport(skb, at, pkt);
	if (parsed == PARSED_FLOW)
		bpf_map_update_elem(&frags, &key, &at->ports, BPF_ANY);
	return parsed;
}

/* Network order is the order of memcmp. */
static __always_inline int source_is_low(const __u64 *src, const __u64 *dst, struct ports ports)
{
	if (src[0] != dst[0])
		return bpf_be64_to_cpu(src[0]) < bpf_be64_to_cpu(dst[0]);
	if (src[1] != dst[1])
		return bpf_be64_to_cpu(src[1]) < bpf_be64_to_cpu(dst[1]);
	return bpf_ntohs(ports.src) <= bpf_ntohs(ports.dst);
}

/* Ports and protocol as the key has them, in one word: the table's hash, which reads words, would have to wait for pieces
 * to arrive in the cache. */
static __always_inline __u64 tail(__be16 low, __be16 high, __u8 proto)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return low | (__u64)high << 16 | (__u64)proto << 32;
#else
	return (__u64)low << 48 | (__u64)high << 32 | (__u64)proto << 24;
#endif
}

static __always_inline void set_key(struct packet *pkt, const __u64 *src, const __u64 *dst, struct ports ports,
				    __u8 proto)
{
	__u64 *words = (__u64 *)&pkt->key;

	pkt->side = !source_is_low(src, dst, ports);
	if (pkt->side) {
		words[0] = dst[0];
		words[1] = dst[1];
		words[2] = src[0];
		words[3] = src[1];
		words[4] = tail(ports.dst, ports.src, proto);
	} else {
		words[0] = src[0];
		words[1] = src[1];
		words[2] = dst[0];
		words[3] = dst[1];
		words[4] = tail(ports.src, ports.dst, proto);
	}
}

static __always_inline enum parsed parse(struct __sk_buff *skb, struct packet *pkt)
{
	struct cursor at = {};
	enum parsed parsed;
	__be16 type = find_network(skb, &at);

	*pkt = (struct packet){};
	if (type == bpf_htons(ETH_P_IP))
		parsed = parse_ipv4(skb, &at);
	else if (type == bpf_htons(ETH_P_IPV6))
		parsed = parse_ipv6(skb, &at);
	else
		return type == bpf_htons(ETH_P_PAUSE) ? PARSED_PAUSE : PARSED_NOT_IP;
	if (parsed != PARSED_FLOW)
		return parsed;
	if (at.fragment || at.more)
		parsed = parse_fragment(skb, &at, pkt);
	else
		parsed = parse_transport(skb, &at, pkt);
	if (parsed == PARSED_FLOW)
		set_key(pkt, at.src, at.dst, at.ports, at.proto);
	return parsed;
}

#endif
