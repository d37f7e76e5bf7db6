/* instar/box.hpp - for C++17: objects that know when they were born, alone and as a map's values.  See instar.hpp. */
#ifndef INSTAR_BOX_HPP
#define INSTAR_BOX_HPP

#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include <instar/map.hpp>
#include <instar/reclaim.hpp>

namespace instar {

namespace detail {

/* The ctx under which a box goes whose object was never built. */
inline char never_built;

template <class T> void end_boxed(void *object, void *ctx) noexcept
{
	if (ctx != &never_built)
		static_cast<T *>(object)->~T();
}

/* One for each T: a box of a derived class is none of its base, which may stand at another address. */
template <class T> struct box_freer {
	void operator()(T *object) const noexcept { instar_box_free(object, nullptr); }
};

} // namespace detail

/* The one owner of an object in memory of instar_box_alloc; it goes at once with its owner, and before its domain.  What
 * others may still read is retired instead: thread::retire, or boxed_map. */
template <class T> using box = std::unique_ptr<T, detail::box_freer<T>>;

/* A T made of the arguments, to be retired in the domain.  Throws bad_alloc, and what T's constructor throws. */
template <class T, class... Arguments> box<T> make_box(instar_domain *in, Arguments &&...arguments)
{
	static_assert(alignof(T) <= 16, "boxes are aligned to 16 bytes");
	static_assert(std::is_nothrow_destructible_v<T>, "destructors are called from C");
	void *memory = instar_box_alloc(in, sizeof(T), detail::end_boxed<T>);

	if (!memory)
		throw std::bad_alloc();
	try {
		return box<T>(::new (memory) T(std::forward<Arguments>(arguments)...));
	} catch (...) {
		instar_box_free(memory, &detail::never_built);
		throw;
	}
}

/* The object goes once no section can refer to it.  If this throws, it is still the caller's. */
template <class T> void thread::retire(box<T> &&object) const
{
	detail::check(instar_retire(thread_, object.get(), sizeof(T), instar_box_free, nullptr));
	static_cast<void>(object.release());
}

/*
 * A map whose values are objects of type T, in boxes that it owns, over any scheme.  What a call displaces goes once no
 * section can refer to it.  The last argument of a call is the caller's thread in the map's domain, or nothing: then it
 * is found.
 */
template <class K, class T> class boxed_map {
public:
	/* opts: all but value_free, ctx and value_bytes are used. */
	explicit boxed_map(instar_domain *in = nullptr, const instar_map_opts *opts = nullptr)
		: boxed_map(in ? in : detail::default_domain(), boxed(opts))
	{
	}
	operator instar_map *() const noexcept { return map_; }

	/* A box for a value of this map. */
	template <class... Arguments> box<T> make(Arguments &&...arguments) const
	{
		return make_box<T>(domain_, std::forward<Arguments>(arguments)...);
	}
	/* Whether it was inserted; else the key is there already, and the box is still the caller's. */
	bool insert(const K &key, box<T> &&value, instar_thread *t = nullptr)
	{
		return given(map_.insert(key, object_of(value), t), value);
	}
	/* Whether it replaced another. */
	bool put(const K &key, box<T> &&value, instar_thread *t = nullptr)
	{
		bool replaced = map_.put(key, object_of(value), t).has_value();

		given(true, value);
		return replaced;
	}
	/* Whether there was one to replace; else the box is still the caller's. */
	bool replace(const K &key, box<T> &&value, instar_thread *t = nullptr)
	{
		return given(map_.replace(key, object_of(value), t).has_value(), value);
	}
	/* Whether it was there. */
	bool remove(const K &key, instar_thread *t = nullptr) { return map_.remove(key, t).has_value(); }
	bool contains(const K &key, instar_thread *t = nullptr) const { return map_.contains(key, t); }

	/* Calls fn(const T &) for the object, which stays for the call.  Whether there is one. */
	template <class Fn> bool visit(const K &key, Fn &&fn, instar_thread *t = nullptr) const
	{
		if (!t)
			detail::check(instar_thread_self(domain_, &t));
		section reading(t);
		const T *object = map_.get_ref(key, t);

		if (!object)
			return false;
		std::forward<Fn>(fn)(*object);
		return true;
	}
	/* A copy of it. */
	std::optional<T> get(const K &key, instar_thread *t = nullptr) const
	{
		std::optional<T> copy;

		visit(key, [&](const T &object) { copy.emplace(object); }, t);
		return copy;
	}
	/* Inside a section of thread t: the object or NULL; it is there until the outermost section ends. */
	const T *get_ref(const K &key, instar_thread *t) const { return map_.get_ref(key, t); }

	std::size_t size() const noexcept { return map_.size(); }
	std::size_t count(instar_thread *t = nullptr) const { return map_.count(t); }
	void reserve(std::size_t entries, instar_thread *t = nullptr) { map_.reserve(entries, t); }

private:
	boxed_map(instar_domain *in, const instar_map_opts &opts) : domain_(in), map_(in, &opts) {}

	static instar_map_opts boxed(const instar_map_opts *opts) noexcept
	{
		instar_map_opts mine = INSTAR_MAP_OPTS_INIT;

		if (opts)
			mine = *opts;
		mine.value_free = instar_box_free;
		mine.ctx = nullptr;
		mine.value_bytes = sizeof(T);
		return mine;
	}
	/* NULL as a value would be a key that is there and has no object. */
	static T *object_of(const box<T> &value)
	{
		if (!value)
			throw error(INSTAR_INVAL);
		return value.get();
	}
	static bool given(bool taken, box<T> &value) noexcept
	{
		if (taken)
			static_cast<void>(value.release());
		return taken;
	}

	instar_domain *domain_;
	map<K, T *> map_;
};

} // namespace instar

#endif
