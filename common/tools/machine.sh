# shellcheck shell=bash
# Sourced by ./learn: what this machine allows, and what has changed on it.
# shellcheck disable=SC2154  # ./learn sets root and preset

# A folder's name may hold nearly everything. What CMake, Ninja or the compiler cannot pass on to each other is named here,
# before one of them fails far from the cause.
check_folder() {  # the folder of this checkout
  local LC_ALL=C bad='' rest=$1 forbidden='"'\''\;&#<>|*?^`' open
  case $rest in
    *[[:cntrl:]]*) bad='a control character, such as a line break,' ;;
    *["$forbidden"]*) bad=${rest//[!"$forbidden"]/} bad="the character ${bad:0:1}" ;;
  esac
  # A pair of brackets is nothing special, but a single one keeps CMake from dividing its lists.
  while [ -z "$bad" ]; do
    case $rest in
      *'['*']'*) open=${rest%%']'*} rest=${open%'['*}${rest#*']'}; [ "$open" != "${open%'['*}" ] || bad='a ] without its [' ;;
      *'['*) bad='a [ without its ]' ;;
      *']'*) bad='a ] without its [' ;;
      *) break ;;
    esac
  done
  if [ -z "$bad" ] && [ ${#1} -gt 3500 ]; then bad="${#1} bytes, more than 3500,"; fi
  [ -z "$bad" ] || fail "the path of this folder has $bad which the tools that build cannot pass on to each other.
  Move or rename the folder, then try again: $(printf '%q' "$1" | cut -c 1-200)" 2
}

# ---- How much at once ------------------------------------------------------------------------------------------------

# The smallest of these files' numbers, where they are there and hold one; the first of two words, if divided by the second.
smallest() {  # number file...
  local least=$1 file limit period
  shift
  for file in "$@"; do
    limit='' period=1
    { read -r limit period <"$file"; } 2>/dev/null || true
    case $limit in '' | *[!0-9]*) continue ;; esac  # "max", and version 1's -1
    limit=$(((limit + ${period:-1} - 1) / ${period:-1}))  # a part of a processor is one, too
    if [ "$limit" -lt "$least" ]; then least=$limit; fi
  done
  echo "$least"
}

# A container's limits stand in its control group and in those above; of the last, which it may not see, the root stands there.
control_files() {  # name
  local group=/sys/fs/cgroup path
  path=$(sed -n 's/^0:://p' /proc/self/cgroup 2>/dev/null) || true
  while [ -n "${path#/}" ]; do
    echo "$group$path/$1"
    path=${path%/*}
  done
  echo "$group/$1"
}

processors() {
  local count
  # nproc goes by OMP_NUM_THREADS, too, which is about something else.
  count=$(env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null) || count=1
  # shellcheck disable=SC2046  # a list of names
  smallest "$count" $(control_files cpu.max)
}

megabytes() {  # of memory that may be used
  local kilobytes
  kilobytes=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo 2>/dev/null) || true
  if [ -z "$kilobytes" ]; then kilobytes=$(($(sysctl -n hw.memsize 2>/dev/null || echo 8589934592) / 1024)); fi
  # shellcheck disable=SC2046
  echo $(($(smallest $((kilobytes * 1024)) $(control_files memory.max) /sys/fs/cgroup/memory/memory.limit_in_bytes) / 1048576))
}

# A compiler takes half a gigabyte at most, with the sanitizers one; the rest is for what else is running.
jobs_at_once() {
  local jobs by_memory
  jobs=$(processors)
  by_memory=$(($(megabytes) / $([ "$preset" = sanitize ] && echo 1500 || echo 1000)))
  if [ "$by_memory" -lt "$jobs" ]; then jobs=$by_memory; fi
  if [ "$jobs" -lt 1 ]; then jobs=1; fi
  echo "$jobs"
}

# ---- What has changed --------------------------------------------------------------------------------------------------

# Whether packages were installed or removed since a file was written, or programs and libraries by hand. The folders tell:
# those in which packagers keep their books, and those in which CMake looks.
installed_since() {  # file
  local folder prefix folders="$PATH:${CMAKE_PREFIX_PATH:-}"
  for prefix in /usr/local /opt/homebrew /home/linuxbrew/.linuxbrew; do
    folders="$folders:$prefix:$prefix/opt:$prefix/include:$prefix/lib:$prefix/bin"
  done
  folders="$folders:/var/lib/dpkg:/var/lib/rpm:/usr/lib/sysimage/rpm:/var/lib/pacman/local:/lib/apk/db:/dev/nvidiactl"
  local IFS=:
  for folder in $folders; do
    case $folder in '' | . | "$root"*) continue ;; esac
    if [ "$folder" -nt "$1" ]; then return 0; fi
  done
  return 1
}
