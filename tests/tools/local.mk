# The checkers of the source find what they are there for; the manual agrees with the headers.
tools_tests = tests/tools/check-abi.sh tests/tools/check-layers.sh tests/tools/check-order-labels.sh tests/tools/manual.sh
dist_check_SCRIPTS += $(tools_tests)
EXTRA_DIST += tests/tools/tree.sh
TESTS += $(tools_tests)
