/* tests/install/user.cpp - what a C++ programmer would write first, and each call of instar.hpp once. */
#include <instar/instar.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <pthread.h>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

/* What must not compile. */
#ifdef TOO_LARGE
struct pair_of_words {
	std::uint64_t a, b;
};
static instar::map<pair_of_words, int> refused;
#endif
struct padded {
	std::uint32_t a;
	std::uint8_t b;
};
#ifdef PADDED
static instar::map<padded, int> refused;
#endif
#ifdef PADDED_CAS
static instar_status refused(instar::map<int, padded> &map, padded expected)
{
	return map.cas(1, expected, { 1, 1 });
}
#endif
#ifdef PADDED_REMOVE_IF
static instar_status refused(instar::map<int, padded> &map, padded expected)
{
	return map.remove_if(1, expected);
}
#endif

#ifdef THROWING_DESTRUCTOR
struct throws_at_its_end {
	~throws_at_its_end() noexcept(false) {}
};
static void refused(instar::thread &self, throws_at_its_end *object)
{
	self.retire(object);
}
#endif

static int failed;

static void expect(bool holds, const char *what)
{
	if (!holds) {
		std::printf("not so: %s\n", what);
		failed = 1;
	}
}
#define EXPECT(condition) expect(condition, #condition)

/* What the call throws; OK: nothing. */
template <class Call> static instar_status thrown_by(Call &&call)
{
	try {
		call();
		return INSTAR_OK;
	} catch (const instar::error &e) {
		EXPECT(e.what()[0]);
		return e.status();
	}
}

enum class colour : std::uint8_t { red, green };
struct point {
	std::int32_t x, y;
};

static void one_key_at_a_time()
{
	instar::map<std::int32_t, double> map;

	EXPECT(map.insert(-1, 0.5) && !map.insert(-1, 0.75));
	EXPECT(map.get(-1) == 0.5 && !map.get(1) && map.contains(-1) && !map.contains(1));
	EXPECT(!map.put(2, 1.0) && map.put(2, 2.0) == 1.0);
	EXPECT(!map.replace(3, 1.0) && map.replace(2, 3.0) == 2.0);
	EXPECT(map.get_or_insert(2, 9.0) == 3.0 && map.get_or_insert(4, 9.0) == 9.0);

	double expected = 1.0;
	EXPECT(map.cas(2, expected, 5.0) == INSTAR_CHANGED && expected == 3.0);
	EXPECT(map.cas(2, expected, 5.0) == INSTAR_OK && map.cas(5, expected, 5.0) == INSTAR_NOTFOUND);
	EXPECT(map.remove_if(2, 3.0) == INSTAR_CHANGED && map.remove_if(2, 5.0) == INSTAR_OK);
	EXPECT(map.remove(4) == 9.0 && !map.remove(4) && map.size() == 1 && map.count() == 1);

	map.reserve(1000);
	map.shrink();
	map.clear();
	EXPECT(map.size() == 0);

	instar::map<std::int32_t, double> moved = std::move(map);
	EXPECT(moved.insert(1, 1.0) && instar_map_check(moved, stdout) == INSTAR_OK);
}

static void small_types()
{
	instar::map<point, colour> map;
	instar::map<int, padded> wide;

	EXPECT(map.insert({ 1, -1 }, colour::green) && map.get({ 1, -1 }) == colour::green && !map.get({ -1, 1 }));
	EXPECT(wide.insert(1, { 2, 3 }) && wide.get(1)->b == 3);
}

static void counting_and_computing()
{
	instar::map<std::uint64_t, std::int64_t> map;
	auto halve = [](std::optional<std::int64_t> &value) {
		if (value && *value > 1)
			value = *value / 2;
		else
			value.reset();
	};
	auto complain = [](std::optional<std::int64_t> &value) {
		value = 77;
		throw std::runtime_error("from within");
	};

	EXPECT(!map.fetch_add(1, 5) && map.fetch_add(1, -2) == 5 && map.get(1) == 3);
	EXPECT(map.compute(1, halve) == 1 && !map.compute(1, halve) && !map.contains(1) && !map.compute(1, halve));
	map.put(1, 8);
	try {
		map.compute(1, complain);
		EXPECT(!"reached");
	} catch (const std::runtime_error &) {
		EXPECT(map.get(1) == 8);
	}
}

