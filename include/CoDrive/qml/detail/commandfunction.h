// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

// The function of an AsyncCommand without its type: arguments and result are QVariants.

#include <CoDrive/core/awaitable.h>
#include <CoDrive/core/task.h>

#include <QList>
#include <QMetaType>
#include <QVariant>

#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace CoDrive::detail {

/// A function whose parameters are known: not overloaded, no template.
template<typename Function>
concept CommandCallable = requires(std::decay_t<Function> function) { std::function(function); };

struct CommandFunction
{
    QList<QMetaType> parameters;
    /// Takes arguments of exactly these types.
    std::function<Task<QVariant>(const QVariantList &)> call;
};

/// An argument, of the parameter's type by now.
template<typename T>
T takeArgument(const QVariant &argument)
{
    if constexpr (std::is_same_v<T, QVariant>)
        return argument;
    else
        return argument.value<T>();
}

/// Calls \a function; it and its arguments live as long as the run.
template<typename Function, typename... Args>
Task<QVariant> runCommand(std::shared_ptr<Function> function, Args... args)
{
    using Awaited = std::invoke_result_t<Function &, Args &...>;
    static_assert(Awaitable<Awaited>, "the function of a command returns a Task");
    using Result = AwaitResult<Awaited>;
    if constexpr (std::is_void_v<Result>) {
        co_await std::invoke(*function, args...);
        co_return QVariant();
    } else if constexpr (std::is_same_v<Result, QVariant>) {
        co_return co_await std::invoke(*function, args...);
    } else {
        static_assert(std::copy_constructible<Result>, "a QVariant must be able to hold the result");
        const Result result = co_await std::invoke(*function, args...);
        co_return QVariant::fromValue(result);
    }
}

template<typename Function, typename Result, typename... Args>
CommandFunction makeCommandFunction(std::shared_ptr<Function> function,
                                    const std::function<Result(Args...)> *)
{
    CommandFunction made;
    (made.parameters.append(QMetaType::fromType<std::decay_t<Args>>()), ...);
    made.call = [function](const QVariantList &arguments) {
        return [&]<std::size_t... index>(std::index_sequence<index...>) {
            return runCommand<Function, std::decay_t<Args>...>(
                function, takeArgument<std::decay_t<Args>>(arguments.at(index))...);
        }(std::index_sequence_for<Args...>());
    };
    return made;
}

template<CommandCallable Function>
CommandFunction makeCommandFunction(Function &&function)
{
    using Callable = std::decay_t<Function>;
    static_assert(std::copy_constructible<Callable>, "the function of a command is copyable");
    using Signature = decltype(std::function(std::declval<Callable>()));
    return makeCommandFunction(std::make_shared<Callable>(std::forward<Function>(function)),
                               static_cast<const Signature *>(nullptr));
}

} // namespace CoDrive::detail
