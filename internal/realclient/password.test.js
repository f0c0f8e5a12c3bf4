// Setting and changing the password.
import assert from 'node:assert/strict'
import test from 'node:test'

import { openBrowser } from './browser.js'
import { startExample } from './example.js'
import { bindEmail, bindPhone, demo, prove } from './procedure.js'

const email = 'test@example.com'
const phone = '13800000000' // as people type it
const e164 = '+8613800000000'
const next = 'a longer passphrase'

const ways = {
  'setPassword with the sudo token': async ({ auth }) => {
    const { sudo_token } = await auth.sudo({ password: demo.password })
    await auth.setPassword({ sudo_token, new_password: next })
  },
  'setPassword with the whole answer of sudo': async ({ auth }) => {
    const sudo_token = await auth.sudo({ password: demo.password })
    await auth.setPassword({ sudo_token, new_password: next })
  },
  'authApi.checkPassword, setPassword': async ({ api }) => {
    const { sudo_token } = await api.checkPassword({ password: demo.password })
    await api.setPassword({ sudo_token, new_password: next })
  },
  updatePasswordByOld: ({ api }) => api.updatePasswordByOld({ old_password: demo.password, new_password: next }),
  'currentUser.updatePassword': ({ auth }) => auth.currentUser.updatePassword(next, demo.password),
  resetPasswordForOld: async ({ auth }) => {
    const { error } = await auth.resetPasswordForOld({ old_password: demo.password, new_password: next })
    assert.equal(error, null)
  },
  'reauthenticate by a code': async (browser, server) => {
    await bindEmail(browser, server, email)
    await browser.auth.getUser() // the client reads the address from what it has stored
    const { data, error } = await browser.auth.reauthenticate()
    assert.equal(error, null)
    const updated = await data.updateUser({ nonce: await server.code(email, 'sudo'), password: next })
    assert.equal(updated.error, null)
  },
}
for (const [way, change] of Object.entries(ways)) {
  test(`${way} changes the password`, async (t) => {
    const server = await startExample(t)
    const browser = openBrowser(server.url)
    const other = openBrowser(server.url)
    await browser.auth.signIn({ ...demo })
    await other.auth.signIn({ ...demo })

    await change(browser, server)

    assert.equal((await browser.me()).username, demo.username, 'this session lives on')
    await assert.rejects(other.me(), { error: 'unauthenticated', error_code: 16 }, 'every other session has ended')
    await assert.rejects(other.auth.signIn({ ...demo }), { error: 'invalid_password', error_code: 3 })
    await other.auth.signIn({ ...demo, password: next })
    assert.equal((await other.me()).sub, (await browser.me()).sub)
  })
}

// Signed out, by a code; every session ends, and some of these sign in anew.
const resets = {
  'resetPasswordForEmail, email': async (browser, server) => {
    const { data, error } = await browser.auth.resetPasswordForEmail(email)
    assert.equal(error, null)
    const updated = await data.updateUser({ nonce: await server.code(email, 'sign_in'), password: next })
    assert.equal(updated.error, null)
    assert.equal((await browser.me()).email, email)
  },
  'resetPasswordForEmail, phone': async (browser, server) => {
    const { data, error } = await browser.auth.resetPasswordForEmail(phone)
    assert.equal(error, null)
    const updated = await data.updateUser({ nonce: await server.code(e164, 'sign_in'), password: next })
    assert.equal(updated.error, null)
    assert.equal((await browser.me()).email, email)
  },
  'resetPassword, email': async (browser, server) => {
    const verification_token = await prove(browser, server, { email }, email, 'sign_in')
    await browser.auth.resetPassword({ email, new_password: next, verification_token })
  },
  'authApi.resetPassword, phone': async (browser, server) => {
    const verification_token = await prove(browser, server, { phone_number: phone }, e164, 'sign_in')
    await browser.api.resetPassword({ phone_number: phone, new_password: next, verification_token })
  },
}
for (const [way, reset] of Object.entries(resets)) {
  test(`${way} resets the password`, async (t) => {
    const server = await startExample(t)
    const other = openBrowser(server.url)
    await other.auth.signIn({ ...demo })
    await bindEmail(other, server, email)
    await bindPhone(other, server, phone, e164)
    const { sub } = await other.me()

    await reset(openBrowser(server.url), server)

    await assert.rejects(other.me(), { error: 'unauthenticated', error_code: 16 })
    await assert.rejects(other.auth.signIn({ ...demo }), { error: 'invalid_password', error_code: 3 })
    await other.auth.signIn({ ...demo, password: next })
    assert.equal((await other.me()).sub, sub)
  })
}

