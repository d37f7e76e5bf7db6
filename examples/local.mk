# Short programs to copy from.  Each uses the public interface only and runs in `make check`.

example_programs = \
	examples/dedup \
	examples/sessions \
	examples/settings \
	examples/word_count

check_PROGRAMS += $(example_programs)
dist_check_SCRIPTS += examples/run.sh
TESTS += examples/run.sh

examples_dedup_LDADD = libinstar.la
examples_sessions_LDADD = libinstar.la
examples_settings_LDADD = libinstar.la
examples_word_count_LDADD = libinstar.la
