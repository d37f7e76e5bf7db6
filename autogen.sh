#!/bin/sh
# Makes ./configure.  Needs autoconf, automake, libtool and pkg-config.
set -eu
unset CDPATH # cd would go elsewhere
cd "$(dirname "$0")"
exec autoreconf --install --force