static void many_threads_and_a_snapshot()
{
	instar::domain domain("ebr-fence");
	instar::map<std::uint64_t, std::uint64_t> map(domain);
	std::vector<std::thread> threads;
	std::uint64_t seen = 0, sum = 0;

	for (std::uint64_t part = 0; part < 3; part++)
		threads.emplace_back([&, part] {
			instar::thread self(domain);

			for (std::uint64_t key = part * 1000; key < part * 1000 + 1000; key++)
				map.put(key, key * 2, self);
		});
	for (auto &thread : threads)
		thread.join();

	auto before = map.snapshot();
	EXPECT(map.retain([](auto key, auto) { return key % 3 == 0; }) == 2000);
	for (const auto &[key, value] : before) {
		EXPECT(value == key * 2);
		seen++;
		sum += key;
	}
	EXPECT(seen == 3000 && sum == 3000 * 2999 / 2 && before.count() == 3000);
	EXPECT(before.get(1) == 2 && !before.get(3000) && !map.contains(1));
	EXPECT(std::count_if(before.begin(), before.end(), [](const auto &e) { return e.first < 10; }) == 10);
	EXPECT(before.begin()->second == 2 * (*before.begin()).first && map.count() == 1000);

	seen = 0;
	EXPECT(map.for_each([&](auto, auto) { return ++seen; }) && seen == 1000);
	EXPECT(!map.for_each([&](auto, auto) { return false; }));
	try {
		map.for_each([](auto, auto) -> bool { throw std::runtime_error("from within"); });
		EXPECT(!"reached");
	} catch (const std::runtime_error &) {
	}
	EXPECT(domain.destroy() == INSTAR_BUSY);
	std::uint64_t cursor = 0;
	std::size_t removed = 0, parts = 1;
	while (map.retain_some([](auto key, auto) { return key % 2 == 0; }, cursor, 100, removed))
		parts++;
	EXPECT(removed == 500 && parts >= 10 && cursor == 0 && map.count() == 500);
	map.clear();
	EXPECT(map.snapshot().begin() == map.snapshot().end());
}

static void a_thread_that_ends_in_a_callback()
{
	instar::map<int, int> map;
	auto ends = [](auto &&...) -> bool { pthread_exit(nullptr); };

	map.put(1, 1);
	std::thread([&] { map.for_each(ends); }).join();
	std::thread([&] { map.retain(ends); }).join();
	std::thread([&] { map.compute(1, ends); }).join();
	EXPECT(map.get(1) == 1 && map.count() == 1 && instar_map_check(map, stdout) == INSTAR_OK);
}

static int alive;

struct counted {
	int number;
	explicit counted(int n) : number(n) { alive++; }
	~counted() { alive--; }
};

static void objects()
{
	instar::domain domain;
	{
		instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
		opts.value_free = [](void *value, void *) { delete static_cast<counted *>(value); };
		instar::map<int, counted *> map(domain, &opts);
		instar::thread self(domain);

		EXPECT(map.insert(1, new counted(10), self));
		map.put(1, new counted(11), self);
		{
			instar::section section(self);
			EXPECT(map.get_ref(1, self)->number == 11 && !map.get_ref(2, self));
		}
		self.retire(new counted(12));
		self.synchronize();
		self.barrier();
		EXPECT(alive == 1 && domain.stats().pending_objects == 0);
		self.poll(1);
		self.quiescent();
		self.offline();
		self.online();
	}
	EXPECT(domain.destroy() == INSTAR_OK && alive == 0);
}

struct refuses_seven : counted {
	explicit refuses_seven(int n) : counted(n)
	{
		if (n == 7)
			throw std::runtime_error("seven");
	}
};

static_assert(!std::is_convertible_v<instar::box<refuses_seven>, instar::box<counted>>);

static void boxes_over(const char *scheme)
{
	instar::domain domain(scheme);
	{
		instar::boxed_map<int, refuses_seven> map(domain);
		instar::thread self(domain);
		auto number = [&](int key) {
			int found = 0;
			map.visit(key, [&](const refuses_seven &object) { found = object.number; }, self);
			return found;
		};

		auto second = map.make(2);
		EXPECT(map.insert(1, map.make(1), self) && !map.insert(1, std::move(second)));
		EXPECT(second && second->number == 2 && number(1) == 1);
		EXPECT(map.replace(1, std::move(second), self) && !second && number(1) == 2);
		second = map.make(3);
		EXPECT(!map.replace(2, std::move(second)) && second && !map.put(2, std::move(second)) && !second);
		EXPECT(map.put(2, map.make(4)) && number(2) == 4 && !map.visit(3, [](const auto &) {}));
		EXPECT(map.remove(1, self) && !map.remove(1, self) && !map.contains(1) && map.size() == 1);
		{
			instar::section section(self);
			const refuses_seven *kept = map.get_ref(2, self);
			map.remove(2, self);
			for (int n = 100; n < 3000; n++)
				map.put(2, map.make(n), self);
			EXPECT(kept->number == 4);
		}
		try {
			map.make(7);
			EXPECT(!"reached");
		} catch (const std::runtime_error &) {
		}
		self.retire(map.make(5));
		self.barrier();
	}
	EXPECT(domain.destroy() == INSTAR_OK && alive == 0);
}

