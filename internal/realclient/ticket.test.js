// Signing in by a ticket of the application's own.
import assert from 'node:assert/strict'
import test from 'node:test'

import { openBrowser } from './browser.js'
import { startExample } from './example.js'
import { demo } from './procedure.js'

const ticketOf = async (server) => (await (await fetch(`${server.url}/dev/ticket`)).json()).ticket

const ways = {
  'signInWithCustomTicket with a function': async ({ auth }, ticket) => {
    const { data, error } = await auth.signInWithCustomTicket(async () => ticket)
    assert.equal(error, null)
    assert.equal(data.user.user_metadata.username, demo.username)
  },
  'setCustomSignFunc, signInWithCustomTicket': async ({ auth }, ticket) => {
    auth.setCustomSignFunc(async () => ticket)
    const { error } = await auth.signInWithCustomTicket()
    assert.equal(error, null)
  },
  'customAuthProvider().signIn': ({ auth }, ticket) => auth.customAuthProvider().signIn(ticket),
  'authApi.signInCustom': ({ api }, ticket) => api.signInCustom({ provider_id: 'custom', ticket }),
  'authApi.setCustomSignFunc, signInWithCustomTicket': ({ api }, ticket) => {
    api.setCustomSignFunc(async () => ticket)
    return api.signInWithCustomTicket()
  },
}
for (const [way, signIn] of Object.entries(ways)) {
  test(`${way} signs in`, async (t) => {
    const server = await startExample(t)
    const browser = openBrowser(server.url)
    const ticket = await ticketOf(server)
    await signIn(browser, ticket)
    const [sent] = browser.sent
    assert.deepEqual([sent.path, sent.authorization, sent.body],
      ['/auth/v1/signin/custom', null, { provider_id: 'custom', ticket }])
    assert.equal((await browser.me()).username, demo.username)
    assert.notEqual(browser.token().scope, 'anonymous')
    await browser.auth.refreshSession()
    assert.equal((await browser.me()).username, demo.username)
  })
}

test('a ticket that is none, or used, is refused, and who was signed in stays it', async (t) => {
  const server = await startExample(t)
  const used = await ticketOf(server)
  await openBrowser(server.url).api.signInCustom({ provider_id: 'custom', ticket: used })
  const forged = (await ticketOf(server)).replace(/.{8}$/, 'AAAAAAAA')

  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })
  const before = browser.token()
  for (const ticket of [used, forged, 'key/@@/header.claims.signature', '', undefined, { ticket: used }, 'x'.repeat(5000)]) {
    await assert.rejects(browser.api.signInCustom({ provider_id: 'custom', ticket }), { error: 'invalid_argument', error_code: 3 })
    const { error } = await browser.auth.signInWithCustomTicket(async () => ticket)
    assert.deepEqual([error.code, error.errorCode], ['invalid_argument', 3])
    await browser.auth.customAuthProvider().signIn(ticket) // tells nobody that it was refused
    assert.deepEqual(browser.token(), before)
  }
  await assert.rejects(browser.api.signInCustom({ provider_id: 'wechat', ticket: await ticketOf(server) }), { error: 'invalid_argument' })
  assert.equal((await browser.me()).username, demo.username)
})

test('a ticket is no proof for sudo', async (t) => {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  await browser.api.signInCustom({ provider_id: 'custom', ticket: await ticketOf(server) })
  await assert.rejects(browser.auth.sudo({}), { error: 'permission_denied', error_code: 7 })
  await browser.auth.sudo({ password: demo.password })
})
