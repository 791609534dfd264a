// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/*
 * The gate: one tc program on the ingress of both ports of a bridge. It decides about every packet from tables that
 * user space fills, and shows user space the first packets of flows that nobody has decided about yet.
 *
 * Of the two licences above the kernel is told the one it knows. It must be 5.11 or later.
 *
 * What is not IP passes. In wire mode that includes LACP and LLDP, which a Linux bridge eats, and STP, which it eats
 * when it speaks it: to the two neighbours the gate is a cable, so they must see each other, or a loop stays unseen.
 * MAC control (pause) frames do not pass: they speak about one link's buffers, and we have our own. In bridge mode all
 * of them go to the Linux bridge, which knows what to do.
 */
#include "plain.h"
#include "verdict.h"
#include <linux/pkt_cls.h>

char LICENSE[] SEC("license") = "GPL";

static __always_inline int let_pass(const struct conf *conf, __u8 port, enum stat reason)
{
	count(reason);
	if (conf->mode == MODE_WIRE)
		return bpf_redirect(conf->ifindex[!port], 0);
	return TC_ACT_OK;
}

static __always_inline int drop(enum stat reason)
{
	count(reason);
	return TC_ACT_SHOT;
}

/* A packet that has no flow cannot be decided about. */
static __always_inline int without_flow(const struct conf *conf, __u8 port, __u64 now)
{
	if (conf->fail_closed && !user_space_is_alive(conf, now))
		return drop(STAT_DROPPED_FAIL_CLOSED);
	return let_pass(conf, port, STAT_PASSED_UNDECIDED);
}

static __always_inline int enforce(struct __sk_buff *skb, const struct packet *pkt, struct flow *flow,
				   const struct verdict *verdict, const struct conf *conf, __u8 port, __u64 now,
				   enum stat reason)
{
	if (verdict->action == ACTION_LISTEN && !pkt->again && user_space_is_alive(conf, now) &&
	    emit(skb, pkt, flow, port, SAMPLE_WHOLE, ROOM_HEAD))
		count(STAT_COPIED_RECORD);
	if (!is_blocking(verdict->action))
		return let_pass(conf, port, STAT_PASSED_BY_VERDICT);
	flow->dropped++;
	if (verdict->action == ACTION_REJECT)
		show_refused(skb, pkt, flow, port, now);
	return drop(reason);
}

static __always_inline int undecided(struct __sk_buff *skb, const struct packet *pkt, struct flow *flow,
				     const struct conf *conf, __u8 port, __u64 now)
{
	if (!user_space_is_alive(conf, now)) {
		if (conf->fail_closed) {
			flow->dropped++;
			return drop(STAT_DROPPED_FAIL_CLOSED);
		}
		return let_pass(conf, port, STAT_PASSED_UNDECIDED);
	}
	if (pkt->again)
		return let_pass(conf, port, STAT_PASSED_UNDECIDED);
	if ((!pkt->opening || pkt->payload) && is_held(flow, conf, now)) {
		flow->dropped++;
		return drop(STAT_DROPPED_HELD);
	}
	copy(skb, pkt, flow, conf, port, now);
	return let_pass(conf, port, STAT_PASSED_UNDECIDED);
}

/* A SYN is shown and passes whatever was decided before it came, but not with bytes in it: how else could the next
 * connection be judged? */
static __always_inline int may_open(const struct packet *pkt, const struct flow *flow, const struct verdict *verdict)
{
	return pkt->opening && verdict->decided < flow->knocked && !(pkt->payload && is_blocking(verdict->action));
}

/* While a SYN waits for its answer the hosts may settle what each knows of the connection before: the one says where it
 * stands, the other that it is gone (RFC 5961 §4.2). Without that the ports would stay in use for ever. */
