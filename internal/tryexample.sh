#!/bin/sh
# Runs the lines that the example's page and the README tell people to paste,
# against the example as it was built, and checks where they lead.
set -eu
example=$(realpath "$1")
here=$(cd "$(dirname "$0")/.." && pwd)
dir=$(mktemp -d)
log=$dir/log
(cd "$dir" && exec "$example" -addr 127.0.0.1:0 >/dev/null 2>"$log") &
pid=$!
trap 'kill $pid 2>/dev/null || :; rm -rf "$dir"' EXIT
base=""
tries=0
while [ -z "$base" ]; do
	tries=$((tries + 1))
	[ $tries -le 60 ] || { echo "the example did not start:"; cat "$log"; exit 1; }
	sleep 1
	base=$(sed -n 's/^ligature example on \(http:[^ ]*\).*/\1/p' "$log")
done

fail() { echo "FAIL: $1"; exit 1; }

# The page shows the lines of try.sh with the server's own address, as HTML.
page=$(curl -sf "$base/" | sed 's/&#34;/"/g; s/&#39;/'"'"'/g; s/&amp;/\&/g; s/&lt;/</g; s/&gt;/>/g; s/&#43;/+/g')
lines=$(sed "s|http://127.0.0.1:8080|$base|g" "$here/example/try.sh")
case "$page" in *"$lines"*) ;; *) fail "the page does not show try.sh" ;; esac
case "$(cat "$here/README.md")" in *"$(cat "$here/example/try.sh")"*) ;; *) fail "the README does not show try.sh" ;; esac

# Twice: the second address takes the place of the first.
for _ in 1 2; do
	out=$(printf '%s\n' "$lines" | sh)
	case "$out" in *'"email":"demo-'*'@example.com"'*) ;; *) fail "the lines led to: $out" ;; esac
	sleep 1
done

# And the two lines about cookies.
cd "$dir"
printf '%s\n' "$page" | sed -n '/curl -s -c jar/s/<[^>]*>//gp' >cookie.sh
[ "$(wc -l <cookie.sh)" = 2 ] || fail "the page does not show two lines about cookies"
out=$(sh cookie.sh)
case "$out" in *'"username":"demo"'*) ;; *) fail "the cookie lines led to: $out" ;; esac
case "$out" in *access_token*) fail "the cookie mount told a token" ;; esac

# And the two about a ticket.
printf '%s\n' "$page" | sed -n '/TICKET/s/<[^>]*>//gp' >ticket.sh
[ "$(wc -l <ticket.sh)" = 2 ] || fail "the page does not show two lines about a ticket"
out=$(sh ticket.sh)
case "$out" in *'"access_token"'*) ;; *) fail "the ticket's lines led to: $out" ;; esac
echo "the pasted lines work"
