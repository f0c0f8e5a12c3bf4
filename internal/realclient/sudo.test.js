// What a person may do who has proved again who they are.
import assert from 'node:assert/strict'
import test from 'node:test'

import { openBrowser } from './browser.js'
import { startExample } from './example.js'
import { bindEmail, bindPhone, demo, prove } from './procedure.js'

const email = 'test@example.com'

async function signedIn(t) {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })
  return { server, browser, auth: browser.auth }
}

test('sudo by a code to an email that is bound', async (t) => {
  const { server, browser, auth } = await signedIn(t)
  await bindEmail(browser, server, email)

  const verification_token = await prove(browser, server, { email }, email, 'sudo')
  const sudo_token = await auth.sudo({ verification_token })

  const phone_number = '+86 13800000000'
  const proof = await prove(browser, server, { phone_number }, '+8613800000000', 'bind')
  await auth.bindPhoneNumber({ sudo_token, phone_number, verification_token: proof })
  assert.equal((await browser.me()).phone_number, phone_number)
})

test('a code to an address that is not bound is no proof for sudo', async (t) => {
  const { server, browser, auth } = await signedIn(t)
  const verification_token = await prove(browser, server, { email }, email, 'bind')
  await assert.rejects(auth.sudo({ verification_token }), { error: 'invalid_argument', error_code: 3 })
  assert.equal((await browser.me()).username, demo.username)
})

test('a new phone number replaces the old one', async (t) => {
  const { server, browser, auth } = await signedIn(t)
  const before = '+86 13800000000'
  const after = '+86 13900000000'
  await bindPhone(browser, server, before, '+8613800000000')
  const { sub } = await browser.me()
  const other = openBrowser(server.url)
  await other.auth.signIn({ username: before, password: demo.password })

  await bindPhone(browser, server, after, '+8613900000000')

  assert.equal((await browser.me()).phone_number, after, 'this session lives on')
  await assert.rejects(other.me(), { error: 'unauthenticated', error_code: 16 }, 'every other session has ended')
  assert.equal(other.token(), null, 'and its browser has forgotten it')
  await server.notice('+8613800000000')

  await assert.rejects(other.auth.signIn({ username: before, password: demo.password }), { error: 'invalid_password' })
  const verification_token = await prove(other, server, { phone_number: before }, '+8613800000000', 'sign_in')
  await assert.rejects(other.auth.signIn({ username: before, verification_token }), { error: 'not_found', error_code: 5 })

  await other.auth.signIn({ username: after, password: demo.password })
  assert.equal((await other.me()).sub, sub)
})

test('updateUser binds an address after sudo', async (t) => {
  const { server, browser, auth } = await signedIn(t)
  await auth.sudo({ password: demo.password })

  const byEmail = await auth.updateUser({ email })
  assert.equal(byEmail.error, null)
  const emailed = await byEmail.data.verifyOtp({ email, token: await server.code(email, 'bind') })
  assert.equal(emailed.error, null)
  assert.equal(emailed.data.user.email, email)

  const phone = '13800000000'
  const byPhone = await auth.updateUser({ phone })
  assert.equal(byPhone.error, null)
  const texted = await byPhone.data.verifyOtp({ phone, token: await server.code('+8613800000000', 'bind') })
  assert.equal(texted.error, null)
  assert.equal(texted.data.user.phone, '+86 13800000000')

  const { email: has, phone_number } = await browser.me()
  assert.deepEqual([has, phone_number], [email, '+86 13800000000'])
})

test('updateUser without sudo binds nothing', async (t) => {
  const { server, browser, auth } = await signedIn(t)
  const { data } = await auth.updateUser({ email })
  const { error } = await data.verifyOtp({ email, token: await server.code(email, 'bind') })
  assert.deepEqual([error.code, error.errorCode], ['permission_denied', 7])
  assert.equal((await browser.me()).email, undefined)
  assert.notEqual(browser.token(), null, 'and the session lives on')
})

test('updateUser with sudo and without the code binds nothing', async (t) => {
  const { browser, auth } = await signedIn(t)
  await auth.sudo({ password: demo.password })
  await auth.updateUser({ email })
  for (const unproved of [email, 'other@example.com']) {
    await assert.rejects(browser.api.updateUserBasicInfo({ email: unproved }), { error: 'invalid_argument', error_code: 3 })
  }
  assert.equal((await browser.me()).email, undefined)
})
