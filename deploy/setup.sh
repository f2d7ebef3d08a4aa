#!/usr/bin/env bash
# Makes the machine able to build the web page and to run the embedded PostgreSQL, with --web also to test the page in
# Chromium: says nothing when their programs are there, installs Debian's packages when they are not and this is root on
# Debian or Ubuntu, and else says what to install. Run by `make run` and `make test`; the platform itself installs nothing.
set -euo pipefail

minimum=15

debian_root() {
	[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null
}

# install PACKAGE...: by apt-get, whose words are shown when it fails.
install() {
	echo "setup: installing $*" >&2
	local log
	log=$(mktemp)
	if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"; } >"$log" 2>&1 </dev/null; then
		cat "$log" >&2
		rm -f "$log"
		echo "setup: installing $* failed, see above" >&2
		return 1
	fi
	rm -f "$log"
}

# Vite needs Node.js 20.19, which Debian 12 doesn't have: nothing to install from there.
if ! node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null ||
	! command -v npm >/dev/null; then
	echo "setup: the web page is built by Node.js 20.19 or newer with npm, which aren't here: https://nodejs.org" >&2
	exit 1
fi

if [ "${1:-}" = --web ] && [ ! -x "${CHROMIUM:-/usr/bin/chromium}" ]; then
	if [ -z "${CHROMIUM:-}" ] && debian_root; then
		# the page is looked at in Chinese, too
		install chromium fonts-noto-cjk
	else
		echo "setup: the web page is tested in Chromium, and there is none at ${CHROMIUM:-/usr/bin/chromium}. Install it (Debian:" >&2
		echo "sudo apt-get install chromium fonts-noto-cjk), or give its path in CHROMIUM." >&2
		exit 1
	fi
fi

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

if debian_root; then
	echo "setup: PostgreSQL $minimum or newer isn't here" >&2
	# The package would start a cluster of its own on port 5432; ours is private.
	mkdir -p /etc/postgresql-common
	[ -e /etc/postgresql-common/createcluster.conf ] ||
		echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
	install postgresql
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
