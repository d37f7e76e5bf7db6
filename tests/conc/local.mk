# Concurrent tests: plain TAP programs.
