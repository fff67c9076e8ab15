// SPDX-FileCopyrightText: 2026 The CoDrive authors
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

/// Shows the window until it is closed; needs a QApplication. Whatever runs ends with it.
/// \param folder what is to be searched at first
/// \param jobs how many files are read at once
/// \return the exit code of the program
int showWindow(const std::string &folder, int jobs);
