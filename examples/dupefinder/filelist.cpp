// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT

#include "filelist.h"

#include <filesystem>
#include <map>
#include <utility>

#include <sys/stat.h>

namespace {

class Lister
{
public:
    Lister(std::stop_token stop, SharedProgress &progress)
        : m_stop(std::move(stop))
        , m_progress(progress)
    {
    }

    void addFolder(const std::string &folder)
    {
        std::error_code error;
        // Read to its end before its folders are entered: few are open at a time.
        std::vector<std::string> names;
        for (std::filesystem::directory_iterator entry(folder, error), end;
             !error && entry != end && !m_stop.stop_requested(); entry.increment(error))
            names.push_back(entry->path().filename().native());
        if (error)
            addProblem(folder, error);

        const std::string prefix = folder.ends_with('/') ? folder : folder + '/';
        for (const std::string &name : names) {
            if (m_stop.stop_requested())
                return;
            addEntry(prefix + name);
        }
    }

    FileList takeList() { return std::move(m_list); }

private:
    void addEntry(std::string path)
    {
        struct stat status;
        if (::lstat(path.c_str(), &status) != 0) {
            addProblem(path, std::error_code(errno, std::generic_category()));
        } else if (S_ISDIR(status.st_mode)) {
            addFolder(path);
        } else if (S_ISREG(status.st_mode) && status.st_size > 0) {
            // Of several hard links the one found last is listed, as fdupes does it.
            const auto [inode, isNew]
                = m_inodes.try_emplace({status.st_dev, status.st_ino}, m_list.files.size());
            if (isNew)
                m_list.files.emplace_back();
            File &file = m_list.files[inode->second];
            file.path = std::move(path);
            file.size = status.st_size;
            m_progress.update([](Progress &now) { ++now.files; });
        }
    }

    void addProblem(const std::string &path, const std::error_code &error)
    {
        m_list.problems.push_back(path + ": " + error.message());
    }

    std::stop_token m_stop;
    SharedProgress &m_progress;
    FileList m_list;
    std::map<std::pair<dev_t, ino_t>, std::size_t> m_inodes; ///< and their places in the list
};

} // namespace

FileList listFiles(std::stop_token stop, const std::string &folder, SharedProgress *progress)
{
    Lister lister(std::move(stop), *progress);
    lister.addFolder(folder);
    return lister.takeList();
}
