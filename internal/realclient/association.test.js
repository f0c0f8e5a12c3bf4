// Adding sign-in methods to an account, and signing in with each of them.
import assert from 'node:assert/strict'
import test from 'node:test'

import { openBrowser } from './browser.js'
import { startExample } from './example.js'
import { bindEmail, bindPhone, demo, prove } from './procedure.js'

const email = 'test@example.com'
const phone = '+86 13800000000'
const e164 = '+8613800000000'

test('the published procedure binds an email', async (t) => {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })
  browser.sent.length = 0

  await bindEmail(browser, server, email)

  const { data: { user }, error } = await browser.auth.getUser()
  assert.equal(error, null)
  assert.equal(user.email, email)
  assert.equal((await browser.auth.getUserInfo()).email, email)

  // What went out is what the procedure is published to send.
  const [sudo, send, verify, bind] = browser.sent
  assert.deepEqual([sudo.method, sudo.path, sudo.body], ['POST', '/auth/v1/user/sudo', { password: 'passwd' }])
  assert.deepEqual([send.method, send.path, send.body], ['POST', '/auth/v1/verification', { email }])
  assert.deepEqual([verify.method, verify.path, verify.authorization], ['POST', '/auth/v1/verification/verify', null])
  assert.deepEqual([bind.method, bind.path, bind.body.email], ['PATCH', '/auth/v1/user/contact', email])
  assert.equal(typeof bind.body.sudo_token.sudo_token, 'string', 'the sudo answer goes out as the object that it was')
})

test('the published procedure binds a phone number', async (t) => {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })

  await bindPhone(browser, server, phone, e164)

  const { data: { user } } = await browser.auth.getUser()
  assert.equal(user.phone, phone)
  assert.equal((await browser.auth.getUserInfo()).phone_number, phone)
})

test('every bound method signs in to the same account', async (t) => {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })
  await bindEmail(browser, server, email)
  await bindPhone(browser, server, phone, e164)
  const { sub } = await browser.me()

  const password = demo.password
  const otp = (address, to, options) => async (b) => {
    const { data, error } = await b.auth.signInWithOtp({ ...address, options })
    assert.equal(error, null)
    const verified = await data.verifyOtp({ token: await server.code(to, 'sign_in') })
    assert.equal(verified.error, null)
    assert.equal(verified.data.user.id, sub)
  }
  const withPassword = (who) => async (b) => {
    const { data, error } = await b.auth.signInWithPassword({ ...who, password })
    assert.equal(error, null)
    assert.equal(data.user.id, sub)
  }
  const ways = {
    'signIn, email and password': (b) => b.auth.signIn({ username: email, password }),
    'signIn, phone and password': (b) => b.auth.signIn({ username: phone, password }),
    'signInWithPassword, email': withPassword({ email }),
    'signInWithPassword, phone': withPassword({ phone }),
    'signInWithPassword, username': withPassword({ username: demo.username }),
    'signIn, email code': async (b) =>
      b.auth.signIn({ username: email, verification_token: await prove(b, server, { email }, email, 'sign_in') }),
    'signIn, phone code': async (b) =>
      b.auth.signIn({ username: phone, verification_token: await prove(b, server, { phone_number: phone }, e164, 'sign_in') }),
    'signIn, the token alone': async (b) =>
      b.auth.signIn({ verification_token: await prove(b, server, { email }, email, 'sign_in') }),
    'signInWithEmail': async (b) => {
      const verificationInfo = await b.auth.getVerification({ email })
      await b.auth.signInWithEmail({ verificationInfo, verificationCode: await server.code(email, 'sign_in'), email })
    },
    'signInWithSms': async (b) => {
      const verificationInfo = await b.auth.getVerification({ phone_number: phone })
      await b.auth.signInWithSms({ verificationInfo, verificationCode: await server.code(e164, 'sign_in'), phoneNum: phone })
    },
    'signInWithOtp, email': otp({ email }, email),
    'signInWithOtp, phone': otp({ phone }, e164),
    'signInWithOtp, email that must have an account': otp({ email }, email, { shouldCreateUser: false }),
    'signInWithOtp, phone that must have an account': otp({ phone }, e164, { shouldCreateUser: false }),
  }
  for (const [way, signIn] of Object.entries(ways)) {
    await t.test(way, async () => {
      const other = openBrowser(server.url)
      await signIn(other)
      assert.equal((await other.me()).sub, sub)
      assert.equal(other.token().sub, sub)
    })
  }
})

test('a phone number is one number, however it is written', async (t) => {
  const spellings = ['13800000000', '+8613800000000', '+86 13800000000']
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })
  const { sub } = await browser.me()

  for (const bound of spellings) {
    await t.test(`bound as ${bound}`, async (t) => {
      const own = await startExample(t)
      const b = openBrowser(own.url)
      await b.auth.signIn({ ...demo })
      await bindPhone(b, own, bound, e164)
      assert.equal((await b.me()).phone_number, phone)
    })
  }

  await bindPhone(browser, server, '13800000000', e164)
  for (const given of spellings) {
    await t.test(`signed in as ${given}`, async () => {
      for (const signIn of [
        (b) => b.auth.signIn({ username: given, password: demo.password }),
        (b) => b.auth.signInWithPassword({ phone: given, password: demo.password }),
        async (b) => b.auth.signIn({
          username: given, verification_token: await prove(b, server, { phone_number: given }, e164, 'sign_in'),
        }),
      ]) {
        const other = openBrowser(server.url)
        await signIn(other)
        assert.equal((await other.me()).sub, sub)
      }
    })
  }
  assert.deepEqual([...new Set((await server.messages()).map((m) => m.to))], [e164])
})
