// Setting and changing the password.
import assert from 'node:assert/strict'
import test from 'node:test'

import { openBrowser } from './browser.js'
import { startExample } from './example.js'
import { bindEmail, demo } from './procedure.js'

const email = 'test@example.com'
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
