// The end of an account.
import assert from 'node:assert/strict'
import test from 'node:test'

import { openBrowser } from './browser.js'
import { startExample } from './example.js'
import { bindEmail, call, demo, prove } from './procedure.js'

const email = 'test@example.com'

async function signedIn(t) {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })
  return { server, browser, auth: browser.auth, api: browser.api }
}

const sudo = async ({ auth }) => (await auth.sudo({ password: demo.password })).sudo_token

for (const [way, leave] of Object.entries({
  deleteMe: async (browser) => browser.auth.deleteMe({ sudo_token: await sudo(browser) }),
  'authApi.deleteMe': async (browser) => browser.api.deleteMe({ sudo_token: await sudo(browser) }),
  deleteUser: async ({ auth }) => assert.equal((await auth.deleteUser({ password: demo.password })).error, null),
})) {
  test(`${way} deletes the account`, async (t) => {
    const { server, browser, auth } = await signedIn(t)
    await bindEmail(browser, server, email)
    const other = openBrowser(server.url)
    await other.auth.signIn({ ...demo })
    const { sub } = await browser.me()

    await leave(browser)

    // The client does nothing about it, so an application signs out: that works.
    assert.notEqual(browser.token(), null)
    const { error } = await auth.signOut()
    assert.equal(error, null)
    assert.equal(browser.token(), null)
    await assert.rejects(other.me(), { error: 'unauthenticated', error_code: 16 })
    await assert.rejects(other.auth.signIn({ ...demo }), { error: 'invalid_password' })
    await server.notice(email)

    const verification_token = await prove(other, server, { email }, email, 'sign_in')
    await other.auth.signUp({ email, verification_token, username: demo.username })
    assert.notEqual((await other.me()).sub, sub, 'the address and the name are free, the ID is not')
  })
}

test('whoever does not sign out is signed out by the next call', async (t) => {
  const { browser, auth } = await signedIn(t)
  await auth.deleteMe({ sudo_token: await sudo(browser) })
  await assert.rejects(browser.me(), { error: 'unauthenticated', error_code: 16 })
  assert.equal(browser.token(), null)
})

test('an account is deleted under sudo alone', async (t) => {
  const { browser, auth } = await signedIn(t)
  for (const sudo_token of ['', 'wrong', await auth.sudo({ password: demo.password })]) { // the last goes out as [object Object]
    await assert.rejects(auth.deleteMe({ sudo_token }), { error: 'permission_denied', error_code: 7 })
    assert.equal((await browser.me()).username, demo.username)
  }
  const { error } = await auth.deleteUser({ password: 'wrong' })
  assert.deepEqual([error.code, error.errorCode], ['invalid_password', 3])
  assert.equal((await browser.me()).username, demo.username)
})

test("another session's sudo token deletes nothing", async (t) => {
  const { server, browser } = await signedIn(t)
  const sudo_token = await sudo(browser)
  const thief = openBrowser(server.url)
  await thief.auth.signIn({ ...demo })
  await assert.rejects(thief.auth.deleteMe({ sudo_token }), { error: 'permission_denied' })
  assert.equal((await call(browser, server, 'GET', '/user/sudo')).body.elevated, true, 'and is not spent by it')
  await browser.auth.deleteMe({ sudo_token })
})
