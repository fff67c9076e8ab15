// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include <CoDrive/core/exceptiongroup.h>

#include <algorithm>

namespace CoDrive {

static std::string textOf(const std::exception_ptr &error)
{
    try {
        std::rethrow_exception(error);
    } catch (const std::exception &e) {
        return e.what();
    } catch (...) {
        return "unknown exception";
    }
}

static std::string textOf(const std::vector<std::exception_ptr> &members)
{
    std::string text = std::to_string(members.size()) + " errors: ";
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (i > 0)
            text += "; ";
        text += '[' + textOf(members[i]) + ']';
    }
    return text;
}

ExceptionGroup::ExceptionGroup(std::vector<std::exception_ptr> members)
{
    std::string text = textOf(members);
    m_data = std::make_shared<const Data>(Data{std::move(members), std::move(text)});
}

ExceptionGroup::~ExceptionGroup() = default;

std::exception_ptr ExceptionGroup::combine(const std::vector<std::exception_ptr> &errors)
{
    std::vector<std::exception_ptr> members;
    for (const std::exception_ptr &error : errors) {
        if (error && std::find(members.begin(), members.end(), error) == members.end())
            members.push_back(error);
    }
    if (members.empty())
        return nullptr;
    if (members.size() == 1)
        return members.front();
    return std::make_exception_ptr(ExceptionGroup(std::move(members)));
}

std::unique_ptr<ExceptionGroup> ExceptionGroup::asGroup(const std::exception_ptr &error)
{
    try {
        std::rethrow_exception(error);
    } catch (const ExceptionGroup &group) {
        return std::make_unique<ExceptionGroup>(group);
    } catch (...) {
        return nullptr;
    }
}

ExceptionGroup::Parts ExceptionGroup::split(bool (*matches)(const std::exception_ptr &)) const
{
    std::vector<std::exception_ptr> matched;
    std::vector<std::exception_ptr> rest;
    for (const std::exception_ptr &member : exceptions()) {
        if (const std::unique_ptr<ExceptionGroup> group = asGroup(member)) {
            const Parts parts = group->split(matches);
            // A nested group that is wholly on one side stays the object it was.
            if (!parts.rest) {
                matched.push_back(member);
            } else if (!parts.matched) {
                rest.push_back(member);
            } else {
                matched.push_back(parts.matched);
                rest.push_back(parts.rest);
            }
        } else {
            (matches(member) ? matched : rest).push_back(member);
        }
    }
    const auto join = [this](const std::vector<std::exception_ptr> &part) -> std::exception_ptr {
        if (part.size() == exceptions().size() && part == exceptions())
            return std::make_exception_ptr(*this);
        return combine(part);
    };
    return Parts(join(matched), join(rest));
}

} // namespace CoDrive
