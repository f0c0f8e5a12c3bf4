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
