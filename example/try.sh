# Sign in as the demo account.
AUTH=http://127.0.0.1:8080/auth/v1
field() { sed 's/.*"'$1'":"\([^"]*\)".*/\1/'; }
ACCESS=$(curl -s $AUTH/signin -d '{"username":"demo","password":"passwd"}' | field access_token)

# Prove who you are again, and have a code sent to a new address.
EMAIL=demo-$(date +%s)@example.com
SUDO=$(curl -s $AUTH/user/sudo -H "Authorization: Bearer $ACCESS" -d '{"password":"passwd"}' | field sudo_token)
ID=$(curl -s $AUTH/verification -H "Authorization: Bearer $ACCESS" -d '{"email":"'$EMAIL'"}' | field verification_id)

# The code is on the server's terminal, and here. Verify it.
CODE=$(curl -s http://127.0.0.1:8080/dev/messages | field code)
PROOF=$(curl -s $AUTH/verification/verify -d '{"verification_id":"'$ID'","verification_code":"'$CODE'"}' | field verification_token)

# Bind the address: both proofs, one commit.
curl -s -X PATCH $AUTH/user/contact -H "Authorization: Bearer $ACCESS" \
  -d '{"email":"'$EMAIL'","sudo_token":"'$SUDO'","verification_token":"'$PROOF'"}'

# From now on the address signs in, too.
ACCESS=$(curl -s $AUTH/signin -d '{"username":"'$EMAIL'","password":"passwd"}' | field access_token)
curl -s $AUTH/user/me -H "Authorization: Bearer $ACCESS"
