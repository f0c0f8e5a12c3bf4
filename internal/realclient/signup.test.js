// Making an account by proving an address, with the same call that signs in
// whoever has one.
import assert from 'node:assert/strict'
import test from 'node:test'

import { openBrowser } from './browser.js'
import { startExample } from './example.js'
import { bindEmail, demo, prove } from './procedure.js'

const email = 'new@example.com'

test('signUp with a code makes an account', async (t) => {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  const verification_token = await prove(browser, server, { email }, email, 'sign_in')
  await browser.auth.signUp({ email, verification_token, username: 'newcomer', password: 'a password', name: 'New' })

  const me = await browser.me()
  assert.deepEqual([me.email, me.username, me.name, me.hasPassword], [email, 'newcomer', 'New', true])
  for (const username of [email, 'newcomer']) {
    const other = openBrowser(server.url)
    await other.auth.signIn({ username, password: 'a password' })
    assert.equal((await other.me()).sub, me.sub)
  }
})

test('signUp asks for the code itself', async (t) => {
  const server = await startExample(t)
  for (const [to, given] of [[email, { email }], ['+8613800000000', { phone: '13800000000' }]]) {
    const browser = openBrowser(server.url)
    const { data, error } = await browser.auth.signUp({ ...given, password: 'a password' })
    assert.equal(error, null)
    const verified = await data.verifyOtp({ token: await server.code(to, 'sign_in') })
    assert.equal(verified.error, null)
    const { sub, hasPassword } = await browser.me()
    assert.equal(verified.data.user.id, sub)
    assert.equal(hasPassword, true)
  }
})

test('signUp with an address that has an account signs in', async (t) => {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })
  await bindEmail(browser, server, email)
  const { sub } = await browser.me()

  const other = openBrowser(server.url)
  const verification_token = await prove(other, server, { email }, email, 'sign_in')
  await other.auth.signUp({ email, verification_token, password: 'not taken over', name: 'Nor this' })
  const me = await other.me()
  assert.deepEqual([me.sub, me.name, me.username], [sub, 'Demo', demo.username])
  await openBrowser(server.url).auth.signIn({ ...demo }) // the password is as it was
})

test('the token that signs in nobody still signs up', async (t) => {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  const verification_token = await prove(browser, server, { email }, email, 'sign_in')
  await assert.rejects(browser.auth.signIn({ username: email, verification_token }), { error: 'not_found', error_code: 5 })
  await browser.auth.signUp({ email, verification_token })
  assert.equal((await browser.me()).email, email)
})

test('nobody is told whether an address has an account', async (t) => {
  const server = await startExample(t)
  const known = openBrowser(server.url)
  await known.auth.signIn({ ...demo })
  await bindEmail(known, server, email)

  const answers = []
  for (const to of [email, 'stranger@example.com']) {
    for (const target of ['ANY', 'USER', 'NOT_USER']) {
      answers.push(Object.keys(await openBrowser(server.url).auth.getVerification({ email: to, target })).join())
    }
  }
  assert.deepEqual(new Set(answers), new Set(['verification_id,expires_in']))
})

test('a publishable key stands for nobody', async (t) => {
  const server = await startExample(t)
  const browser = openBrowser(server.url, { init: { accessKey: 'a publishable key' } })
  const verification_token = await prove(browser, server, { email }, email, 'sign_in')
  assert.equal(browser.sent[0].authorization, 'Bearer a publishable key')

  await browser.auth.signUp({ email, verification_token })
  const { sub } = await browser.me()
  assert.match(browser.sent.at(-1).authorization, /^Bearer lga1_/, 'and gives way to whoever signs in')

  await browser.auth.signOut()
  await assert.rejects(browser.api.sudo({ password: 'a password' }), { error: 'unauthenticated' })
  const again = await prove(browser, server, { phone_number: '13800000000' }, '+8613800000000', 'sign_in')
  await browser.auth.signUp({ phone_number: '13800000000', verification_token: again })
  assert.notEqual((await browser.me()).sub, sub)
})
