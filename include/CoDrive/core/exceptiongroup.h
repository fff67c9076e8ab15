// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// ExceptionGroup: several errors that arrive together.
//
//     try {
//         co_await gather(save(a), save(b));
//     } catch (const ExceptionGroup &errors) {
//         errors.forEach<std::exception>([](const std::exception &e) { qWarning("%s", e.what()); });
//     }

#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace CoDrive {

/// Two or more errors, in an order given by whoever throws it. It is immutable and cheap to copy,
/// and can be examined on any thread. Members may be groups themselves. Like Python's ExceptionGroup.
class ExceptionGroup : public std::exception
{
public:
    /// \param members not null, at least one
    explicit ExceptionGroup(std::vector<std::exception_ptr> members);
    ExceptionGroup(const ExceptionGroup &) noexcept = default;
    ExceptionGroup &operator=(const ExceptionGroup &) noexcept = default;
    ~ExceptionGroup() override;

    /// What is to be thrown for \a errors: null for none, the error itself for one, else a group.
    /// Null entries are skipped; the same exception object counts once.
    static std::exception_ptr combine(const std::vector<std::exception_ptr> &errors);

    /// The members, not flattened.
    const std::vector<std::exception_ptr> &exceptions() const noexcept { return m_data->members; }
    /// The number of errors and the what() of each, nested ones included.
    const char *what() const noexcept override { return m_data->text.c_str(); }

    /// Whether an E is among the members, at any depth; groups themselves do not count.
    template<typename E>
    bool contains() const
    {
        bool found = false;
        forEach<E>([&found](const E &) { found = true; });
        return found;
    }

    /// Calls \a function with every member that is an E, in order, at any depth; not with groups.
    template<typename E, typename Function>
    void forEach(Function &&function) const
    {
        for (const std::exception_ptr &member : exceptions()) {
            if (const std::unique_ptr<ExceptionGroup> group = asGroup(member))
                group->forEach<E>(function);
            else
                visit<E>(member, function);
        }
    }

    /// The two parts of a split; either may be null.
    class Parts
    {
    public:
        /// What split() gives.
        Parts(std::exception_ptr matchedPart, std::exception_ptr restPart) noexcept
            : matched(std::move(matchedPart))
            , rest(std::move(restPart))
        {
        }
        std::exception_ptr matched; ///< the members that are one of the types
        std::exception_ptr rest; ///< the others
    };

    /// Parts the members that are one of the E from the others. Nested groups are parted too; a
    /// part with one member stands for itself, one with all members for this group.
    template<typename... E>
    Parts split() const
    {
        return split([](const std::exception_ptr &error) { return (is<E>(error) || ...); });
    }

private:
    struct Data
    {
        std::vector<std::exception_ptr> members;
        std::string text;
    };

    template<typename E, typename Function>
    static void visit(const std::exception_ptr &error, Function &function)
    {
        try {
            std::rethrow_exception(error);
        } catch (const E &e) {
            function(e);
        } catch (...) {
        }
    }
    template<typename E>
    static bool is(const std::exception_ptr &error)
    {
        bool matches = false;
        auto note = [&matches](const E &) { matches = true; };
        visit<E>(error, note);
        return matches;
    }

    static std::unique_ptr<ExceptionGroup> asGroup(const std::exception_ptr &error);
    Parts split(bool (*matches)(const std::exception_ptr &)) const;

    std::shared_ptr<const Data> m_data;
};

} // namespace CoDrive
