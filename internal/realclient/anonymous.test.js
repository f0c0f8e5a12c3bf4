// Accounts that nobody has proved anything for yet, and what becomes of them.
import assert from 'node:assert/strict'
import test from 'node:test'

import { expired, openBrowser, shortLived } from './browser.js'
import { startExample } from './example.js'
import { bindEmail, call, demo, prove, revoke } from './procedure.js'

const email = 'new@example.com'
const phone = '+86 13800000000'
const e164 = '+8613800000000'

const signIns = (browser) => browser.sent.filter((r) => r.path === '/auth/v1/signin/anonymously')

async function anonymous(t, ...flags) {
  const server = await startExample(t, ...flags)
  const browser = openBrowser(server.url)
  const { error } = await browser.auth.signInAnonymously()
  assert.equal(error, null)
  return { server, browser, auth: browser.auth, sub: browser.token().sub }
}

const ways = {
  signInAnonymously: async ({ auth }) => {
    const { data, error } = await auth.signInAnonymously()
    assert.equal(error, null)
    assert.equal(data.user.is_anonymous, true)
  },
  'anonymousAuthProvider().signIn': ({ auth }) => auth.anonymousAuthProvider().signIn(),
  'authApi.signInAnonymously': ({ api }) => api.signInAnonymously(),
}
for (const [way, signIn] of Object.entries(ways)) {
  test(`${way} makes an account that has nothing`, async (t) => {
    const server = await startExample(t)
    const browser = openBrowser(server.url)
    await signIn(browser)

    const [sent] = browser.sent
    assert.deepEqual([sent.method, sent.path, sent.authorization, sent.body],
      ['POST', '/auth/v1/signin/anonymously', null, {}])
    const { sub, scope } = browser.token()
    assert.equal(scope, 'anonymous')
    assert.equal(await browser.auth.loginScope(), 'anonymous')
    const me = await browser.me()
    assert.deepEqual([me.sub, me.name, me.providers, me.email, me.phone_number, me.username, me.hasPassword],
      [sub, 'anonymous', [], undefined, undefined, undefined, false])
  })
}

test('each is an account of its own, of one device too', async (t) => {
  const { browser, auth, sub } = await anonymous(t)
  await auth.signInAnonymously()
  assert.notEqual(browser.token().sub, sub)
})

test('an anonymous account changes nothing before it signs up', async (t) => {
  const { server, browser, auth, sub } = await anonymous(t)
  for (const refused of [
    () => auth.sudo({}),
    () => auth.currentUser.update({ name: 'Nobody' }),
    () => auth.updateUserBasicInfo({ nickname: 'Nobody' }),
    () => auth.getUserBehaviorLog({ type: 'LOGIN', limit: 5 }),
    () => browser.api.revokeAllDevices(),
    () => auth.deleteMe({ sudo_token: 'any' }),
  ]) {
    await assert.rejects(refused(), { error: 'permission_denied', error_code: 7 })
    assert.equal(browser.token().sub, sub, 'and the session lives on')
  }
  assert.equal((await call(browser, server, 'GET', '/user/associations')).status, 403)
})

test('a refresh keeps the account and its scope', async (t) => {
  const { browser, auth, sub } = await anonymous(t, ...shortLived)
  await expired(browser)
  assert.equal((await browser.me()).sub, sub)
  assert.equal(browser.token().scope, 'anonymous')
  assert.equal(signIns(browser).length, 1)
  const { error } = await auth.refreshSession()
  assert.equal(error, null)
  assert.deepEqual([browser.token().sub, browser.token().scope], [sub, 'anonymous'])
})

test('where the refresh fails the client begins anew', async (t) => {
  const { server, browser, sub } = await anonymous(t, ...shortLived)
  await revoke(server, browser.token().access_token)
  await expired(browser)

  const me = await browser.me()
  assert.equal(me.name, 'anonymous')
  assert.notEqual(me.sub, sub)
  const again = signIns(browser).at(-1)
  assert.equal(again.authorization, `Basic ${btoa('demo-client:')}`, 'which stands for nobody')
})

