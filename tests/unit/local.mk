# Unit tests, with Criterion.
