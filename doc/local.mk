# The manual.  A page of section 3 is found by the name of each call that it describes, too: links are made
# where it is installed, for the names in its NAME section.

man3_pages = \
	doc/instar.3 \
	doc/instar_batch.3 \
	doc/instar_bmap.3 \
	doc/instar_bmap_batch.3 \
	doc/instar_bmap_scan.3 \
	doc/instar_bmap_snapshot.3 \
	doc/instar_file.3 \
	doc/instar_map.3 \
	doc/instar_reclaim.3 \
	doc/instar_scan.3 \
	doc/instar_snapshot.3 \
	doc/instar_status.3 \
	doc/instar_update.3
dist_man_MANS += $(man3_pages)
EXTRA_DIST += doc/choosing-a-scheme.md doc/guarantees.md doc/memory-model.md doc/migrating.md doc/porting.md \
	doc/tuning.md doc/verification.md

# $(for_each_link) COMMAND $(end_of_links): the command, of $$page and $$call.
for_each_link = for page in $(man3_pages:doc/%.3=%); do \
	$(SED) -n '/^\.Sh NAME/,/^\.Nd/s/^\.Nm \([a-z_]*\).*/\1/p' $(srcdir)/doc/$$page.3 | \
	while read -r call; do test $$call = $$page ||
end_of_links = || exit 1; done || exit 1; done

install-data-hook:
	$(for_each_link) echo ".so man3/$$page.3" >"$(DESTDIR)$(man3dir)/$$call.3" $(end_of_links)
uninstall-hook:
	$(for_each_link) rm -f "$(DESTDIR)$(man3dir)/$$call.3" $(end_of_links)
