#!/usr/bin/env bash
# Makes the machine able to run the embedded PostgreSQL: says nothing when its programs are there, installs Debian's
# package when they are not and this is root on Debian or Ubuntu, and else says what to install. Run by `make run` and
# `make test`; the platform itself installs nothing.
set -euo pipefail

minimum=15

# new_enough DIR: DIR holds initdb and a postgres of at least the minimum version.
new_enough() {
	[ -x "$1/initdb" ] && [ -x "$1/postgres" ] || return 1
	local version
	version=$("$1/postgres" --version 2>/dev/null | sed -n 's/^postgres (PostgreSQL) \([0-9]*\).*/\1/p')
	[ -n "$version" ] && [ "$version" -ge "$minimum" ]
}

# The same places, in the same order, as adapters/postgres/binaries.go looks in.
found() {
	local dir
	local IFS=:
	for dir in ${MICROGRID_DATABASE_BIN_DIR:-} $PATH $(pg_config --bindir 2>/dev/null || true); do
		new_enough "$dir" && return 0
	done
	for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin \
		/usr/local/opt/postgresql*/bin /home/linuxbrew/.linuxbrew/opt/postgresql*/bin \
		/Applications/Postgres.app/Contents/Versions/*/bin; do
		new_enough "$dir" && return 0
	done
	return 1
}

found && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "setup: PostgreSQL $minimum or newer isn't here, installing the package postgresql" >&2
	export DEBIAN_FRONTEND=noninteractive
	# The package would start a cluster of its own on port 5432; ours is private.
	mkdir -p /etc/postgresql-common
	[ -e /etc/postgresql-common/createcluster.conf ] ||
		echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
	log=$(mktemp)
	trap 'rm -f "$log"' EXIT
	if ! { apt-get update -q && apt-get install -y -q --no-install-recommends postgresql; } >"$log" 2>&1 </dev/null; then
		cat "$log" >&2
		echo "setup: installing PostgreSQL failed, see above" >&2
		exit 1
	fi
	found && exit 0
	echo "setup: the package postgresql is installed, but is older than $minimum" >&2
	exit 1
fi

cat >&2 <<MESSAGE
setup: no PostgreSQL $minimum or newer on this machine (initdb and postgres). Install it:
  Debian, Ubuntu    sudo apt-get install postgresql
  Fedora            sudo dnf install postgresql-server
  macOS             brew install postgresql@17
or give the folder of its programs in MICROGRID_DATABASE_BIN_DIR.
MESSAGE
exit 1
