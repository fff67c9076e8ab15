# Functions that tests/run, examples/run and .ci/run share. Sourced by bash.

# need_packages NAME...: installs the Debian packages that are missing; asks nothing when none is.
need_packages() {
  local missing=() name sudo=()
  for name in "$@"; do
    [[ $(dpkg-query -W -f='${Status}' "$name" 2>/dev/null) == "install ok installed" ]] || missing+=("$name")
  done
  ((${#missing[@]})) || return 0
  if ! command -v apt-get >/dev/null; then
    echo "Missing, and there is no apt-get to install them with: ${missing[*]}" >&2
    return 1
  fi
  if ((EUID != 0)); then
    command -v sudo >/dev/null || { echo "Missing: ${missing[*]}. Install them as root, or install sudo." >&2; return 1; }
    sudo=(sudo)
  fi
  echo "Installing ${missing[*]}"
  # A list of packages that is partly out of date is good enough when the packages themselves are found.
  quietly "${sudo[@]}" apt-get update -qq || echo "apt-get update failed; going on with the lists that are there" >&2
  quietly "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# quietly COMMAND...: shows what a command prints only when it fails, and then its end.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if ((status)); then
    echo "Failed ($status): $*" >&2
    # The errors themselves first: with ninja the lines of other jobs may follow them.
    grep -nE '(^|: )(fatal )?error:|^FAILED|CMake Error|undefined reference' "$log" | head -n 30 >&2 || true
    echo "--- the end of the output:" >&2
    tail -n 100 "$log" >&2
  fi
  rm -f "$log"
  return "$status"
}

# build FOLDER ARGUMENT...: builds with ninja; a terminal sees its progress in one line.
build() {
  local folder=$1
  shift
  if [[ -t 1 ]]; then
    cmake --build "$folder" "$@"
  else
    quietly cmake --build "$folder" "$@"
  fi
}

codrive_packages=(cmake ninja-build g++ qt6-base-dev qcoro-qt6-dev qt6-declarative-dev qml6-module-qtquick qml6-module-qtquick-controls
  qml6-module-qtquick-layouts qml6-module-qtquick-templates qml6-module-qtquick-window qml6-module-qtqml-workerscript)
# What the tests take besides, if it is there.
codrive_test_packages=(xvfb)
