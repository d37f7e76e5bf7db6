# Short programs to copy from.  Each uses the public interface only and runs in `make check`.

example_programs = \
	examples/dedup \
	examples/first \
	examples/sessions \
	examples/settings \
	examples/word_count
# Byte keys need a hash; packet captures libpcap, too.
if HAVE_XXHASH
example_programs += examples/cache
if HAVE_PCAP
example_programs += examples/flows tests/support/write_capture
endif
endif

check_PROGRAMS += $(example_programs)
dist_check_SCRIPTS += examples/run.sh
TESTS += examples/run.sh

examples_cache_LDADD = libinstar.la
examples_dedup_LDADD = libinstar.la
examples_first_LDADD = libinstar.la
examples_flows_CPPFLAGS = $(AM_CPPFLAGS) $(PCAP_CFLAGS)
examples_flows_LDADD = libinstar.la $(PCAP_LIBS)
examples_sessions_LDADD = libinstar.la
examples_settings_LDADD = libinstar.la
examples_word_count_LDADD = libinstar.la
