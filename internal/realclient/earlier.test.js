// The calls of the client's first version, and others that are second names for what
// is tested by its first.
import assert from 'node:assert/strict'
import test from 'node:test'

import { openBrowser } from './browser.js'
import { startExample } from './example.js'
import { bindEmail, bindPhone, demo, prove } from './procedure.js'

const email = 'test@example.com'
const phone = '13800000000'
const formatted = '+86 13800000000'
const e164 = '+8613800000000'
const { password } = demo

async function bound(t) {
  const server = await startExample(t)
  const owner = openBrowser(server.url)
  await owner.auth.signIn({ ...demo })
  await bindEmail(owner, server, email)
  await bindPhone(owner, server, phone, e164)
  return { server, owner, browser: openBrowser(server.url), sub: owner.token().sub }
}

test('each way to sign in ends in the same account', async (t) => {
  const { server, sub } = await bound(t)
  const verificationInfo = ({ auth }, to) => auth.getVerification(to)
  const ways = {
    signInWithEmailAndPassword: ({ auth }) => auth.signInWithEmailAndPassword(email, password),
    signInWithUsernameAndPassword: ({ auth }) => auth.signInWithUsernameAndPassword(demo.username, password),
    'signInWithPhoneCodeOrPassword, password': ({ auth }) => auth.signInWithPhoneCodeOrPassword({ phoneNumber: phone, password }),
    signInWithUsername: async (b) => b.auth.signInWithUsername({
      verificationInfo: await verificationInfo(b, { email }), verificationCode: await server.code(email, 'sign_in'),
      username: email, loginType: 'email',
    }),
    'resend, verifyOtp, email': async ({ auth }) => {
      const { data: { messageId } } = await auth.resend({ type: 'signup', email })
      assert.equal((await auth.verifyOtp({ email, token: await server.code(email, 'sign_in'), messageId })).error, null)
    },
    'resend, verifyOtp, phone': async ({ auth }) => {
      const { data: { messageId } } = await auth.resend({ type: 'sms', phone })
      assert.equal((await auth.verifyOtp({ phone, token: await server.code(e164, 'sign_in'), messageId })).error, null)
    },
    'authApi.signIn': ({ api }) => api.signIn({ username: email, password }),
    'authApi.getVerification, verify, signUp': async ({ api }) => {
      const { verification_id } = await api.getVerification({ email })
      const { verification_token } = await api.verify({ verification_id, verification_code: await server.code(email, 'sign_in') })
      await api.signUp({ email, verification_token })
    },
  }
  for (const [way, signIn] of Object.entries(ways)) {
    await t.test(way, async () => {
      const browser = openBrowser(server.url)
      await signIn(browser)
      assert.equal((await browser.me()).sub, sub)
    })
  }
})

test('signUpWithEmailAndPassword asks for the code', async (t) => {
  const server = await startExample(t)
  const { auth, me } = openBrowser(server.url)
  const { data } = await auth.signUpWithEmailAndPassword(email, 'a password')
  const { error } = await data.verifyOtp({ token: await server.code(email, 'sign_in') })
  assert.equal(error, null)
  assert.equal((await me()).email, email)
})

test('a bare code proves nothing', async (t) => {
  const { server, browser: { auth, token } } = await bound(t)
  assert.equal(await auth.sendPhoneCode(phone), true)
  const phoneCode = await server.code(e164, 'sign_in')
  const bad = { error: 'invalid_argument', error_code: 3 }
  await assert.rejects(auth.signInWithPhoneCodeOrPassword({ phoneNumber: phone, phoneCode }), bad)
  await assert.rejects(auth.signUpWithPhoneCode(phone, phoneCode, 'a password'), bad)
  assert.equal(token(), null)
})

test('sendPasswordResetEmail sends a code to sign in by', async (t) => {
  const { server, browser: { auth } } = await bound(t)
  await auth.sendPasswordResetEmail(email)
  await server.code(email, 'sign_in')
})

test('verifyOtp of a changed address verifies the code and signs nobody in', async (t) => {
  const { server, owner: { auth, sent, token, me } } = await bound(t)
  const next = 'next@example.com'
  const before = token()
  await auth.sudo({ password })
  const { verification_id } = await auth.getVerification({ email: next })
  const { error } = await auth.verifyOtp({ type: 'email_change', email: next, token: await server.code(next, 'bind'), messageId: verification_id })
  assert.equal(error, null)
  assert.deepEqual([sent.at(-1).path, token().access_token], ['/auth/v1/verification/verify', before.access_token])
  await auth.updateUserBasicInfo({ email: next })
  assert.equal((await me()).email, next)
})

test('authApi.editContact binds as bindEmail does', async (t) => {
  const { server, owner } = await bound(t)
  const next = 'next@example.com'
  const sudo_token = await owner.api.sudo({ password })
  await owner.api.editContact({ email: next, sudo_token, verification_token: await prove(owner, server, { email: next }, next, 'bind') })
  assert.equal((await owner.me()).email, next)
})

test('every way to read the account reads the same', async (t) => {
  const { owner: { auth, api, token }, sub } = await bound(t)
  const ids = [
    (await auth.getUser()).data.user.id,
    (await auth.refreshUser()).data.user.id,
    (await auth.getCurrentUser()).uid,
    (await auth.getUserInfo()).sub,
    (await api.getUserInfo()).sub,
    (await api.getUserInfo({ query: { with_department: true } })).sub,
    (await api.getUserProfile()).sub,
    (await auth.getSession()).data.user.id,
    (await auth.getLoginState()).user.uid,
    (await auth.createLoginState()).user.uid,
    auth.hasLoginState().user.uid,
    auth.currentUser.uid,
  ]
  assert.deepEqual(new Set(ids), new Set([sub]))
  await auth.currentUser.refresh()
  assert.equal(auth.currentUser.email, email)
  assert.equal(await api.hasLoginState(), true)
  assert.equal((await auth.getAccessToken()).accessToken, token().access_token)
  assert.equal((await auth.getUser()).data.user.phone, formatted)
})

test('getClaims reads no claims: the token is opaque', async (t) => {
  const { owner: { auth, token } } = await bound(t)
  const { error } = await auth.getClaims()
  assert.notEqual(error, null)
  assert.notEqual(token(), null)
})
