#!/usr/bin/env bash
# Builds everything once, checks the formatting, and runs every test project.
# Its last line is "N passed, N failed"; it exits 1 if anything failed, or if a test project ran no test.
set -euo pipefail
cd "$(dirname "$0")/.."

RESULTS="$PWD/artifacts/test-results"
PROJECT_TIMEOUT=1500 # seconds
passed=0
failed=0

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# Build processes that stay behind would keep our output open.
export MSBUILDDISABLENODEREUSE=1

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Some tests start programs of others: Prometheus evaluates dashboards and rules, Redis is a cache, curl runs the
# README, Node runs the k6 scripts and clients that npm installs, strace makes disks fail, Chromium is what pages run in.
install_tools() {
  local missing=()
  command -v prometheus >/dev/null && command -v promtool >/dev/null || missing+=(prometheus)
  command -v redis-server >/dev/null || missing+=(redis-server)
  command -v curl >/dev/null || missing+=(curl)
  command -v node >/dev/null || missing+=(nodejs)
  command -v strace >/dev/null || missing+=(strace)
  command -v npm >/dev/null || missing+=(npm)
  command -v chromium >/dev/null || missing+=(chromium)
  [ ${#missing[@]} -eq 0 ] && return
  echo "The tests need ${missing[*]}: installing from the system's packages, without starting any service"
  command -v apt-get >/dev/null || { echo "There is no apt-get here: please install ${missing[*]}" >&2; exit 1; }

  # A policy of 101 forbids packages to start what they install; the tests start their own, on free ports.
  local policy=/usr/sbin/policy-rc.d own_policy=
  if [ ! -e "$policy" ]; then
    own_policy=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod +x "$policy"
  fi
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  [ -z "$own_policy" ] || as_root rm "$policy"
}

# Style and analyzers are errors of the build already; running them all again takes longer than the build.
check_format() {
  echo "Checking the formatting"
  if ! dotnet format whitespace Cloud.sln --verify-no-changes --no-restore; then
    echo "FAILED: dotnet format whitespace would change files"
    failed=$((failed + 1))
  fi
}

# The number before or after a word in the line with which xunit sums up a run.
summary() { sed -n "s/.*$2: \([0-9]*\).*/\1/p" <<<"$1"; }

# Writes "passed failed" to a file beside the log, so that projects can be run side by side.
run_project() {
  local project=$1 log="$RESULTS/$1.log" status=0 line started=$SECONDS
  echo "0 1" >"$RESULTS/$project.count"
  timeout --kill-after=10 "$PROJECT_TIMEOUT" \
    "artifacts/bin/$project/release/$project" -noColor -trx "$RESULTS/$project.trx" >"$log" 2>&1 </dev/null || status=$?
  line=$(grep -E "^ +$project +Total: " "$log" | tail -n 1 || true)
  if [ -z "$line" ] || [ "$(summary "$line" Total)" = 0 ]; then
    echo "FAILED: $project ran no test, or did not end by itself (exit code $status):"
    tail -n 60 "$log"
    return
  fi

  local total errors not_ok skipped ok
  total=$(summary "$line" Total)
  errors=$(summary "$line" Errors)
  skipped=$(($(summary "$line" Skipped) + $(summary "$line" "Not Run")))
  not_ok=$(($(summary "$line" Failed) + errors))
  ok=$((total - $(summary "$line" Failed) - skipped))
  echo "$project: $ok passed, $not_ok failed, $skipped skipped, $((SECONDS - started)) s"
  if [ "$not_ok" -gt 0 ]; then
    grep -A 30 -F "[FAIL]" "$log" | head -n 400
  elif [ "$status" != 0 ]; then
    not_ok=1
    echo "FAILED: $project ended with exit code $status:"
    tail -n 60 "$log"
  fi
  echo "$ok $not_ok" >"$RESULTS/$project.count"
}

install_tools
mkdir -p "$RESULTS"
rm -f "$RESULTS"/*.count
echo "Building"
dotnet build Cloud.sln -c Release -v minimal -nologo
check_format

# The simulation knows no clock and no other process: it takes what the tests with real processes leave over.
BESIDE=Cloudkeeper.Simulation.Tests
(renice -n 19 "$BASHPID" >/dev/null && run_project "$BESIDE") >"$RESULTS/beside.out" 2>&1 &
projects=$(find . -name '*.Tests.csproj' -not -path './artifacts/*' -exec basename {} .csproj \; | sort)
for project in $projects; do
  [ "$project" = "$BESIDE" ] || run_project "$project"
done
wait
cat "$RESULTS/beside.out"

for project in $projects; do
  read -r ok not_ok <"$RESULTS/$project.count"
  passed=$((passed + ok))
  failed=$((failed + not_ok))
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
