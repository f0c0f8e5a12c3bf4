// How long somebody is signed in: tokens that expire, tabs that share them, and
// the end of a session.
import assert from 'node:assert/strict'
import test from 'node:test'

import { expired, openBrowser, shortLived } from './browser.js'
import { startExample } from './example.js'
import { demo, revoke } from './procedure.js'

const refreshes = (browser) => browser.sent.filter((r) => r.path === '/auth/v1/token')

const status = (server, access) =>
  fetch(`${server.url}/auth/v1/user/me`, { headers: { authorization: `Bearer ${access}` } }).then((r) => r.status)

test('an expired token is refreshed on the way', async (t) => {
  const server = await startExample(t, ...shortLived)
  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })
  const { sub } = await browser.me()
  const old = browser.token()
  assert.equal(old.expires_in, 32)
  assert.equal(refreshes(browser).length, 0)
  await expired(browser)

  assert.equal((await browser.me()).sub, sub)
  assert.equal(refreshes(browser).length, 1)
  assert.notEqual(browser.token().access_token, old.access_token)
  assert.notEqual(browser.token().refresh_token, old.refresh_token)

  await expired(browser)
  const { data, error } = await browser.auth.getSession()
  assert.equal(error, null)
  assert.equal(data.user.id, sub, 'the token of a refresh is refreshed as well')
  assert.equal(refreshes(browser).length, 2)
})

test('parallel calls with an expired token refresh it once', async (t) => {
  const server = await startExample(t, ...shortLived)
  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })
  const { sub } = await browser.me()
  await expired(browser)

  const all = await Promise.all(Array.from({ length: 8 }, () => browser.me()))
  assert.deepEqual(new Set(all.map((me) => me.sub)), new Set([sub]))
  assert.equal(refreshes(browser).length, 1)
})

test('two tabs that refresh one token stay signed in', async (t) => {
  const server = await startExample(t, ...shortLived)
  const first = openBrowser(server.url)
  await first.auth.signIn({ ...demo })
  const second = openBrowser(server.url, { storage: first.storage })
  const { sub } = await second.me()
  await expired(first)

  const both = await Promise.all([first.me(), second.me()])
  assert.deepEqual(both.map((me) => me.sub), [sub, sub])
  assert.deepEqual([refreshes(first).length, refreshes(second).length], [1, 1])

  await expired(first)
  assert.equal((await second.me()).sub, sub)
  assert.equal((await first.me()).sub, sub)
})

test('refreshSession refreshes at any time', async (t) => {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })
  const old = browser.token()
  const { data, error } = await browser.auth.refreshSession()
  assert.equal(error, null)
  assert.equal(data.session.access_token, browser.token().access_token)
  assert.notEqual(browser.token().access_token, old.access_token)
})

test('setSession goes on with a session that was kept elsewhere', async (t) => {
  const server = await startExample(t)
  const kept = openBrowser(server.url)
  await kept.auth.signIn({ ...demo })
  const { sub, access_token, refresh_token } = kept.token()

  const browser = openBrowser(server.url)
  const { error } = await browser.auth.setSession({ access_token, refresh_token })
  assert.equal(error, null)
  assert.equal(browser.token().sub, sub)
  assert.notEqual(browser.token().refresh_token, refresh_token)
  const { data } = await browser.auth.getUser()
  assert.equal(data.user.id, sub)
})

test('a refresh that is refused leaves setSession as it was, and ends a session of its own', async (t) => {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })
  const before = browser.token()
  const set = await browser.auth.setSession({ access_token: 'none', refresh_token: 'none' })
  assert.deepEqual([set.error.code, set.error.errorCode], ['invalid_grant', 16])
  assert.deepEqual(browser.token(), before)
  assert.equal((await browser.me()).sub, before.sub)

  await revoke(server, before.access_token)
  const { error } = await browser.auth.refreshSession()
  assert.notEqual(error, null)
  assert.equal(browser.token(), null)
})

test('refreshTokenForce refreshes, and setCredentials and getCredentials say by what', async (t) => {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })
  const old = browser.token()
  for (const refresh of [() => browser.auth.refreshTokenForce(), () => browser.api.refreshTokenForce()]) {
    const { access_token } = browser.token()
    await refresh()
    assert.notEqual(browser.token().access_token, access_token)
  }
  for (const kept of [await browser.auth.getCredentials(), await browser.api.getCredentials(), await browser.api.getLoginState()]) {
    assert.equal(kept.access_token, browser.token().access_token)
  }

  const other = openBrowser(server.url)
  await other.auth.setCredentials(browser.token())
  assert.equal((await other.me()).sub, old.sub)
})

// The client throws the answer away, and the session with it: it reads the account by
// the token that the answer has replaced, for which there is a minute.
test('grantToken refreshes at the server alone', async (t) => {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })
  const { access_token, refresh_token } = browser.token()
  await browser.auth.grantToken({ grant_type: 'refresh_token', refresh_token })
  assert.equal(browser.token().access_token, access_token)
  assert.equal((await browser.me()).username, demo.username)
  await assert.rejects(browser.auth.grantToken({ grant_type: 'password', username: 'demo', password: demo.password }),
    { error: 'invalid_argument', error_code: 3 })
})

test('a refresh token that was stolen and used late ends the session', async (t) => {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })
  const stolen = browser.token().refresh_token
  await browser.auth.refreshSession()
  await browser.auth.refreshSession()

  const thief = openBrowser(server.url)
  await assert.rejects(thief.api.grantToken({ grant_type: 'refresh_token', refresh_token: stolen }), { error: 'invalid_grant' })
  await assert.rejects(browser.me(), { error: 'unauthenticated', error_code: 16 })
  assert.equal(browser.token(), null)
})

test('signing out ends the session at the server', async (t) => {
  const server = await startExample(t)
  for (const signOut of [
    ({ auth }) => auth.signOut(),
    ({ auth }) => auth.signOut({ redirect_uri: 'http://127.0.0.1/', state: 's' }),
    async ({ api }) => ({ error: null, data: await api.signOut() }),
  ]) {
    const browser = openBrowser(server.url)
    const stays = openBrowser(server.url)
    await browser.auth.signIn({ ...demo })
    await stays.auth.signIn({ ...demo })
    const { access_token, refresh_token } = browser.token()
    assert.equal(await status(server, access_token), 200)

    const { error } = await signOut(browser)
    assert.equal(error, null)
    assert.equal(browser.token(), null)
    assert.equal(await status(server, access_token), 401)
    await assert.rejects(browser.api.grantToken({ grant_type: 'refresh_token', refresh_token }),
      { error: 'invalid_grant', error_code: 16 })
    assert.equal((await stays.me()).username, demo.username, 'another session is none of its business')
  }
})

test('a session that ended elsewhere makes the client forget it', async (t) => {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })
  const { access_token } = browser.token()
  await revoke(server, access_token)

  await assert.rejects(browser.api.sudo({ password: demo.password }), { error: 'unauthenticated', error_code: 16 })
  assert.equal(browser.token(), null)
  const { data, error } = await browser.auth.getUser()
  assert.equal(data.user, null)
  assert.equal(error.code, 'unauthenticated')
})
