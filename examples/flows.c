/*
 * flows.c - the flows of a packet capture: who sent how much to whom.
 *
 *     flows capture.pcap
 *
 * The table is boxed and has byte keys: addresses, ports and protocol -> a struct flow whose counters threads add to.
 * Each worker goes over the file and takes every WORKERS-th packet, in the place of a queue of a network card.
 */
#define _DEFAULT_SOURCE
#include <inttypes.h>
#include <pcap/pcap.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <instar/instar.h>

enum { WORKERS = 4 };
enum { ETHERNET = 14, VLAN_TAG = 4, TCP = 6, UDP = 17 };

struct tuple { /* bytes only: no padding, which would be part of the key */
	uint8_t source[4], target[4], source_port[2], target_port[2], protocol;
};

struct flow {
	uint64_t packets, bytes; /* atomic */
};

static const char *path;
static instar_domain *domain;
static instar_bmap *flows;

static unsigned big_endian(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* TCP or UDP over IPv4 over Ethernet, and not a later fragment. */
static bool parse(const uint8_t *p, size_t n, struct tuple *tuple)
{
	size_t ip = ETHERNET, ports;

	if (n >= ETHERNET + VLAN_TAG && big_endian(p + 12) == 0x8100)
		ip += VLAN_TAG;
	if (n < ip + 20 || big_endian(p + ip - 2) != 0x0800 || p[ip] >> 4 != 4)
		return false;
	ports = ip + (p[ip] & 15) * 4u;
	tuple->protocol = p[ip + 9];
	if (n < ports + 4 || (big_endian(p + ip + 6) & 0x1fff) || (tuple->protocol != TCP && tuple->protocol != UDP))
		return false;
	memcpy(tuple->source, p + ip + 12, 4);
	memcpy(tuple->target, p + ip + 16, 4);
	memcpy(tuple->source_port, p + ports, 2);
	memcpy(tuple->target_port, p + ports + 2, 2);
	return true;
}

/* The tuple's flow, made if it is the first packet; valid until the section ends.  NULL: no memory. */
static struct flow *find_flow(instar_thread *thread, const struct tuple *tuple)
{
	struct flow *flow;
	void *object;
	uint64_t existing;

	if (instar_bmap_get_ref(flows, thread, tuple, sizeof *tuple, &object) == INSTAR_OK)
		return object;
	flow = calloc(1, sizeof *flow);
	if (!flow)
		return NULL;
	switch (instar_bmap_insert(flows, thread, tuple, sizeof *tuple, (uint64_t)(uintptr_t)flow, &existing)) {
	case INSTAR_OK:
		return flow;
	case INSTAR_EXISTS: /* another thread was first */
		free(flow);
		return (struct flow *)(uintptr_t)existing;
	default:
		free(flow);
		return NULL;
	}
}

static bool count_packet(instar_thread *thread, const struct tuple *tuple, uint64_t bytes)
{
	struct flow *flow;

	instar_enter(thread);
	flow = find_flow(thread, tuple);
	if (flow) {
		__atomic_fetch_add(&flow->packets, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&flow->bytes, bytes, __ATOMIC_RELAXED);
	}
	instar_leave(thread);
	return flow != NULL;
}

/* NULL, or what went wrong. */
static void *work(void *arg)
{
	char reason[PCAP_ERRBUF_SIZE];
	pcap_t *capture = pcap_open_offline(path, reason);
	const char *wrong = NULL;
	struct pcap_pkthdr *header;
	const uint8_t *packet;
	instar_thread *thread;
	struct tuple tuple;
	int more = 0;

	if (!capture)
		return (void *)"cannot open the capture";
	if (pcap_datalink(capture) != DLT_EN10MB)
		wrong = "not a capture of Ethernet";
	else if (instar_thread_attach(domain, &thread) != INSTAR_OK)
		wrong = "out of memory";
	else {
		for (uintptr_t i = 0; !wrong && (more = pcap_next_ex(capture, &header, &packet)) == 1; i++)
			if (i % WORKERS == (uintptr_t)arg && parse(packet, header->caplen, &tuple) &&
			    !count_packet(thread, &tuple, header->len))
				wrong = "out of memory";
		instar_thread_detach(thread);
		if (more == PCAP_ERROR)
			wrong = "the capture is damaged";
	}
	pcap_close(capture);
	return (void *)(uintptr_t)wrong;
}

static bool print_flow(const void *key, size_t length, uint64_t value, void *ctx)
{
	const struct flow *flow = (const struct flow *)(uintptr_t)value;
	const struct tuple *t = key;

	(void)length;
	(void)ctx;
	printf("%" PRIu64 " packets %" PRIu64 " bytes %s %u.%u.%u.%u:%u > %u.%u.%u.%u:%u\n", flow->packets, flow->bytes,
	       t->protocol == TCP ? "tcp" : "udp", t->source[0], t->source[1], t->source[2], t->source[3],
	       big_endian(t->source_port), t->target[0], t->target[1], t->target[2], t->target[3],
	       big_endian(t->target_port));
	return true;
}

static void free_flow(void *flow, void *ctx)
{
	(void)ctx;
	free(flow);
}

static const char *run_workers(void)
{
	pthread_t workers[WORKERS];
	void *wrong = NULL, *one;
	uintptr_t started = 0;

	while (started < WORKERS && !pthread_create(&workers[started], NULL, work, (void *)started))
		started++;
	for (uintptr_t i = 0; i < started; i++) {
		pthread_join(workers[i], &one);
		wrong = wrong ? wrong : one;
	}
	return started < WORKERS ? "no thread" : wrong;
}

int main(int argc, char **argv)
{
	struct instar_bmap_opts opts = INSTAR_BMAP_OPTS_INIT;
	const char *wrong = "usage: flows capture.pcap";

	path = argv[argc - 1];
	opts.value_free = free_flow;
	if (argc == 2)
		wrong = instar_domain_create(&domain, NULL, NULL) || instar_bmap_create(&flows, domain, &opts) ?
			"cannot make the table" : run_workers();
	if (wrong)
		fprintf(stderr, "flows: %s\n", wrong);
	else
		instar_bmap_foreach(flows, NULL, print_flow, NULL, NULL);
	instar_bmap_destroy(flows);
	instar_domain_destroy(domain);
	return wrong != NULL;
}
