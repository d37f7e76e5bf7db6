/* instar/iter.hpp - for C++17: snapshots as ranges.  See instar.hpp. */
#ifndef INSTAR_ITER_HPP
#define INSTAR_ITER_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include <instar/iter.h>
#include <instar/reclaim.hpp>

namespace instar {

namespace detail {

/* A value's bytes, and zeros. */
template <class T> std::uint64_t pack(const T &value) noexcept
{
	std::uint64_t bits = 0;

	std::memcpy(&bits, &value, sizeof value);
	return bits;
}

template <class T> T unpack(std::uint64_t bits) noexcept
{
	alignas(T) unsigned char bytes[sizeof(T)];

	std::memcpy(bytes, &bits, sizeof bytes);
	return *std::launder(reinterpret_cast<T *>(bytes));
}

struct snapshot_closer {
	void operator()(instar_snapshot *s) const noexcept { instar_snapshot_close(s, nullptr); }
};

} // namespace detail

/* A map as it was at one moment; a range of std::pair<K, V>, in no order that means anything.  Each iterator is
 * for one pass and for the thread that made it. */
template <class K, class V> class snapshot {
public:
	class iterator {
	public:
		using iterator_category = std::input_iterator_tag;
		using value_type = std::pair<K, V>;
		using difference_type = std::ptrdiff_t;
		using pointer = const value_type *;
		using reference = const value_type &;

		iterator() = default; /* the end */
		explicit iterator(instar_snapshot *s) : snapshot_(s) { ++*this; }
		reference operator*() const { return *current_; }
		pointer operator->() const { return &*current_; }
		iterator &operator++()
		{
			while (next_ == filled_ && !last_)
				fill();
			if (next_ == filled_) {
				current_.reset();
			} else {
				current_.emplace(detail::unpack<K>(entries_[next_].key),
						 detail::unpack<V>(entries_[next_].value));
				next_++;
			}
			return *this;
		}
		iterator operator++(int)
		{
			iterator before = *this;

			++*this;
			return before;
		}
		/* As for any input iterator, good for comparing with the end. */
		friend bool operator==(const iterator &a, const iterator &b)
		{
			return a.current_.has_value() == b.current_.has_value();
		}
		friend bool operator!=(const iterator &a, const iterator &b) { return !(a == b); }

	private:
		void fill()
		{
			last_ = detail::either(instar_snapshot_scan(snapshot_, nullptr, &cursor_, entries_, room, &filled_),
					       INSTAR_NOTFOUND, INSTAR_OK);
			next_ = 0;
		}

		static constexpr std::size_t room = 32;
		instar_snapshot *snapshot_ = nullptr;
		std::uint64_t cursor_ = 0;
		std::size_t next_ = 0, filled_ = 0;
		bool last_ = false;
		instar_entry entries_[room] = {};
		std::optional<value_type> current_;
	};

	explicit snapshot(instar_map *of)
	{
		instar_snapshot *opened;

		detail::check(instar_snapshot_open(of, nullptr, &opened));
		snapshot_.reset(opened);
	}
	operator instar_snapshot *() const noexcept { return snapshot_.get(); }

	iterator begin() const { return iterator(snapshot_.get()); }
	iterator end() const { return iterator(); }
	std::optional<V> get(const K &key) const
	{
		std::uint64_t value;

		if (!detail::either(instar_snapshot_get(snapshot_.get(), nullptr, detail::pack(key), &value), INSTAR_OK,
				    INSTAR_NOTFOUND))
			return std::nullopt;
		return detail::unpack<V>(value);
	}
	std::size_t count() const
	{
		std::size_t n;

		detail::check(instar_snapshot_count(snapshot_.get(), nullptr, &n));
		return n;
	}

private:
	std::unique_ptr<instar_snapshot, detail::snapshot_closer> snapshot_;
};

} // namespace instar

#endif
