/*
 * write_capture.c - writes a packet capture for the example that reads one.
 *
 *     write_capture FLOWS >capture.pcap
 *
 * Flow i of FLOWS sends i + 1 packets of 100 + i bytes from 10.0.0.1 and port 1000 + i to 10.0.0.2 and port 80, every
 * third one by UDP, every second one with a VLAN tag; flow 0 is one large packet of which only 60 bytes were captured.
 * In between there is what belongs to no flow: ARP, a later fragment, and a packet that was cut short.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put16(uint8_t *p, unsigned x)
{
	p[0] = (uint8_t)(x >> 8);
	p[1] = (uint8_t)x;
}

static void write_packet(const uint8_t *packet, uint32_t captured, uint32_t length)
{
	uint32_t header[4] = { 0, 0, captured, length };

	fwrite(header, sizeof header, 1, stdout);
	fwrite(packet, captured, 1, stdout);
}

/* Its size up to the ports. */
static uint32_t make_packet(uint8_t *p, unsigned flow)
{
	uint8_t *ip = p + 14;

	memset(p, 0, 256);
	if (flow % 2) {
		put16(p + 12, 0x8100);
		ip += 4;
	}
	put16(ip - 2, 0x0800);
	ip[0] = 0x45;
	ip[9] = flow % 3 ? 6 : 17;
	memcpy(ip + 12, (uint8_t[]){ 10, 0, 0, 1, 10, 0, 0, 2 }, 8);
	put16(ip + 20, 1000 + flow);
	put16(ip + 22, 80);
	return (uint32_t)(ip + 24 - p);
}

static void write_strangers(void)
{
	uint8_t packet[256];
	uint32_t size = make_packet(packet, 0);

	write_packet(packet, size - 1, 100); /* cut short */
	packet[14 + 7] = 1;                  /* a later fragment */
	write_packet(packet, size, 100);
	put16(packet + 12, 0x0806);          /* ARP */
	write_packet(packet, 60, 60);
}

int main(int argc, char **argv)
{
	const uint32_t header[6] = { 0xa1b2c3d4, 4u << 16 | 2, 0, 0, 65535, 1 /* Ethernet */ };
	unsigned flows = argc == 2 ? (unsigned)atoi(argv[1]) : 0;
	uint8_t packet[256];

	fwrite(header, sizeof header, 1, stdout);
	for (unsigned round = 0; round < flows; round++) {
		write_strangers();
		for (unsigned flow = round; flow < flows; flow++) {
			make_packet(packet, flow);
			write_packet(packet, flow ? 100 : 60, flow ? 100 + flow : 9000);
		}
	}
	return fflush(stdout) != 0;
}