// Both shapes of the call, and what the client was given for the token.
const upgrades = {
  'with a proof in hand': async (browser, server, anonymous_token) => {
    const verification_token = await prove(browser, server, { email }, email, 'sign_in')
    await browser.auth.signUp({ email, verification_token, anonymous_token, password: 'a password', username: 'newcomer' })
  },
  'asking for the code itself, email': async (browser, server, anonymous_token) => {
    const { data } = await browser.auth.signUp({ email, password: 'a password', anonymous_token })
    const { error } = await data.verifyOtp({ token: await server.code(email, 'sign_in') })
    assert.equal(error, null)
  },
  'asking for the code itself, phone': async (browser, server, anonymous_token) => {
    const { data } = await browser.auth.signUp({ phone: '13800000000', password: 'a password', anonymous_token })
    const { error } = await data.verifyOtp({ token: await server.code(e164, 'sign_in') })
    assert.equal(error, null)
  },
}
for (const [shape, upgrade] of Object.entries(upgrades)) {
  test(`signing up ${shape} keeps the account`, async (t) => {
    const { server, browser, auth, sub } = await anonymous(t)
    const { accessToken } = await auth.getAccessToken()

    await upgrade(browser, server, accessToken)

    const me = await browser.me()
    assert.equal(me.sub, sub)
    assert.notEqual(me.name, 'anonymous')
    assert.ok(me.email === email || me.phone_number === phone)
    assert.equal(me.hasPassword, true)
    assert.notEqual(browser.token().scope, 'anonymous')
    const old = await fetch(`${server.url}/auth/v1/user/me`, { headers: { authorization: `Bearer ${accessToken}` } })
    assert.equal(old.status, 401, 'whoever else held the anonymous session is out')

    const again = openBrowser(server.url)
    await again.auth.signIn({ username: me.email ?? me.phone_number, password: 'a password' })
    assert.equal((await again.me()).sub, sub)
  })
}

test('a token that was refreshed away while the code was typed still upgrades', async (t) => {
  const { server, browser, auth, sub } = await anonymous(t, ...shortLived)
  const { accessToken } = await auth.getAccessToken()
  const { data } = await auth.signUp({ email, anonymous_token: accessToken })
  await expired(browser)
  await auth.getAccessToken()
  assert.notEqual(browser.token().access_token, accessToken)
  const { error } = await data.verifyOtp({ token: await server.code(email, 'sign_in') })
  assert.equal(error, null)
  assert.equal((await browser.me()).sub, sub)
})

test('after the upgrade nobody is made anonymous again', async (t) => {
  const { server, browser, auth } = await anonymous(t, ...shortLived)
  const verification_token = await prove(browser, server, { email }, email, 'sign_in')
  await auth.signUp({ email, verification_token, anonymous_token: browser.token().access_token })
  await revoke(server, browser.token().access_token)
  await expired(browser)
  await assert.rejects(browser.me())
  assert.equal(browser.token(), null)
  assert.equal(signIns(browser).length, 1)
})

test('an address that has an account signs in to that one', async (t) => {
  const { server, browser, auth, sub } = await anonymous(t)
  const owner = openBrowser(server.url)
  await owner.auth.signIn({ ...demo })
  await bindEmail(owner, server, email)

  const { data } = await auth.signUp({ email, password: 'not taken over', anonymous_token: browser.token().access_token })
  const { error } = await data.verifyOtp({ token: await server.code(email, 'sign_in') })
  assert.equal(error, null)
  const me = await browser.me()
  assert.deepEqual([me.sub, me.name], [(await owner.me()).sub, 'Demo'])
  assert.notEqual(me.sub, sub)
})

test('what is no anonymous session upgrades to nothing', async (t) => {
  const { server, browser, auth, sub } = await anonymous(t)
  const named = openBrowser(server.url)
  await named.auth.signIn({ ...demo })
  const verification_token = await prove(browser, server, { email }, email, 'sign_in')
  const gone = openBrowser(server.url)
  await gone.auth.signInAnonymously()
  const over = gone.token().access_token
  await revoke(server, over)
  for (const anonymous_token of ['none', browser.token().refresh_token, named.token().access_token, over]) {
    await assert.rejects(auth.signUp({ email, verification_token, anonymous_token }),
      { error: 'invalid_argument', error_code: 3 })
  }
  assert.equal((await browser.me()).sub, sub)
  await auth.signUp({ email, verification_token, anonymous_token: browser.token().access_token })
  assert.equal((await browser.me()).sub, sub, 'the proof stays good')
})

test('signing out leaves the anonymous account behind', async (t) => {
  const { server, browser, auth } = await anonymous(t)
  const { access_token } = browser.token()
  const { error } = await auth.signOut()
  assert.equal(error, null)
  assert.equal(browser.token(), null)
  const old = await fetch(`${server.url}/auth/v1/user/me`, { headers: { authorization: `Bearer ${access_token}` } })
  assert.equal(old.status, 401)
})
