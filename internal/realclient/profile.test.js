// What an account shows of itself, and the calls that change it: updateUser is one
// of them, in all its branches.
import assert from 'node:assert/strict'
import test from 'node:test'

import { openBrowser } from './browser.js'
import { startExample } from './example.js'
import { bindEmail, demo, prove } from './procedure.js'

const email = 'test@example.com'
const phone = '13800000000'
const formatted = '+86 13800000000'
const e164 = '+8613800000000'
const picture = 'https://example.com/ada.png'

async function signedIn(t, { sudo = false } = {}) {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })
  if (sudo) await browser.auth.sudo({ password: demo.password })
  browser.sent.length = 0
  return { server, browser, auth: browser.auth, api: browser.api }
}

const shown = ({ name, picture, locale, username, email, phone_number }) =>
  ({ name, picture, locale, username, email, phone_number })
const plain = { name: 'Demo', picture: undefined, locale: undefined, username: 'demo', email: undefined, phone_number: undefined }

for (const [way, edit] of Object.entries({
  updateUserBasicInfo: ({ auth }, p) => auth.updateUserBasicInfo(p),
  'currentUser.updateUserBasicInfo': ({ auth }, p) => auth.currentUser.updateUserBasicInfo(p),
  'authApi.updateUserBasicInfo': ({ api }, p) => api.updateUserBasicInfo(p),
  updateUser: async ({ auth }, p) => assert.equal((await auth.updateUser(p)).error, null),
})) {
  test(`${way} changes what is shown, and ignores what is not kept`, async (t) => {
    const { browser } = await signedIn(t)
    await edit(browser, {
      nickname: 'Ada', avatar_url: picture, locale: 'en-GB',
      gender: 'FEMALE', description: 'a countess', data: { any: 1 }, user_id: 'somebody else',
    })
    assert.equal(browser.sent[0].path, '/auth/v1/user/basic/edit')
    assert.deepEqual(shown(await browser.me()), { ...plain, name: 'Ada', picture, locale: 'en-GB' })
  })
}

for (const [way, edit] of Object.entries({
  'currentUser.update': ({ auth }, p) => auth.currentUser.update(p),
  'authApi.setUserProfile': ({ api }, p) => api.setUserProfile(p),
})) {
  test(`${way} answers the whole profile`, async (t) => {
    const { server, browser, auth } = await signedIn(t)
    await bindEmail(browser, server, email)
    await auth.getUser()
    await edit(browser, { name: 'Ada', picture, gender: 'FEMALE', email: 'other@example.com', phone_number: formatted, sub: 'x' })
    assert.deepEqual(shown(await browser.me()), { ...plain, name: 'Ada', picture, email })
    if (way.startsWith('currentUser')) {
      const { data: { user } } = await auth.getUser(false) // what the client has kept of the answer
      const { sub } = await browser.me()
      assert.deepEqual([user.id, user.email, user.user_metadata.name, auth.currentUser.uid], [sub, email, 'Ada', sub])
    }
  })
}

test('what cannot be shown is refused whole', async (t) => {
  const { browser, auth } = await signedIn(t)
  for (const bad of [
    { nickname: 'Ada', avatar_url: 'http://example.com/ada.png' }, { nickname: 'A\u0000da' }, { nickname: 7 },
    { nickname: 'Ada', locale: 'en_GB' }, { nickname: 'x'.repeat(129) },
  ]) {
    await assert.rejects(auth.updateUserBasicInfo(bad), { error: 'invalid_argument', error_code: 3 })
  }
  await assert.rejects(auth.currentUser.update({ name: 'x'.repeat(129) }), { error: 'invalid_argument', error_code: 3 })
  assert.deepEqual(shown(await browser.me()), plain)
})

