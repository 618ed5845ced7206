#include "sim/sweep/evolve.h"

#include <algorithm>
#include <limits>
#include <random>
#include <set>

#include "sim/compare/pareto.h"

namespace octet {
namespace {

struct Individual {
    PointIndex genes;
    Objectives objectives;
    std::size_t rank = 0;
    double crowding = 0;
};

// The distance to the neighbours of a front along each objective; the ends are infinitely far.
void crowd(std::vector<Individual*> front) {
    if (front.empty() || !front[0]->objectives) return;
    for (std::size_t o = 0; o < front[0]->objectives->size(); ++o) {
        const auto value = [&](const Individual* i) { return (*i->objectives)[o]; };
        std::ranges::stable_sort(front, {}, value);
        const double span = value(front.back()) - value(front.front());
        front.front()->crowding = front.back()->crowding = std::numeric_limits<double>::infinity();
        for (std::size_t i = 1; span > 0 && i + 1 < front.size(); ++i)
            front[i]->crowding += (value(front[i + 1]) - value(front[i - 1])) / span;
    }
}

void rank(std::vector<Individual>& people) {
    std::vector<Objectives> objectives;
    for (const Individual& person : people) objectives.push_back(person.objectives);
    const auto ranks = front_ranks(objectives);
    std::size_t last = 0;
    for (std::size_t i = 0; i < people.size(); ++i) {
        people[i].rank = ranks[i];
        people[i].crowding = 0;
        last = std::max(last, ranks[i]);
    }
    for (std::size_t front = 0; front <= last; ++front) {
        std::vector<Individual*> members;
        for (Individual& person : people)
            if (person.rank == front) members.push_back(&person);
        crowd(members);
    }
}

bool fitter(const Individual& a, const Individual& b) {
    return a.rank != b.rank ? a.rank < b.rank : a.crowding > b.crowding;
}

class Evolution {
  public:
    Evolution(const DesignSpace& space, const EvolveSettings& settings, const Evaluate& evaluate)
        : space_(space), settings_(settings), evaluate_(evaluate), random_(settings.seed) {}

    void run() {
        const std::uint64_t budget = std::min(settings_.evaluations, space_.points());
        auto first = draw_points(space_, std::min(settings_.population, budget), settings_.seed);
        if (!add(std::move(first))) return;
        while (seen_.size() < budget) {
            rank(people_);
            std::ranges::stable_sort(people_, fitter);
            if (people_.size() > settings_.population) people_.resize(settings_.population);
            if (!add(children(std::min<std::uint64_t>(settings_.population, budget - seen_.size())))) return;
        }
    }

  private:
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

    // False if not all could be evaluated.
    bool add(std::vector<PointIndex> points) {
        for (const PointIndex& point : points) seen_.insert(point);
        auto objectives = evaluate_(points);
        for (std::size_t i = 0; i < objectives.size(); ++i)
            people_.push_back({std::move(points[i]), std::move(objectives[i])});
        return objectives.size() == points.size() && !points.empty();
    }

    const Individual& parent() {
        const Individual &a = people_[below(people_.size())], &b = people_[below(people_.size())];
        return fitter(b, a) ? b : a;
    }

    void mutate_gene(PointIndex& genes, std::size_t d) {
        const std::uint32_t size = space_.size(d);
        if (size == 1) return;
        if (below(2) == 0) {  // a neighbour
            const bool up = genes[d] == 0 || (genes[d] + 1 < size && below(2) == 0);
            genes[d] += up ? 1U : ~0U;
            return;
        }
        genes[d] = static_cast<std::uint32_t>(below(size));
    }

    PointIndex child() {
        const Individual &a = parent(), &b = parent();
        PointIndex genes = a.genes;
        for (std::size_t d = 0; d < genes.size(); ++d) {
            if (below(2) == 0) genes[d] = b.genes[d];
            if (below(genes.size()) == 0) mutate_gene(genes, d);
        }
        for (int tries = 0; seen_.contains(genes); ++tries) {
            if (tries == 64) return unseen();
            mutate_gene(genes, below(genes.size()));
        }
        return genes;
    }

    // The next point that was not evaluated, from a random one on.
    PointIndex unseen() {
        for (std::uint64_t number = below(space_.points());; number = (number + 1) % space_.points()) {
            PointIndex genes = space_.at(number);
            if (!seen_.contains(genes)) return genes;
        }
    }

    std::vector<PointIndex> children(std::uint64_t count) {
        std::vector<PointIndex> born;
        for (std::uint64_t i = 0; i < count; ++i) {
            born.push_back(child());
            seen_.insert(born.back());
        }
        return born;
    }

    const DesignSpace& space_;
    const EvolveSettings& settings_;
    const Evaluate& evaluate_;
    std::mt19937_64 random_;
    std::vector<Individual> people_;
    std::set<PointIndex> seen_;
};

}  // namespace

std::vector<std::size_t> front_ranks(const std::vector<Objectives>& points) {
    std::vector<std::size_t> ranks(points.size(), 0), left;
    for (std::size_t i = 0; i < points.size(); ++i)
        if (points[i]) left.push_back(i);
    std::size_t rank = 0;
    for (; !left.empty(); ++rank) {
        std::vector<std::vector<double>> costs;
        for (const std::size_t i : left) costs.push_back(*points[i]);
        const auto front = pareto_front(costs);
        std::vector<std::size_t> rest;
        for (std::size_t i = 0; i < left.size(); ++i) {
            if (front[i])
                ranks[left[i]] = rank;
            else
                rest.push_back(left[i]);
        }
        left = std::move(rest);
    }
    for (std::size_t i = 0; i < points.size(); ++i)
        if (!points[i]) ranks[i] = rank;
    return ranks;
}

std::vector<PointIndex> draw_points(const DesignSpace& space, std::uint64_t count, std::uint64_t seed) {
    std::vector<PointIndex> points;
    const std::uint64_t all = space.points();
    std::mt19937_64 random(seed);
    // Floyd's sample: each point equally likely, in `count` draws.
    std::set<std::uint64_t> taken;
    for (std::uint64_t top = all - std::min(count, all); top < all; ++top) {
        const std::uint64_t number = random() % (top + 1);
        const std::uint64_t pick = taken.contains(number) ? top : number;
        taken.insert(pick);
        points.push_back(space.at(pick));
    }
    return points;
}

void evolve(const DesignSpace& space, const EvolveSettings& settings, const Evaluate& evaluate) {
    Evolution(space, settings, evaluate).run();
}

}  // namespace octet