static __always_inline int settles(const struct packet *pkt, const struct flow *flow, const struct conf *conf,
				   __u64 now)
{
	if (!is_waiting(flow, conf, now) || pkt->payload)
		return 0;
	if ((pkt->side & 1) == flow->knock_side)
		return pkt->tcp_flags & TCP_RST;
	return (pkt->tcp_flags & (TCP_SYN | TCP_RST | TCP_FIN | TCP_ACK)) == TCP_ACK;
}

/* The packet that most are: of a flow that is known to pass, and nothing in it that could begin or end anything. */
static __always_inline int is_plain(const struct packet *pkt, struct flow *flow, const struct conf *conf, __u8 port,
				    __u64 now)
{
	return is_known_to_pass(flow, standing_of(flow, conf), now) && flow->established && !flow->knocked &&
	       !(pkt->tcp_flags & (TCP_SYN | TCP_RST)) && direction(flow, pkt->side)->entered == port + 1;
}

static __always_inline int judge(struct __sk_buff *skb, struct packet *pkt, const struct conf *conf, __u8 port,
				 __u64 now)
{
	struct flow *flow = bpf_map_lookup_elem(&flows, &pkt->key);
	const struct verdict *verdict;
	__u32 standing;

	if (flow && is_plain(pkt, flow, conf, port, now)) {
		count_packet(direction(flow, pkt->side), skb, now);
		return let_pass(conf, port, STAT_PASSED_BY_VERDICT);
	}
	if (!flow)
		flow = insert_flow(&pkt->key, now);
	if (!flow) {
		count(STAT_FLOW_TABLE_FULL);
		return without_flow(conf, port, now);
	}
	track(skb, pkt, flow, conf, port, now);
	standing = standing_of(flow, conf);
	if (!pkt->opening && is_known_to_pass(flow, standing, now))
		return let_pass(conf, port, STAT_PASSED_BY_VERDICT);
	verdict = flow_verdict(&pkt->key, flow, conf, now);
	if (verdict && is_blocking(verdict->action) && settles(pkt, flow, conf, now))
		return let_pass(conf, port, STAT_PASSED_UNDECIDED);
	if (verdict && !may_open(pkt, flow, verdict)) {
		trust(flow, verdict, standing, now);
		return enforce(skb, pkt, flow, verdict, conf, port, now, STAT_DROPPED_BY_VERDICT);
	}
	verdict = learned_verdict(&pkt->key, flow, conf, now);
	if (verdict)
		return enforce(skb, pkt, flow, verdict, conf, port, now, STAT_DROPPED_BY_ENDPOINT);
	return undecided(skb, pkt, flow, conf, port, now);
}

/* What has no flow to judge it by. */
static __always_inline int pass_unread(const struct conf *conf, __u8 port, __u64 now, enum parsed what)
{
	switch (what) {
	case PARSED_NEIGHBOUR:
		return let_pass(conf, port, STAT_PASSED_NEIGHBOUR);
	case PARSED_PAUSE:
		return conf->mode == MODE_WIRE ? drop(STAT_DROPPED_PAUSE) : let_pass(conf, port, STAT_PASSED_NOT_IP);
	case PARSED_ORPHAN:
		count(STAT_ORPHAN_FRAGMENT);
		return without_flow(conf, port, now);
	case PARSED_MALFORMED:
		count(STAT_MALFORMED);
		return without_flow(conf, port, now);
	default:
		return let_pass(conf, port, STAT_PASSED_NOT_IP);
	}
}

SEC("classifier")
int gate(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct conf *conf = bpf_map_lookup_elem(&settings, &zero);
	struct packet pkt;
	__u64 now = coarse_time();
	enum parsed what;
	__u8 port;

	if (!conf)
		return TC_ACT_OK;
	port = skb->ifindex == conf->ifindex[1];
	if (!read_plain(skb, &pkt)) {
		what = parse(skb, &pkt);
		if (what != PARSED_FLOW)
			return pass_unread(conf, port, now, what);
	}
	return judge(skb, &pkt, conf, port, now);
}
