# shellcheck shell=bash
# Sourced by ./learn: the packages that Kindling builds on, and how to get them here.

debian_libraries='libxtensor-dev libxsimd-dev libopenblas-dev libopenmpi-dev doctest-dev libfmt-dev libcli11-dev
                  nlohmann-json3-dev libboost-context-dev zlib1g-dev'
# What ./learn book needs besides: the programs and md4c, then fonts and the renderer of formulas.
# shellcheck disable=SC2034  # ./learn adds them
debian_book='doxygen graphviz gnuplot-nox libmd4c-dev fonts-inter fonts-jetbrains-mono fonts-sil-charis libjs-katex'
# shellcheck disable=SC2034
homebrew_book='doxygen graphviz gnuplot md4c'
homebrew_packages='cmake ninja xtensor xsimd openblas open-mpi doctest fmt cli11 nlohmann-json boost'
system_needs=''  # said when CMake finds something missing on a system whose packages we do not know

lacks() { ! command -v "$1" >/dev/null; }

if ! lacks dpkg-query && ! lacks apt-get; then
  packager=apt
elif [ "$(uname)" = Darwin ] && ! lacks brew; then
  packager=brew
else
  packager=none
fi

# A program counts wherever it came from, so that a newer compiler or CMake of one's own is used.
missing_on_debian() {
  local installed name
  if lacks "${CXX:-g++}"; then echo g++; fi
  if lacks cmake; then echo cmake; fi
  if lacks ninja; then echo ninja-build; fi
  if lacks mpirun; then echo openmpi-bin; fi
  # shellcheck disable=SC2086  # a list of names
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package} ' $debian_libraries 2>/dev/null) || true
  for name in $debian_libraries; do
    case " $installed" in *" installed $name "*) ;; *) echo "$name" ;; esac
  done
}

missing_on_homebrew() {
  local prefix name
  prefix=$(brew --prefix)
  for name in $homebrew_packages; do
    if [ ! -e "$prefix/opt/$name" ]; then echo "$name"; fi
  done
}

confirm() {  # question
  local answer
  if [ -z "$may_ask" ]; then return; fi
  read -r -p "       $1 [Y/n] " answer || answer=no
  case $answer in '' | [Yy]*) ;; *) fail "nothing was installed. Install them yourself, then try again." ;; esac
}

apt_get() {
  local as_root=()
  if [ "$(id -u)" != 0 ]; then as_root=(sudo ${yes:+-n}); fi
  ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive \
    apt-get -y -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 "$@" </dev/null 2>&1 | follow
}

install_with_apt() {  # package...
  local by_hand="apt-get install --no-install-recommends $*"
  if [ "$(id -u)" != 0 ]; then
    if lacks sudo; then fail "only root can install them, and there is no sudo here. As root:"$'\n'"  $by_hand"; fi
    confirm 'Install them with sudo apt-get?'
    # Without somebody to ask, sudo must not wait for a password either.
    if [ -z "$may_ask" ]; then
      yes=1
      sudo -n true 2>/dev/null ||
        fail "sudo wants a password, and there is nobody to ask for it. Run this, then try again:"$'\n'"  sudo $by_hand"
    fi
  fi
  apt_get update || say 'apt-get update failed; going on with the lists of packages that are here'
  apt_get install --no-install-recommends "$@" || fail_with_log "apt-get could not install them; its reason is above."
}

install() {  # package...
  if [ -n "$no_install" ]; then fail "packages are missing, and --no-install forbids to install them: $*"; fi
  if [ $# = 1 ]; then say "installing 1 package: $1"; else say "installing $# packages: $*"; fi
  case $packager in
    apt) install_with_apt "$@" ;;
    brew) confirm 'Install them with Homebrew?'
          brew install "${@/#npm/node}" 2>&1 | follow all ||  # npm comes with node
            fail_with_log "Homebrew could not install them; its reason is above." ;;
    none) fail "this system has neither apt-get nor Homebrew, so please install them yourself, then try again." ;;
  esac
}

need_packages() {
  local missing=''
  if [ -n "$no_install" ]; then return; fi
  case $packager in
    apt) missing=$(missing_on_debian) ;;
    brew)
      missing=$(missing_on_homebrew)
      # Homebrew keeps OpenBLAS apart, as macOS has a BLAS of its own.
      CMAKE_PREFIX_PATH=$(brew --prefix)/opt/openblas${CMAKE_PREFIX_PATH:+:$CMAKE_PREFIX_PATH}
      export CMAKE_PREFIX_PATH ;;
    none)
      system_needs="Kindling needs a C++20 compiler, CMake 3.25 or newer, Ninja, xtensor, xsimd, OpenBLAS, Open MPI,
  doctest, fmt, CLI11, nlohmann-json, Boost.Context and zlib, with their headers."
      if lacks cmake || lacks ninja || lacks "${CXX:-c++}"; then
        fail "this system has neither apt-get nor Homebrew: install what is missing yourself, then try again."$'\n'"  $system_needs"
      fi ;;
  esac
  # shellcheck disable=SC2086  # a list of names
  if [ -n "$missing" ]; then install $missing; fi
}
