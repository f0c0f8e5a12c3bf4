// The published procedure for adding a sign-in method, as an application writes
// it: the answer of sudo is passed on as it came, an object.

export const demo = { username: 'demo', password: 'passwd' }

/** Binds an email to the signed-in account. */
export async function bindEmail({ auth }, server, email) {
  const sudo_token = await auth.sudo({ password: demo.password })
  const { verification_id } = await auth.getVerification({ email })
  const verification_code = await server.code(email, 'bind')
  const { verification_token } = await auth.verify({ verification_id, verification_code })
  await auth.bindEmail({ sudo_token, email, verification_token })
}

/** Binds a phone number, which arrives at the address to, to the signed-in account. */
export async function bindPhone({ auth }, server, phone_number, to) {
  const sudo_token = await auth.sudo({ password: demo.password })
  const { verification_id } = await auth.getVerification({ phone_number })
  const verification_code = await server.code(to, 'bind')
  const { verification_token } = await auth.verify({ verification_id, verification_code })
  await auth.bindPhoneNumber({ sudo_token, phone_number, verification_token })
}

/** Proves an address that belongs to the purpose, and returns the verification token. */
export async function prove({ auth }, server, address, to, purpose) {
  const { verification_id } = await auth.getVerification({ ...address })
  const verification_code = await server.code(to, purpose)
  return (await auth.verify({ verification_id, verification_code })).verification_token
}

/** Calls an endpoint that the client has no method for, as an application does that has the client's token. */
export async function call({ token }, server, method, path, { body, sudo } = {}) {
  const headers = { authorization: `Bearer ${token().access_token}` }
  if (sudo) headers['x-sudo-token'] = sudo
  const answer = await fetch(`${server.url}/auth/v1${path}`, { method, headers, body: body && JSON.stringify(body) })
  return { status: answer.status, body: await answer.json() }
}

/** Ends the session of an access token behind the client's back. */
export async function revoke(server, token) {
  await fetch(`${server.url}/auth/v1/revoke`, { method: 'POST', body: JSON.stringify({ token }) })
}
