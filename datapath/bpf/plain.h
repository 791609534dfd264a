/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The packet that nearly all are, read without a detour: TCP or UDP behind an IP header without options, no fragment, no
 * tag in the data, all headers where they can be read at once. parse.h reads whatever is different, and would read this
 * one the same.
 */
#ifndef PEERGATE_PLAIN_H
#define PEERGATE_PLAIN_H

#include "parse.h"

#define IPV4_WITHOUT_OPTIONS 0x45
/* More fragments, or not the first one. */
#define IPV4_FRAGMENT 0x3fff

/* The transport header at `header`; the datagram or segment ends at `end`. Both are offsets in the frame. */
static __always_inline int read_transport(struct __sk_buff *skb, struct packet *pkt, const __u64 *src, const __u64 *dst,
					  __u8 proto, __u32 header, __u32 end)
{
	const void *data = (void *)(long)skb->data, *data_end = (void *)(long)skb->data_end;
	const struct tcphdr *tcp = data + header;
	const struct udphdr *udp = data + header;
	__u32 start = header + sizeof(*udp);

	pkt->tcp_flags = 0;
	pkt->again = pkt->opening = 0;
	pkt->seq = pkt->ack = 0;
	pkt->datagram = 0;
	if (proto == IPPROTO_TCP && (void *)(tcp + 1) <= data_end) {
		pkt->tcp_flags = ((const __u8 *)tcp)[13];
		pkt->seq = tcp->seq;
		pkt->ack = tcp->ack_seq;
		start = header + tcp->doff * 4;
	} else if (proto == IPPROTO_UDP && (void *)(udp + 1) <= data_end) {
		pkt->datagram = start;
	} else {
		return 0;
	}
	pkt->payload = end > start ? end - start : 0;
	set_key(pkt, src, dst, (struct ports){ udp->source, udp->dest }, proto);
	return 1;
}

static __always_inline int read_ipv4(struct __sk_buff *skb, struct packet *pkt)
{
	const struct iphdr *ip = (void *)(long)skb->data + ETH_HLEN;
	__u64 src[2] = {}, dst[2] = {};
	__u32 end;

	if ((void *)(ip + 1) > (void *)(long)skb->data_end || *(const __u8 *)ip != IPV4_WITHOUT_OPTIONS ||
	    ip->frag_off & bpf_htons(IPV4_FRAGMENT))
		return 0;
	src[1] = mapped(ip->saddr);
	dst[1] = mapped(ip->daddr);
	end = skb->gso_segs > 1 ? skb->len : ETH_HLEN + bpf_ntohs(ip->tot_len);
	return read_transport(skb, pkt, src, dst, ip->protocol, ETH_HLEN + sizeof(*ip), end);
}

static __always_inline int read_ipv6(struct __sk_buff *skb, struct packet *pkt)
{
	const struct ipv6hdr *ip = (void *)(long)skb->data + ETH_HLEN;
	const __u32 header = ETH_HLEN + sizeof(*ip);
	__u64 src[2], dst[2];

	if ((void *)(ip + 1) > (void *)(long)skb->data_end || ip->version != 6)
		return 0;
	__builtin_memcpy(src, &ip->saddr, sizeof(src));
	__builtin_memcpy(dst, &ip->daddr, sizeof(dst));
	return read_transport(skb, pkt, src, dst, ip->nexthdr, header,
			      skb->gso_segs > 1 ? skb->len : header + bpf_ntohs(ip->payload_len));
}

/* Gives 0 where it is not such a packet. */
static __always_inline int read_plain(struct __sk_buff *skb, struct packet *pkt)
{
	if (skb->protocol == bpf_htons(ETH_P_IP))
		return read_ipv4(skb, pkt);
	return skb->protocol == bpf_htons(ETH_P_IPV6) && read_ipv6(skb, pkt);
}

#endif
