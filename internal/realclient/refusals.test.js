// What the client makes of refusals. Only a dead access token may be called
// "unauthenticated": the client forgets its session over that word.
import assert from 'node:assert/strict'
import test from 'node:test'

import { openBrowser } from './browser.js'
import { startExample } from './example.js'
import { demo, prove } from './procedure.js'

const email = 'test@example.com'
const taken = 'taken@example.com'
const phone_number = '+86 13800000000'

test('no refusal but that of a dead token ends the session', async (t) => {
  const server = await startExample(t)
  const other = openBrowser(server.url)
  const ofOther = await prove(other, server, { email: taken }, taken, 'sign_in')
  await other.auth.signUp({ email: taken, username: 'somebody', verification_token: ofOther })

  const browser = openBrowser(server.url)
  const { auth, api } = browser
  await auth.signIn({ ...demo })
  const sudo_token = await auth.sudo({ password: demo.password })
  const { verification_id } = await auth.getVerification({ email })
  const wrong = (await server.code(email, 'bind')) === '123456' ? '654321' : '123456'
  const verification_token = await prove(browser, server, { email: taken }, taken, 'bind')
  const bind = (request) => () => auth.bindEmail({ sudo_token, email: taken, verification_token, ...request })
  const signIn = (username) => () => auth.signIn({ username, password: 'wrong' })
  const verify = (id) => () => auth.verify({ verification_id: id, verification_code: wrong })

  const refusals = [
    ['a wrong password', () => auth.sudo({ password: 'wrong' }), 'invalid_password', 3],
    ['a wrong password, signing in', signIn(demo.username), 'invalid_password', 3],
    ['an unknown name, signing in', signIn('nobody'), 'invalid_password', 3],
    ['a wrong code', verify(verification_id), 'invalid_argument', 3],
    ['an unknown verification', verify('unknown'), 'invalid_argument', 3],
    ['no proof, sudo', () => auth.sudo({}), 'permission_denied', 7],
    ['a wrong sudo token', bind({ sudo_token: 'wrong' }), 'permission_denied', 7],
    ['no sudo token', bind({ sudo_token: undefined }), 'permission_denied', 7],
    ['a wrong verification token', bind({ verification_token: 'wrong' }), 'invalid_argument', 3],
    ['the proof of another address', bind({ email }), 'invalid_argument', 3],
    ['an address that another account has', bind({}), 'failed_precondition', 9],
    ['an email that is none', () => auth.getVerification({ email: 'nothing' }), 'invalid_argument', 3],
    ['a code for nowhere', () => auth.getVerification({}), 'invalid_argument', 3],
    ['a refresh token that is none', () => api.grantToken({ grant_type: 'refresh_token', refresh_token: 'none' }),
      'invalid_grant', 16],
    ['a second code at once', () => auth.getVerification({ email }), 'resource_exhausted', 8],
    ['a call that is not served', () => api.deviceAuthorize({ client_id: 'demo-client' }), 'unimplemented', 12],
  ]
  for (const [what, call, error, error_code] of refusals) {
    await t.test(what, async () => {
      await assert.rejects(call(), { error, error_code })
      assert.notEqual(browser.token(), null)
      assert.equal((await browser.me()).email, undefined)
    })
  }
})

test('an access token that is dead ends the session', async (t) => {
  const server = await startExample(t)
  for (const call of [
    ({ auth }) => auth.sudo({ password: demo.password }),
    ({ auth }) => auth.getVerification({ email }),
    ({ auth }) => auth.bindEmail({ sudo_token: 'any', email, verification_token: 'any' }),
    ({ auth }) => auth.setPassword({ sudo_token: 'any', new_password: 'any password' }),
    ({ api }) => api.updateUserBasicInfo({ email }),
    ({ me }) => me(),
  ]) {
    const browser = openBrowser(server.url)
    await browser.auth.signIn({ ...demo })
    await fetch(`${server.url}/auth/v1/revoke`, {
      method: 'POST', body: JSON.stringify({ token: browser.token().access_token }),
    })
    await assert.rejects(call(browser), { error: 'unauthenticated', error_code: 16 })
    assert.equal(browser.token(), null)
  }
})

test('five wrong codes are one too many', async (t) => {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  const { verification_id } = await browser.auth.getVerification({ email })
  const right = await server.code(email, 'sign_in')
  const wrong = right === '123456' ? '654321' : '123456'
  for (let i = 0; i < 5; i++) {
    await assert.rejects(browser.auth.verify({ verification_id, verification_code: wrong }), { error: 'invalid_argument' })
  }
  await assert.rejects(browser.auth.verify({ verification_id, verification_code: right }), { error: 'invalid_argument' })
})

test('the newer calls say what went wrong in their own words', async (t) => {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  const { auth } = browser
  const said = (error) => [error.code, error.errorCode, error.category]

  const signIn = await auth.signInWithPassword({ username: demo.username, password: 'wrong' })
  assert.deepEqual(said(signIn.error), ['invalid_password', 3, 'INVALID_CREDENTIALS'])

  const otp = await auth.signInWithOtp({ email })
  const right = await server.code(email, 'sign_in')
  const verified = await otp.data.verifyOtp({ token: right === '123456' ? '654321' : '123456' })
  assert.deepEqual(said(verified.error), ['invalid_argument', 3, 'VERIFICATION_FAILED'])

  const tooSoon = await auth.signInWithOtp({ email })
  assert.deepEqual(said(tooSoon.error), ['resource_exhausted', 8, 'RATE_LIMITED'])
  assert.ok(tooSoon.error.retryAfter > 0 && tooSoon.error.retryAfter <= 60)

  const stranger = await auth.signInWithOtp({ phone: phone_number, options: { shouldCreateUser: false } })
  const unknown = await stranger.data.verifyOtp({ token: await server.code('+8613800000000', 'sign_in') })
  assert.deepEqual(said(unknown.error), ['not_found', 5, 'USER_NOT_FOUND'])
})
