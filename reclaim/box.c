/*
 * reclaim/box.c - boxes: memory with a birth era in front of it, for schemes that ask when an object was born.
 *
 *	struct box | what the user sees
 *
 * A box is known by its destructor, instar_box_free: so whatever else is retired has no birth era.
 */
#include "reclaim/private.h"

struct box {
	_Alignas(16) uint64_t birth;
	instar_domain *domain;
	size_t bytes; /* of it all */
	void (*destroy)(void *object, void *ctx);
};

static struct box *box_of(const void *object)
{
	return (struct box *)(uintptr_t)object - 1;
}

void *instar_box_alloc(instar_domain *domain, size_t bytes, void (*destroy)(void *object, void *ctx))
{
	struct box *box;

	if (!domain)
		domain = instar_domain_default();
	if (!domain || bytes > SIZE_MAX / 2)
		return NULL;
	box = reclaim_alloc(domain, sizeof(*box) + bytes, _Alignof(struct box));
	if (!box)
		return NULL;
	*box = (struct box){ reclaim_birth(domain), domain, sizeof(*box) + bytes, destroy };
	return box + 1;
}

void instar_box_free(void *object, void *ctx)
{
	struct box *box;

	if (!object)
		return;
	box = box_of(object);
	if (box->destroy)
		box->destroy(object, ctx);
	reclaim_free(box->domain, box, box->bytes, _Alignof(struct box));
}

/* The eras of another domain say nothing here. */
uint64_t reclaim_birth_of(const instar_domain *domain, const void *object, void (*destroy)(void *object, void *ctx))
{
	const struct box *box;

	if (destroy != instar_box_free || !object)
		return 0;
	box = box_of(object);
	return box->domain == domain ? box->birth : 0;
}
