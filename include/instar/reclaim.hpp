/* instar/reclaim.hpp - for C++17: errors, domains, threads, sections.  See instar.hpp. */
#ifndef INSTAR_RECLAIM_HPP
#define INSTAR_RECLAIM_HPP

#include <cstddef>
#include <exception>
#include <memory>
#include <type_traits>

#include <instar/reclaim.h>

namespace instar {

/* A call failed and has changed nothing, unless it says otherwise. */
class error : public std::exception {
public:
	explicit error(instar_status why) noexcept : status_(why) {}
	instar_status status() const noexcept { return status_; }
	const char *what() const noexcept override { return instar_status_text(status_); }

private:
	instar_status status_;
};

namespace detail {

inline void check(instar_status status)
{
	if (status != INSTAR_OK)
		throw error(status);
}

/* Whether it is `yes` rather than `no`. */
inline bool either(instar_status status, instar_status yes, instar_status no)
{
	if (status != yes && status != no)
		throw error(status);
	return status == yes;
}

inline instar_domain *default_domain()
{
	instar_domain *in = instar_domain_default();

	if (!in)
		throw error(INSTAR_NOMEM);
	return in;
}

struct domain_closer {
	void operator()(instar_domain *d) const noexcept { instar_domain_destroy(d); }
};

} // namespace detail

/* One instance of a reclamation scheme.  If maps or threads outlive it, it is left behind (destroy tells). */
class domain {
public:
	explicit domain(const char *scheme = nullptr, const instar_domain_opts *opts = nullptr)
	{
		instar_domain *made;

		detail::check(instar_domain_create(&made, scheme, opts));
		domain_.reset(made);
	}
	/* INVAL once it was moved from or destroyed: the C calls would take it for the default domain. */
	operator instar_domain *() const
	{
		if (!domain_)
			throw error(INSTAR_INVAL);
		return domain_.get();
	}

	/* OK; else it is as usable as before. */
	instar_status destroy() noexcept
	{
		instar_status answer = instar_domain_destroy(domain_.get());

		if (answer == INSTAR_OK)
			static_cast<void>(domain_.release());
		return answer;
	}
	instar_reclaim_stats stats() const noexcept
	{
		instar_reclaim_stats figures;

		instar_domain_stats(domain_.get(), &figures);
		return figures;
	}

private:
	std::unique_ptr<instar_domain, detail::domain_closer> domain_;
};

namespace detail {
template <class T> struct box_freer;
}

/* The calling thread's handle, attached while the object lives; made and destroyed by the same thread. */
class thread {
public:
	thread() : thread(detail::default_domain()) {}
	explicit thread(instar_domain *in) { detail::check(instar_thread_attach(in, &thread_)); }
	~thread() { instar_thread_detach(thread_); }
	thread(const thread &) = delete;
	thread &operator=(const thread &) = delete;
	operator instar_thread *() const noexcept { return thread_; }

	void offline() const noexcept { instar_thread_offline(thread_); }
	void online() const noexcept { instar_thread_online(thread_); }
	void quiescent() const noexcept { instar_thread_quiescent(thread_); }
	std::size_t poll(std::size_t budget) const noexcept { return instar_poll(thread_, budget); }
	void synchronize() const { detail::check(instar_synchronize(thread_)); }
	void barrier() const { detail::check(instar_barrier(thread_)); }

	/* Deletes it once no section can reach it.  If this throws, it is still the caller's. */
	template <class T> void retire(T *object) const
	{
		static_assert(std::is_nothrow_destructible_v<T>, "destructors are called from C");
		auto destroy = [](void *memory, void *) noexcept { delete static_cast<T *>(memory); };

		detail::check(instar_retire(thread_, object, sizeof *object, destroy, nullptr));
	}
	/* A box: see box.hpp. */
	template <class T> void retire(std::unique_ptr<T, detail::box_freer<T>> &&object) const;

private:
	instar_thread *thread_ = nullptr;
};

/* From here to the end of the block.  Without an argument: the caller's own, in the default domain. */
class section {
public:
	explicit section(instar_thread *t = nullptr) noexcept : thread_(t) { instar_enter(thread_); }
	~section() { instar_leave(thread_); }
	section(const section &) = delete;
	section &operator=(const section &) = delete;

private:
	instar_thread *thread_;
};

} // namespace instar

#endif
