dist_noinst_SCRIPTS += tools/check-layers tools/check-order-labels
