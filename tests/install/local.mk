# What users get: the exported names (check); the installed headers, library, pkg-config file, manual (installcheck).
TESTS += tests/install/symbols.sh tests/install/prefetch.sh
dist_check_SCRIPTS += tests/install/symbols.sh tests/install/prefetch.sh tests/install/installed.sh
EXTRA_DIST += tests/install/user.c tests/install/user.cpp

installcheck-local:
	srcdir='$(srcdir)' CC='$(CC)' DESTDIR='$(DESTDIR)' pkgconfigdir='$(pkgconfigdir)' libdir='$(libdir)' \
		mandir='$(mandir)' \
		$(SHELL) $(srcdir)/tests/install/installed.sh