for (const [way, rename] of Object.entries({
  'currentUser.updateUsername': ({ auth }, username) => auth.currentUser.updateUsername(username),
  'currentUser.update': ({ auth }, username) => auth.currentUser.update({ username }),
  updateUserBasicInfo: ({ auth }, username) => auth.updateUserBasicInfo({ username }),
})) {
  test(`${way} takes another username, under sudo`, async (t) => {
    const { server, browser, auth } = await signedIn(t)
    await assert.rejects(rename(browser, 'ada'), { error: 'permission_denied', error_code: 7 })
    assert.equal((await browser.me()).username, demo.username)

    await rename(browser, demo.username) // the one it has: nothing to do, nothing to prove

    const other = openBrowser(server.url)
    const token = await prove(other, server, { email: 'taken@example.com' }, 'taken@example.com', 'sign_in')
    await other.auth.signUp({ email: 'taken@example.com', verification_token: token, username: 'taken' })
    await auth.sudo({ password: demo.password })
    await assert.rejects(rename(browser, 'taken'), { error: 'already_exists', error_code: 6 })
    await assert.rejects(rename(browser, 'a@b'), { error: 'invalid_argument', error_code: 3 })

    await rename(browser, 'ada')
    assert.deepEqual(shown(await browser.me()), { ...plain, username: 'ada' })
    const again = openBrowser(server.url)
    await again.auth.signIn({ username: 'ada', password: demo.password })
    await assert.rejects(again.auth.signIn({ ...demo }), { error: 'invalid_password' })
  })
}

// What verifyOtp may be given, once the code was asked for.
const proofs = [
  ['email, by the token', { email }, email, (token) => ({ token }), { email }],
  ['email, named again', { email }, email, (token) => ({ email, token }), { email }],
  ['phone, by the token', { phone }, e164, (token) => ({ token }), { phone_number: formatted }],
  ['phone, named again', { phone }, e164, (token) => ({ phone, token }), { phone_number: formatted }],
]
for (const [what, address, to, given, bound] of proofs) {
  test(`updateUser binds under sudo: ${what}`, async (t) => {
    const { server, browser, auth } = await signedIn(t, { sudo: true })
    const { data, error } = await auth.updateUser({ ...address, nickname: 'Ada', username: demo.username })
    assert.equal(error, null)
    assert.deepEqual(shown(await browser.me()), { ...plain, name: 'Ada' }, 'what needs no code is done at once')
    const verified = await data.verifyOtp(given(await server.code(to, 'bind')))
    assert.equal(verified.error, null)
    assert.deepEqual(shown(await browser.me()), { ...plain, name: 'Ada', ...bound })
  })
}

test('updateUser with two addresses binds neither', async (t) => {
  const { server, browser, auth } = await signedIn(t, { sudo: true })
  const { data } = await auth.updateUser({ email, phone })
  const { error } = await data.verifyOtp({ token: await server.code(email, 'bind') })
  assert.deepEqual([error.code, error.errorCode], ['invalid_argument', 3])
  assert.deepEqual(shown(await browser.me()), plain)
})

test('updateUser with an empty address asks for no code', async (t) => {
  const { server, browser, auth } = await signedIn(t, { sudo: true })
  const { error } = await auth.updateUser({ email: '', nickname: 'Ada' })
  assert.equal(error?.code, 'invalid_argument')
  assert.deepEqual([(await server.messages()).length, browser.token() !== null], [0, true])
})

test('updateUser without sudo changes no address, and says so', async (t) => {
  const { server, browser, auth } = await signedIn(t)
  for (const [address, to] of [[{ email }, email], [{ phone }, e164]]) {
    const { data } = await auth.updateUser(address)
    const { error } = await data.verifyOtp({ token: await server.code(to, 'bind') })
    assert.deepEqual([error.code, error.errorCode], ['permission_denied', 7])
  }
  await assert.rejects(auth.currentUser.updateEmail(email, demo.password), { error: 'permission_denied', error_code: 7 })
  assert.deepEqual(shown(await browser.me()), plain)
})

test('updateUser sets no password: the client refuses by itself', async (t) => {
  const { browser, auth } = await signedIn(t, { sudo: true })
  for (const p of [{ password: 'a password' }, { new_password: 'a password' }]) {
    const { error } = await auth.updateUser(p)
    assert.notEqual(error, null)
  }
  assert.equal(browser.sent.length, 0)
})

test('currentUser.updateEmail binds an address that was proved before', async (t) => {
  const { server, browser, auth } = await signedIn(t, { sudo: true })
  await assert.rejects(auth.currentUser.updateEmail(email, demo.password), { error: 'invalid_argument', error_code: 3 })
  await prove(browser, server, { email }, email, 'bind')
  await auth.currentUser.updateEmail(email, demo.password)
  assert.equal((await browser.me()).email, email)
})
