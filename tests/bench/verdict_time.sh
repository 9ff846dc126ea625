#!/usr/bin/env bash
# From save to verdict: edits an answer to each exercise, and times `learn test n.m` on it. The answers are the solutions, in
# a folder of their own in the build folder, so that nobody's work is touched. The goal: 3 s on 2 cores.
#
#   tests/bench/verdict_time.sh              every exercise
#   tests/bench/verdict_time.sh 2.1 6.4      these
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$PWD/build/reference
[ -x "$build/learn" ] || { echo "build first: ./learn test" >&2; exit 1; }
export KINDLING_PRACTICE=$build/practice
rm -rf "$KINDLING_PRACTICE" && mkdir -p "$KINDLING_PRACTICE" && cp -r solutions/* "$KINDLING_PRACTICE"
"$build/learn" progress >/dev/null # builds what the first verdict would wait for

slowest=0
while IFS= read -r line; do
  file=${line%%:*}
  number=${line##*exercise\{}
  number=${number%%\}*}
  case " $* " in '  ' | *" $number "*) ;; *) continue ;; esac
  echo "// edited" >>"$KINDLING_PRACTICE/${file#solutions/}"
  start=$(date +%s%N)
  "$build/learn" test "$number" >/dev/null
  milliseconds=$((($(date +%s%N) - start) / 1000000))
  printf '%-5s %-36s %5d ms\n' "$number" "${file#solutions/}" "$milliseconds"
  [ "$milliseconds" -le "$slowest" ] || slowest=$milliseconds
done < <(grep -m1 -H '^ */// \\exercise{' solutions/*/*.cpp | sort -t'{' -k2 -V)
printf 'slowest: %d ms\n' "$slowest"
