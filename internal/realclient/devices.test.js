// Where an account is signed in, and what happened to it. The client can end
// sessions and read the history, and has no call that lists the sessions.
import assert from 'node:assert/strict'
import test from 'node:test'

import { openBrowser } from './browser.js'
import { startExample } from './example.js'
import { bindEmail, call, demo } from './procedure.js'

async function signedInTwice(t) {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  const other = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })
  await other.auth.signIn({ ...demo })
  return { server, browser, other }
}

const gone = async (browser) => {
  await assert.rejects(browser.me(), { error: 'unauthenticated', error_code: 16 })
  assert.equal(browser.token(), null)
}

test('the sessions are listed, and each can be ended', async (t) => {
  const { server, browser, other } = await signedInTwice(t)
  const { status, body } = await call(browser, server, 'GET', '/user/authorized/devices')
  assert.deepEqual([status, body.total], [200, 2])
  assert.deepEqual(body.data.map((d) => [d.device_id, d.signed_in_by, d.current]), [
    [browser.storage.getItem('device_id'), 'password', true],
    [other.storage.getItem('device_id'), 'password', false],
  ])

  await browser.api.revokeDevice({ device_id: body.data[1].id })
  await gone(other)
  assert.equal((await browser.me()).username, demo.username)
  assert.equal((await call(browser, server, 'GET', '/user/authorized/devices')).body.total, 1)
})

test('revokeDevice takes the name of a device', async (t) => {
  const { server, browser, other } = await signedInTwice(t)
  await browser.api.revokeDevice({ device_id: other.storage.getItem('device_id') })
  await gone(other)
  assert.equal((await browser.me()).username, demo.username)

  await browser.api.revokeDevice({ device_id: browser.storage.getItem('device_id') })
  await gone(browser)
  assert.equal((await server.messages()).length, 0)
})

test("revokeDevice of nobody's, or of another account's, changes nothing", async (t) => {
  const { server, browser, other } = await signedInTwice(t)
  const stranger = openBrowser(server.url)
  await stranger.auth.signInAnonymously()
  for (const device_id of ['unknown', 'd/1 x', undefined, stranger.storage.getItem('device_id')]) {
    await browser.api.revokeDevice({ device_id }).catch(({ error }) => assert.equal(error, 'unimplemented'))
  }
  for (const b of [browser, other, stranger]) assert.notEqual((await b.me()).sub, undefined)
})

test('revokeAllDevices ends every session, this one too', async (t) => {
  const { browser, other } = await signedInTwice(t)
  await browser.api.revokeAllDevices()
  assert.notEqual(browser.token(), null, 'the client does nothing about its own')
  await gone(other)
  await gone(browser)
})

test('every other session can be ended', async (t) => {
  const { server, browser, other } = await signedInTwice(t)
  await browser.auth.sudo({ password: demo.password })
  assert.equal((await call(browser, server, 'DELETE', '/user/revoke/others')).status, 200)
  await gone(other)
  assert.equal((await call(browser, server, 'GET', '/user/sudo')).body.elevated, true)
})

test('getUserBehaviorLog tells sign-ins and changes apart, page by page', async (t) => {
  const { server, browser, other } = await signedInTwice(t)
  await bindEmail(browser, server, 'test@example.com')
  await browser.auth.updateUserBasicInfo({ nickname: 'Ada' })
  const read = (answer) => ({ ...answer, actions: answer.data.map((e) => e.action) })
  const log = async (p) => read(await browser.auth.getUserBehaviorLog(p))

  const logins = await log({ type: 'LOGIN', limit: 10 })
  assert.deepEqual(logins.actions, ['sign_in', 'sign_in'])
  const [last] = logins.data
  assert.deepEqual([last.device_id, last.meta.from, last.ip], [other.storage.getItem('device_id'), 'password', '127.0.0.1'])
  assert.ok(Math.abs(new Date(last.created_at) - Date.now()) < 60_000)

  const changes = ['set_profile', 'bind', 'sudo', 'import']
  assert.deepEqual((await log({ type: 'MODIFY', limit: 10 })).actions, changes)
  const paged = []
  for (let page_token, pages = 1; ; pages++) {
    const page = await log({ type: 'MODIFY', limit: 1, page_token })
    paged.push(...page.actions)
    page_token = page.next_page_token
    if (!page_token) break
    assert.match(page_token, /^[\w-]+$/, 'the client does not escape it')
    assert.ok(pages < 10)
  }
  assert.deepEqual(paged, changes)

  assert.equal((await log({ type: 'LOGIN' })).actions.length, 2, 'without a limit')
  assert.equal(read(await browser.api.getUserBehaviorLog({ type: 'LOGIN', limit: 10 })).actions.length, 2)
  assert.equal((await log({})).actions.length, 6, 'without a type, everything')
  await assert.rejects(log({ type: 'LOGIN', limit: 1000 }), { error: 'invalid_argument', error_code: 3 })
  assert.notEqual(browser.token(), null)
})
