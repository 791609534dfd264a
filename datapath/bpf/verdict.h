/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What is to happen to a packet: by its flow's verdict, else by what was learned about an endpoint, else as an
 * undecided flow.
 */
#ifndef PEERGATE_VERDICT_H
#define PEERGATE_VERDICT_H

#include "flow.h"

/* For so long a verdict that lets pass is not looked up again: it stays among those that are in use. */
#define TRUSTED (1000 * MILLISECOND)

/* Verdicts written ahead of the next generation hold already: so a reload leaves no gap. */
static __always_inline int is_fresh(const struct verdict *verdict, const struct conf *conf, __u64 now)
{
	return (__s32)(verdict->generation - conf->generation) >= 0 && now < verdict->expires;
}

static __always_inline const struct verdict *flow_verdict(const struct flow_key *key, const struct flow *flow,
							  const struct conf *conf, __u64 now)
{
	const struct verdict *verdict = bpf_map_lookup_elem(&verdicts, key);

	if (!verdict || verdict->action == ACTION_WATCH)
		return 0;
	/* It is for the connection it was given to, not for the next one with the same ports. */
	if (!is_fresh(verdict, conf, now) || verdict->decided < flow->began) {
		count(STAT_STALE_VERDICT);
		return 0;
	}
	return verdict;
}

/* What a look-up stands under: how often verdicts have changed, and which connection it is. Taken before the look-up, for
 * either may change meanwhile, and on another CPU. */
static __always_inline __u32 standing_of(const struct flow *flow, const struct conf *conf)
{
	return conf->changes << 8 | flow->turn;
}

static __always_inline int is_known_to_pass(const struct flow *flow, __u32 standing, __u64 now)
{
	return now < flow->passes_until && flow->standing == standing;
}

static __always_inline void trust(struct flow *flow, const struct verdict *verdict, __u32 standing, __u64 now)
{
	if (verdict->action != ACTION_PASS && verdict->action != ACTION_ALERT)
		return;
	flow->standing = standing;
	flow->passes_until = verdict->expires - now < TRUSTED ? verdict->expires : now + TRUSTED;
}

static __always_inline __u16 group_of(const __u8 *addr)
{
	struct prefix_key key = { .length = 128 };
	__u32 *group;

	__builtin_memcpy(key.addr, addr, 16);
	group = bpf_map_lookup_elem(&groups, &key);
	return group && *group < GROUP_COUNT ? *group : 0;
}

static __always_inline const struct verdict *endpoint_verdict(const __u8 *addr, __be16 port, __u8 proto,
							      __u16 peer_group, const struct conf *conf, __u64 now)
{
	struct endpoint_key key = { .port = port, .proto = proto };
	const struct verdict *verdict;

	__builtin_memcpy(key.addr, addr, 16);
	verdict = bpf_map_lookup_elem(&endpoints, &key);
	if (!verdict || !is_blocking(verdict->action) || !is_fresh(verdict, conf, now))
		return 0;
	return (verdict->groups >> (peer_group & (GROUP_COUNT - 1))) & 1 ? verdict : 0;
}

/* Looks up both ends' groups and endpoints, but once per flow and epoch: most packets find nothing new. */
static __always_inline const struct verdict *learned_verdict(const struct flow_key *key, struct flow *flow,
							     const struct conf *conf, __u64 now)
{
	const struct verdict *verdict;

	if (flow->epoch == conf->epoch)
		return 0;
	flow->low.group = group_of(key->low_addr);
	flow->high.group = group_of(key->high_addr);
	verdict = endpoint_verdict(key->low_addr, key->low_port, key->proto, flow->high.group, conf, now);
	if (!verdict)
		verdict = endpoint_verdict(key->high_addr, key->high_port, key->proto, flow->low.group, conf, now);
	if (!verdict)
		flow->epoch = conf->epoch;
	return verdict;
}

static __always_inline int user_space_is_alive(const struct conf *conf, __u64 now)
{
	__u32 zero = 0;
	__u64 *beat = bpf_map_lookup_elem(&heartbeat, &zero);

	return beat && is_within(conf->heartbeat_timeout, *beat, now);
}

/* Held groups get a trickle until they are decided: enough to be recognised by, too little to be of use. */
static __always_inline int is_held(struct flow *flow, const struct conf *conf, __u64 now)
{
	__u64 of_either = 1ULL << (flow->low.group & 63) | 1ULL << (flow->high.group & 63);

	if (!(conf->hold_groups & of_either) || flow->whole < conf->whole_limit)
		return 0;
	if (is_within(conf->hold_interval, flow->released, now))
		return 1;
	flow->released = now;
	return 0;
}

#endif