static void boxes()
{
	const instar_scheme_info *schemes;
	std::size_t n = instar_schemes(&schemes);

	for (std::size_t i = 0; i < n; i++)
		if (schemes[i].available)
			boxes_over(schemes[i].name);
	instar::boxed_map<int, double> copies;
	copies.put(1, copies.make(0.5));
	EXPECT(thrown_by([&] { copies.insert(2, nullptr); }) == INSTAR_INVAL);
	EXPECT(thrown_by([&] { copies.put(1, nullptr); }) == INSTAR_INVAL);
	EXPECT(thrown_by([&] { copies.replace(1, instar::box<double>()); }) == INSTAR_INVAL);
	EXPECT(copies.get(1) == 0.5 && !copies.get(2) && copies.count() == 1);
	auto lone = instar::make_box<std::vector<int>>(nullptr, 3, 1);
	EXPECT(lone->size() == 3 && lone->back() == 1);
}

static void with_worker()
{
	instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;
	opts.flags = INSTAR_DOMAIN_BACKGROUND | INSTAR_DOMAIN_ATFORK;
	instar::domain domain(nullptr, &opts);
	{
		instar::map<int, int> map(domain);

		for (int n = 0; n < 10000; n++)
			map.put(n, -n);
		EXPECT(map.count() == 10000 && map.get(77) == -77 && domain.stats().threads == 1);
	}
	EXPECT(domain.destroy() == INSTAR_OK);
}

static void errors()
{
	EXPECT(thrown_by([] { instar::domain none("no such scheme"); }) == INSTAR_INVAL);
	EXPECT(thrown_by([] {
		       instar::thread self;
		       instar::section section(self);
		       self.synchronize();
	       }) == INSTAR_MISUSE);
	EXPECT(thrown_by([] { instar::thread none(nullptr); }) == INSTAR_INVAL);
	EXPECT(thrown_by([] { instar::thread self; }) == INSTAR_OK);
}

/* What was moved from or destroyed, and a thread of another domain. */
static void wrong_owners()
{
	instar::domain domain, gone;
	instar::map<int, int> map(domain), moved;
	instar::boxed_map<int, int> boxes(domain);
	instar::thread elsewhere;

	EXPECT(thrown_by([&] { map.contains(1, elsewhere); }) == INSTAR_INVAL);
	EXPECT(thrown_by([&] { boxes.contains(1, elsewhere); }) == INSTAR_INVAL);
	moved = std::move(map);
	EXPECT(thrown_by([&] { map.contains(1); }) == INSTAR_INVAL && !moved.contains(1));

	EXPECT(gone.destroy() == INSTAR_OK && gone.destroy() == INSTAR_OK && gone.stats().threads == 0);
	EXPECT(thrown_by([&] { instar::map<int, int> none(gone); }) == INSTAR_INVAL);
	EXPECT(thrown_by([&] { instar::boxed_map<int, int> none(gone); }) == INSTAR_INVAL);
	EXPECT(thrown_by([&] { instar::thread none(gone); }) == INSTAR_INVAL);
	EXPECT(thrown_by([&] { instar::make_box<int>(gone, 1); }) == INSTAR_INVAL);
	gone = std::move(domain);
	EXPECT(thrown_by([&] { instar::map<int, int> none(domain); }) == INSTAR_INVAL);
	EXPECT(thrown_by([&] { instar::map<int, int> some(gone); }) == INSTAR_OK);
}

int main()
{
	one_key_at_a_time();
	small_types();
	counting_and_computing();
	many_threads_and_a_snapshot();
	a_thread_that_ends_in_a_callback();
	objects();
	boxes();
	with_worker();
	errors();
	wrong_owners();
	return failed;
}
