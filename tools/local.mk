dist_noinst_SCRIPTS += tools/check-abi tools/check-layers tools/check-order-labels