// Asked for while signed in, the code is for proving who one is: reauthenticate takes it.
test('resetPasswordForEmail resets nothing of who is signed in', async (t) => {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })
  await bindEmail(browser, server, email)
  const { data } = await browser.auth.resetPasswordForEmail(email)
  const { error } = await data.updateUser({ nonce: await server.code(email, 'sudo'), password: next })
  assert.deepEqual([error.code, error.errorCode], ['invalid_argument', 3])
  assert.equal((await browser.me()).email, email)
})

test('an address that nobody has resets nothing, and is not told of before it is proved', async (t) => {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  const { data, error } = await browser.auth.resetPasswordForEmail('nobody@example.com')
  assert.equal(error, null)
  const updated = await data.updateUser({ nonce: await server.code('nobody@example.com', 'sign_in'), password: next })
  assert.deepEqual([updated.error.code, updated.error.errorCode], ['not_found', 5])
})

test('a bare code resets nothing', async (t) => {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })
  await bindPhone(browser, server, phone, e164)
  await openBrowser(server.url).auth.sendPhoneCode(phone)
  const phoneCode = await server.code(e164, 'sign_in')
  await assert.rejects(openBrowser(server.url).auth.forceResetPwdByPhoneCode({ phoneNumber: phone, phoneCode, password: next }),
    { error: 'invalid_argument', error_code: 3 })
  assert.equal((await browser.me()).username, demo.username)
})

for (const [what, bind, to] of [
  ['email', (b, s) => bindEmail(b, s, email), email],
  ['phone', (b, s) => bindPhone(b, s, phone, e164), e164],
]) {
  // Without a password the client goes on to sign up, by a code that signs nobody in.
  test(`reauthenticate by a code, ${what}, and nothing to do is refused`, async (t) => {
    const server = await startExample(t)
    const browser = openBrowser(server.url)
    await browser.auth.signIn({ ...demo })
    await bind(browser, server)
    await browser.auth.getUser() // the client reads the address from what it has stored
    const { data } = await browser.auth.reauthenticate()
    const { error } = await data.updateUser({ nonce: await server.code(to, 'sudo') })
    assert.deepEqual([error.code, error.errorCode], ['invalid_argument', 3])
    assert.equal(browser.sent.at(-1).path, '/auth/v1/signup')
    assert.equal((await browser.me()).username, demo.username)
  })
}

test('reauthenticate has nowhere to send a code without an address', async (t) => {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })
  browser.sent.length = 0
  const { error } = await browser.auth.reauthenticate()
  assert.notEqual(error, null)
  assert.equal(browser.sent.length, 0, 'the client says so by itself')
})

test('the password stays without the old one', async (t) => {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })

  await assert.rejects(browser.api.updatePasswordByOld({ old_password: 'wrong', new_password: next }),
    { error: 'invalid_password', error_code: 3 })
  await assert.rejects(browser.auth.setPassword({ sudo_token: 'wrong', new_password: next }),
    { error: 'permission_denied', error_code: 7 })
  assert.notEqual(browser.token(), null)
  await openBrowser(server.url).auth.signIn({ ...demo })
})

test('the account says that a password is set', async (t) => {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })
  const { data: { user } } = await browser.auth.getUser()
  assert.equal(user.user_metadata.hasPassword, true)
})
