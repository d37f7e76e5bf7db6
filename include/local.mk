pkginclude_HEADERS = \
	include/instar/batch.h \
	include/instar/bytes.h \
	include/instar/file.h \
	include/instar/instar.h \
	include/instar/iter.h \
	include/instar/map.h \
	include/instar/reclaim.h \
	include/instar/status.h
