#!/bin/sh
# Installs what the tests need and the machine lacks: a C compiler for the race
# detector, curl, Node and npm, Chromium, and PostgreSQL, MariaDB, Redis and OpenSMTPD,
# which the tests start themselves. "setup.sh cluster" adds what a Galera cluster
# needs. On Debian, as root; elsewhere it says what to do.
set -eu

# have says whether one of its arguments is a program. The servers are looked for
# where Debian keeps them, too: that is not in everybody's PATH.
have() {
	for program; do
		if command -v "$program" >/dev/null; then return 0; fi
	done
	return 1
}

missing=""
have gcc || missing="$missing gcc libc6-dev"
have curl || missing="$missing curl ca-certificates"
have node || missing="$missing nodejs"
have npm || missing="$missing npm"
have postgres /usr/lib/postgresql/*/bin/postgres || missing="$missing postgresql"
have mariadbd /usr/sbin/mariadbd /usr/libexec/mariadbd || missing="$missing mariadb-server-core"
have my_print_defaults || missing="$missing mariadb-client-core"
have chromium || missing="$missing chromium"
# It would take the place of another mail server, which is not to be lost by this.
have smtpd /usr/sbin/smtpd sendmail /usr/sbin/sendmail || missing="$missing opensmtpd"
have redis-server || missing="$missing redis-server"
case "${1-}" in
"") ;;
cluster)
	have wsrep_sst_rsync || missing="$missing mariadb-server"
	[ -e /usr/lib/galera/libgalera_smm.so ] || missing="$missing galera-4"
	have rsync || missing="$missing rsync"
	have ss || missing="$missing iproute2"
	;;
*)
	echo "usage: $0 [cluster]" >&2
	exit 2
	;;
esac
[ -n "$missing" ] || exit 0
if ! have apt-get || [ "$(id -u)" != 0 ]; then
	echo "the tests need:$missing (install them and try again)" >&2
	exit 1
fi

# The packages of the servers would start them as services of the machine, and
# PostgreSQL's make a database cluster for it.
policy=/usr/sbin/policy-rc.d
clusters=/etc/postgresql-common/createcluster.d
temporary="$clusters/ligature.conf"
[ -e "$policy" ] || temporary="$temporary $policy"
# shellcheck disable=SC2064,SC2086
trap "rm -f $temporary; rmdir -p --ignore-fail-on-non-empty $clusters" EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$clusters"
echo "create_main_cluster = false" >"$clusters/ligature.conf"
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod +x "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing
