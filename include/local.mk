pkginclude_HEADERS = \
	include/instar/batch.h \
	include/instar/box.hpp \
	include/instar/bytes.h \
	include/instar/file.h \
	include/instar/instar.h \
	include/instar/instar.hpp \
	include/instar/iter.h \
	include/instar/iter.hpp \
	include/instar/map.h \
	include/instar/map.hpp \
	include/instar/reclaim.h \
	include/instar/reclaim.hpp \
	include/instar/status.h
