/* instar/map.hpp - for C++17: the map.  See instar.hpp. */
#ifndef INSTAR_MAP_HPP
#define INSTAR_MAP_HPP

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>

#include <instar/iter.hpp>
#include <instar/map.h>
#include <instar/reclaim.hpp>

namespace instar {

namespace detail {

template <class T> inline constexpr bool fits = std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(std::uint64_t);

/* Equal values have equal bytes.  (Floating point: -0.0 is another key than 0.0, and a NaN equals itself.) */
template <class T>
inline constexpr bool compares = std::has_unique_object_representations_v<T> || std::is_floating_point_v<T>;

/* Calls fn from C, which exceptions must not cross: they are kept.  pthread_exit and cancellation unwind the thread by
 * what is no exception: current_exception does not know it, and it must go on, through C as well. */
template <class Fn> void call_from_c(std::exception_ptr &thrown, Fn &&fn)
{
	try {
		fn();
	} catch (...) {
		thrown = std::current_exception();
		if (!thrown)
			throw;
	}
}

/* `when_thrown` stands for fn's answer once it has thrown, and rethrow goes on. */
template <class K, class V, class Fn> struct visitor {
	Fn &fn;
	bool when_thrown;
	std::exception_ptr thrown = nullptr;

	static bool call(std::uint64_t key, std::uint64_t value, void *ctx)
	{
		auto *self = static_cast<visitor *>(ctx);
		bool answer = self->when_thrown;

		if (!self->thrown)
			call_from_c(self->thrown, [&] { answer = self->fn(unpack<K>(key), unpack<V>(value)); });
		return answer;
	}
	void rethrow() const
	{
		if (thrown)
			std::rethrow_exception(thrown);
	}
};

template <class V, class Fn> struct computer {
	Fn &fn;
	std::optional<V> result = std::nullopt;
	std::exception_ptr thrown = nullptr;

	static instar_action call(std::uint64_t, bool present, std::uint64_t *value, void *ctx)
	{
		auto *self = static_cast<computer *>(ctx);

		self->result = present ? std::optional<V>(unpack<V>(*value)) : std::nullopt;
		call_from_c(self->thrown, [&] { self->fn(self->result); });
		if (self->thrown)
			return INSTAR_KEEP;
		if (!self->result)
			return INSTAR_REMOVE;
		*value = pack(*self->result);
		return INSTAR_STORE;
	}
};

struct map_closer {
	void operator()(instar_map *m) const noexcept { instar_map_destroy(m); }
};

} // namespace detail

/*
 * A concurrent hash map.  K and V: trivially copyable, at most 8 bytes; keys and expected values are compared by
 * their bytes, so K has no padding, nor has V for cas and remove_if.  To the C calls a key or a value is these bytes
 * and zeros above them: a 32-bit -1 is 0xffffffff.  The last argument of a call is the caller's thread in the map's
 * domain, or nothing: then it is found.  With opts->value_free the map is boxed, and V a pointer.
 */
template <class K, class V> class map {
	static_assert(detail::fits<K> && detail::fits<V>, "keys and values are trivially copyable, of at most 8 bytes");
	static_assert(detail::compares<K>, "keys are compared by their bytes: equal ones must have equal bytes");

public:
	using key_type = K;
	using mapped_type = V;

	explicit map(instar_domain *in = nullptr, const instar_map_opts *opts = nullptr)
	{
		instar_map *made;

		detail::check(instar_map_create(&made, in, opts));
		map_.reset(made);
	}
	operator instar_map *() const noexcept { return map_.get(); }

	std::optional<V> get(const K &key, instar_thread *t = nullptr) const
	{
		std::uint64_t value = 0;

		return found(instar_get(map_.get(), t, detail::pack(key), &value), INSTAR_OK, INSTAR_NOTFOUND, value);
	}
	bool contains(const K &key, instar_thread *t = nullptr) const
	{
		return detail::either(instar_get(map_.get(), t, detail::pack(key), nullptr), INSTAR_OK,
				      INSTAR_NOTFOUND);
	}
	/* Boxed maps, inside a section: the object or NULL; it is there until the outermost section ends. */
	V get_ref(const K &key, instar_thread *t = nullptr) const
	{
		static_assert(std::is_pointer_v<V>, "boxed values are pointers");
		void *object = nullptr;

		detail::either(instar_get_ref(map_.get(), t, detail::pack(key), &object), INSTAR_OK, INSTAR_NOTFOUND);
		return static_cast<V>(object);
	}
	/* Whether it was inserted; else the key is there already. */
	bool insert(const K &key, const V &value, instar_thread *t = nullptr)
	{
		return detail::either(instar_insert(map_.get(), t, detail::pack(key), detail::pack(value), nullptr),
				      INSTAR_OK, INSTAR_EXISTS);
	}
	/* What was there before; nothing: the key is new. */
	std::optional<V> put(const K &key, const V &value, instar_thread *t = nullptr)
	{
		std::uint64_t old = 0;

		return found(instar_put(map_.get(), t, detail::pack(key), detail::pack(value), &old), INSTAR_EXISTS,
			     INSTAR_OK, old);
	}
	/* What was there before; nothing: the key is absent, and nothing changed. */
	std::optional<V> replace(const K &key, const V &value, instar_thread *t = nullptr)
	{
		std::uint64_t old = 0;

		return found(instar_replace(map_.get(), t, detail::pack(key), detail::pack(value), &old), INSTAR_OK,
			     INSTAR_NOTFOUND, old);
	}
	std::optional<V> remove(const K &key, instar_thread *t = nullptr)
	{
		std::uint64_t old = 0;

		return found(instar_remove(map_.get(), t, detail::pack(key), &old), INSTAR_OK, INSTAR_NOTFOUND, old);
	}
	/* OK, NOTFOUND, or CHANGED: `expected` is what is there. */
	instar_status cas(const K &key, V &expected, const V &desired, instar_thread *t = nullptr)
	{
		std::uint64_t bits = compared(expected);
		instar_status status = instar_cas(map_.get(), t, detail::pack(key), &bits, detail::pack(desired));

		if (status == INSTAR_CHANGED)
			expected = detail::unpack<V>(bits);
		return known(status);
	}
	/* OK, NOTFOUND, or CHANGED. */
	instar_status remove_if(const K &key, const V &expected, instar_thread *t = nullptr)
	{
		return known(instar_remove_if(map_.get(), t, detail::pack(key), compared(expected)));
	}
	/* What is in the map then. */
	V get_or_insert(const K &key, const V &value, instar_thread *t = nullptr)
	{
		std::uint64_t actual = 0;

		detail::either(instar_get_or_insert(map_.get(), t, detail::pack(key), detail::pack(value), &actual),
			       INSTAR_OK, INSTAR_EXISTS);
		return detail::unpack<V>(actual);
	}

	/* The value before; nothing: the key was absent, and is `initial` op `operand` now.  Other operators: the C
	 * calls, on the map itself. */
	std::optional<V> fetch_add(const K &key, const V &operand, const V &initial = V(), instar_thread *t = nullptr)
	{
		static_assert(std::is_integral_v<V> && sizeof(V) == 8, "fetch_add needs 64-bit values; else compute");
		std::uint64_t old = 0;

		return found(instar_fetch_add(map_.get(), t, detail::pack(key), detail::pack(operand),
					      detail::pack(initial), &old),
			     INSTAR_EXISTS, INSTAR_OK, old);
	}

	/* Calls fn(std::optional<V> &value), perhaps again after a conflict: it sees the present value or nothing, and
	 * leaves there what shall be.  Returns that.  If fn throws, nothing changes. */
	template <class Fn> std::optional<V> compute(const K &key, Fn &&fn, instar_thread *t = nullptr)
	{
		detail::computer<V, std::remove_reference_t<Fn>> computer{ fn };
		instar_status status = instar_compute(map_.get(), t, detail::pack(key), computer.call, &computer);

		if (computer.thrown)
			std::rethrow_exception(computer.thrown);
		detail::either(status, INSTAR_OK, INSTAR_NOTFOUND);
		return computer.result;
	}

	/* Calls fn(key, value) for the entries, as instar_foreach, until it answers false.  Whether it never did. */
	template <class Fn> bool for_each(Fn &&fn, instar_thread *t = nullptr) const
	{
		detail::visitor<K, V, std::remove_reference_t<Fn>> visitor{ fn, false };
		instar_status status = instar_foreach(map_.get(), t, visitor.call, &visitor, nullptr);

		visitor.rethrow();
		return detail::either(status, INSTAR_OK, INSTAR_STOPPED);
	}
	/* Removes the entries for which keep(key, value) answers false.  Returns how many.  If this throws, what
	 * is removed by then stays so. */
	template <class Fn> std::size_t retain(Fn &&keep, instar_thread *t = nullptr)
	{
		detail::visitor<K, V, std::remove_reference_t<Fn>> visitor{ keep, true };
		std::size_t removed = 0;
		instar_status status = instar_retain(map_.get(), t, visitor.call, &visitor, &removed);

		visitor.rethrow();
		detail::check(status);
		return removed;
	}
	/* The same in parts, as instar_retain_some: of `budget` entries from the cursor on, which begins at 0.  Whether there
	 * are more; `removed` grows by how many were.  If this throws, the cursor stays. */
	template <class Fn>
	bool retain_some(Fn &&keep, std::uint64_t &cursor, std::size_t budget, std::size_t &removed,
			 instar_thread *t = nullptr)
	{
		detail::visitor<K, V, std::remove_reference_t<Fn>> visitor{ keep, true };
		std::uint64_t next = cursor;
		std::size_t some = 0;
		instar_status status =
			instar_retain_some(map_.get(), t, visitor.call, &visitor, &next, budget, &some);

		removed += some;
		if (!visitor.thrown)
			cursor = next;
		visitor.rethrow();
		return detail::either(status, INSTAR_OK, INSTAR_NOTFOUND);
	}
	instar::snapshot<K, V> snapshot() const { return instar::snapshot<K, V>(map_.get()); }

	std::size_t size() const noexcept { return instar_size(map_.get()); }
	std::size_t count(instar_thread *t = nullptr) const
	{
		std::size_t exact;

		detail::check(instar_count(map_.get(), t, &exact));
		return exact;
	}
	void reserve(std::size_t entries, instar_thread *t = nullptr)
	{
		detail::check(instar_reserve(map_.get(), t, entries));
	}
	void shrink(instar_thread *t = nullptr) { detail::check(instar_shrink(map_.get(), t)); }
	void clear(instar_thread *t = nullptr) { detail::check(instar_clear(map_.get(), t)); }

private:
	static std::uint64_t compared(const V &expected) noexcept
	{
		static_assert(detail::compares<V>,
			      "expected values are compared by their bytes: equal ones must have equal bytes");
		return detail::pack(expected);
	}
	/* By reference: the call that gives the status, and stores there, may come after the other arguments. */
	static std::optional<V> found(instar_status status, instar_status with, instar_status without,
				      const std::uint64_t &value)
	{
		if (!detail::either(status, with, without))
			return std::nullopt;
		return detail::unpack<V>(value);
	}
	static instar_status known(instar_status status)
	{
		if (status != INSTAR_CHANGED)
			detail::either(status, INSTAR_OK, INSTAR_NOTFOUND);
		return status;
	}

	std::unique_ptr<instar_map, detail::map_closer> map_;
};

} // namespace instar

#endif
