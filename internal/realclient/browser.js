// A browser with the published client in it: a realm with its own globals and
// its own storage, into which the client's browser build is loaded as it is.
// The Node build of the client cannot do the calls that use PATCH and DELETE.
import { webcrypto as crypto } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import vm from 'node:vm'

// A path instead of a name: "exports" would pick the Node build.
const bundle = new URL('node_modules/@cloudbase/js-sdk/dist/index.cjs.js', import.meta.url).pathname
const script = new vm.Script(`(function (module, exports, require) {${readFileSync(bundle, 'utf8')}\n})`, { filename: bundle })
const require = createRequire(bundle)

// What the realm shares with Node: the parts of the web platform that the client uses.
const platform = {
  AbortController, Blob, FormData, Headers, Request, Response, TextDecoder, TextEncoder, URL, URLSearchParams,
  atob, btoa, clearInterval, clearTimeout, crypto, queueMicrotask, setInterval, setTimeout, structuredClone,
}

class Storage {
  #items = new Map()
  getItem(key) { return this.#items.get(key) ?? null }
  setItem(key, value) { this.#items.set(key, String(value)) }
  removeItem(key) { this.#items.delete(key) }
  clear() { this.#items.clear() }
}

/**
 * Opens a browser whose client talks to the server at url.
 *
 * @param {string} url http://host:port
 * @param {object} [options]
 * @param {Storage} [options.storage] of another browser, to be a second tab of it
 * @param {object} [options.init] more for cloudbase.init
 * @returns {{auth, api, sent: {method: string, path: string, query: string, id: string, authorization: string|null, body: any}[],
 *   storage: Storage, me: () => Promise<object>, token: () => object|null}} auth is what applications call, api the
 *   client's inner part that throws the server's refusals as they came; sent are the requests, repeats included
 */
export function openBrowser(url, { storage = new Storage(), init = {} } = {}) {
  const sent = []
  const quiet = new Proxy({}, { get: () => () => {} }) // the client explains every refusal at length
  const realm = vm.createContext({
    ...platform,
    console: quiet,
    fetch: (to, options) => {
      const { pathname, search } = new URL(to)
      const headers = new Headers(options.headers)
      sent.push({
        method: options.method, path: pathname, query: search, id: headers.get('x-request-id'),
        authorization: headers.get('authorization'), body: options.body && JSON.parse(options.body),
      })
      return fetch(to, options)
    },
    localStorage: storage, sessionStorage: new Storage(), WebSocket: class {},
  })
  realm.window = realm.self = realm
  const module = { exports: {} }
  script.runInContext(realm)(module, module.exports, require)

  const cloudbase = module.exports.default ?? module.exports
  const app = cloudbase.init({ env: 'demo-env', clientId: 'demo-client', ...init })
  app.registerEndPointWithKey({ key: 'GATEWAY', url: `//${new URL(url).host}/v1`, protocol: 'http' })
  const auth = app.auth()
  const api = auth.oauthInstance.authApi
  return {
    auth, api, sent, storage,
    me: () => api.getUserInfo(),
    token: () => JSON.parse(storage.getItem('credentials_demo-client')),
  }
}

// The client counts a token out 30 seconds early: with these flags of the example it
// lasts about two seconds.
export const shortLived = ['-access-ttl', '32s']

/** Waits until the client counts its token out. */
export async function expired(browser) {
  await sleep(new Date(browser.token().expires_at) - Date.now() + 20)
}
