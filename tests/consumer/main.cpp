#include <CoDrive/core/run.h>
#include <CoDrive/core/task.h>

#include <QCoreApplication>

#include <cstdio>

namespace {

CoDrive::Task<int> answer()
{
    co_return 42;
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const int result = CoDrive::run(answer());
    std::printf("%d\n", result);
    return result == 42 ? 0 : 1;
}
