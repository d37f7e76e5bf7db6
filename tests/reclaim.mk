# Tests of reclaim.
